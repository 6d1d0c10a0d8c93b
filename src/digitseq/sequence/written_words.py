"""The words of what people write: `date:D.M.YY@2000-2025`, `time`, `zip`, and of sums, `addition:2`."""

from collections.abc import Callable

from ..glyphs.source import Source, symbols_of
from ..internal.symbols import DIGITS
from ..labels.addresses import PhoneNumbers, ZipCodes
from ..labels.amounts import Amounts
from ..labels.calendar import Dates, Times
from .addition import AdditionPairs, PairLabels

FORMS = (
    "date or date:D.M.YY@2000-2025, time or time:H:MM@9:00-17:00, amount or amount:$#,###.##@1-4 (digits "
    "before the point), zip or zip:+4, phone or phone:(###)###-#### (several forms: A|B); "
    "addition:2 or addition:2@SEED (pairs of two-digit numbers, each digit of the bank once)"
)
Written = Dates | Times | Amounts | ZipCodes | PhoneNumbers | PairLabels


def written_of(kind: str, rest: str, source: Source) -> Written:
    """The label source that a word names.

    Args:
        kind: one of `KINDS`.
        rest: what follows the colon; "" takes the defaults.
        source: the glyphs' source, in whose symbols is written.

    Raises:
        ValueError: a text of another form, or symbols that the source lacks.
    """
    return _MADE[kind](rest, source)


def _date(rest: str, source: Source) -> Dates:
    form, at, days = rest.partition("@")
    first, last = _ends(f"date:{rest}", "two years or days, @2000-2025 or @2000-01-31..2000-02-28", days, at)
    named = {"first": first, "last": last} if at else {}
    return Dates(_forms(form) or Dates().formats, symbols=_alphabet(source), **named)


def _time(rest: str, source: Source) -> Times:
    form, at, times = rest.partition("@")
    first, last = _ends(f"time:{rest}", "two times, @9:00-17:00", times, at)
    named = {"first": first, "last": last} if at else {}
    return Times(_forms(form) or Times().formats, symbols=_alphabet(source), **named)


def _amount(rest: str, source: Source) -> Amounts:
    form, at, digits = rest.partition("@")
    least, most = _ends(f"amount:{rest}", "numbers of digits, @3 or @1-4", digits, at)
    named = {"min_digits": _number(least), "max_digits": _number(most)} if at else {}
    return Amounts(form or Amounts().format, symbols=_alphabet(source), **named)


def _zip(rest: str, source: Source) -> ZipCodes:
    if rest not in ("", "+4"):
        raise ValueError(f"zip takes nothing or +4, as zip:+4, got zip:{rest}")
    return ZipCodes(plus_four=rest == "+4", symbols=_alphabet(source))


def _phone(rest: str, source: Source) -> PhoneNumbers:
    return PhoneNumbers(_forms(rest) or PhoneNumbers().formats, symbols=_alphabet(source))


def _addition(rest: str, source: Source) -> PairLabels:
    size, _, seed = rest.partition("@")
    sign = "+" if "+" in symbols_of(source) else ""
    return AdditionPairs(_number(size), source, key=_number(seed or "0"), sign=sign)


_MADE: dict[str, Callable[[str, Source], Written]] = {
    "date": _date,
    "time": _time,
    "amount": _amount,
    "zip": _zip,
    "phone": _phone,
    "addition": _addition,
}
KINDS = tuple(_MADE)
# Those that say something without a colon.
ALONE = ("date", "time", "amount", "zip", "phone")


def _forms(text: str) -> tuple[str, ...]:
    """The forms that `A|B` names; none for an empty text."""
    return tuple(text.split("|")) if text else ()


def _ends(whole: str, wanted: str, text: str, at: str) -> tuple[str, str]:
    """The ends of a range, `2000-2025` or `2000-01-31..2000-02-28`, or of a single one, as text.

    Raises:
        ValueError: there is an @, and no range after it; the message shows the `whole` word.
    """
    parts = text.split(".." if ".." in text else "-")
    if at and (len(parts) > 2 or not all(parts)):
        raise ValueError(f"after @ stand {wanted}, got {whole}")
    return parts[0], parts[-1]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def _alphabet(source: Source) -> str:
    return symbols_of(source) or DIGITS
