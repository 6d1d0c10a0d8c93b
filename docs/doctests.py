"""An extension of griffe, by which docstrings of this package are shown as they are meant.

Examples (`>>> `) become code wherever they stand, and an entry that arguments share (`ink, paper: ...`)
becomes one of each.
"""

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"^( *)>>> .*(?:\n(?! *$).*)*", re.MULTILINE)
# Fields whose defaults are given by a call, and what that stands for.
DEFAULTS = [(re.compile(r"_?static\((.*)\)"), r"\1"), (re.compile(r"linear\(\)"), '"linear"')]
CONSTANTS = {"DIGITS": '"0123456789"', "HEIGHT": "28"}
SHARED = re.compile(r"^    (\w+(?:, \w+)+): (.*(?:\n     .*)*)$", re.MULTILINE)


def rewritten(text: str) -> str:
    """The docstring with each doctest, up to the next blank line, in a fence, and no shared entries."""

    def fence(found: re.Match[str]) -> str:
        indent = found[1]
        return f"{indent}```pycon\n{found[0]}\n{indent}```"

    def split(found: re.Match[str]) -> str:
        return "\n".join(f"    {name}: {found[2]}" for name in found[1].split(", "))

    return EXAMPLE.sub(fence, SHARED.sub(split, text))


class Doctests(griffe.Extension):
    """Rewrites the docstring of every object that is loaded, and the defaults of fields."""

    def on_attribute_instance(self, *, attr: griffe.Attribute, **_: Any) -> None:
        for call, meaning in DEFAULTS:
            if found := call.fullmatch(str(attr.value)):
                value = found.expand(meaning)
                attr.value = CONSTANTS.get(value, value)

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = rewritten(obj.docstring.value)
