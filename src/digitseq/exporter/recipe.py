"""A plan to and from JSON: key, layout, labels, and what is known of the source."""

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from ..augment.base import to_python
from ..glyphs.bank import DigitBank, bank_digest, digest_arrays
from ..glyphs.signs import signs_in
from ..glyphs.source import Source
from ..glyphs.splits import split_bank
from ..glyphs.variant_words import variants_to_plain, varied_digest
from ..glyphs.variants import VariedBank
from ..internal.keys import from_words, words_of
from ..internal.settings import own_settings
from ..internal.symbols import DIGITS
from ..io.colours import Colours, colours_of
from ..labels.addresses import PhoneNumbers, ZipCodes
from ..labels.amounts import Amounts
from ..labels.base import LabelSource
from ..labels.calendar import Dates, Times
from ..labels.digits import PAD
from ..labels.glyph_lists import GlyphLabels
from ..labels.marks import WithMarks
from ..labels.numeric import NumberRange, Pattern
from ..labels.sequences import FixedLabels, RandomDigits
from ..labels.text import format_sequence, pack, parse_sequence
from ..sequence.addition import PairLabels
from ..sequence.serialization import spec_from_dict, spec_to_dict
from .plan import Plan

LABELS = {
    kind.__name__: kind
    for kind in (
        FixedLabels,
        GlyphLabels,
        RandomDigits,
        NumberRange,
        Pattern,
        Dates,
        Times,
        Amounts,
        ZipCodes,
        PhoneNumbers,
        WithMarks,
    )
}

MNIST_LICENCE = "CC BY-SA 3.0, as Keras states it"
MNIST_CITATION = (
    "Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits, "
    "http://yann.lecun.com/exdb/mnist/"
)
MNIST = {"licence": MNIST_LICENCE, "citation": MNIST_CITATION}
DERIVED = {
    "licence": "CC BY-SA 3.0, as MNIST, from which the model that drew them was trained",
    "citation": MNIST_CITATION,
}
# What the kinds of a source are called whose glyphs can be told apart.
BANK, VARIED = "bank", "bank with variants"
# A recipe's field that grey exports lack.
COLOURS = "colours"
# What a part of a bank inherits from the whole.
INHERITED = ("licence", "citation")
# By the digest of the glyphs without writers.
KNOWN = {
    "5acd8895b818ae77a175be302e0d1bda1b6e8fefc7bd6e5b277d71d3acbc8c15": {"name": "mnist", **MNIST},
    "c3b73d17ffabc82959060a800ea0ecd39e9932524157c65654381d9204835959": {"name": "mnist-test", **MNIST},
    "19c09969153fd4dba288e18bf3434e38d948e1e4e286f100847f641a830bd8cd": {"name": "builtin", **DERIVED},
}


def recipe_of(
    plan: Plan, version: str, licence: str | None, split: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What an export's files are a function of, in JSON's types."""
    known = {name: split["of"][name] for name in INHERITED if name in split["of"]} if split else {}
    known |= {} if split is None else {"split": dict(split)}
    known |= {} if licence is None else {"licence": licence}
    # Grey exports are described as by versions without colours.
    look = {} if plan.colours is None else {COLOURS: dataclasses.asdict(plan.colours)}
    return look | {
        "digitseq": version,
        "format": plan.format,
        "count": plan.count,
        "shard_size": plan.shard_size,
        "key": key_to_plain(plan.run.key),
        "spec": spec_to_dict(plan.spec),
        "labels": labels_to_plain(plan.labels),
        "source": described(plan.source) | known,
    }


def plan_of(recipe: dict[str, Any], source: Source, labels: LabelSource | None = None) -> Plan:
    """The plan that a recipe describes.

    Raises:
        ValueError: another source than the recipe's, or labels of a class that is not digitseq's.
    """
    if (found := described(source)["digest"]) != recipe["source"]["digest"]:
        raise ValueError(
            f"source: the export was made from one with digest {recipe['source']['digest'][:16]}..., "
            f"this one has {found[:16]}..."
        )
    return Plan.of(
        key_from_plain(recipe["key"]),
        source,
        labels_from_plain(recipe["labels"]) if labels is None else labels,
        spec_from_dict(recipe["spec"]),
        count=recipe["count"],
        shard_size=recipe["shard_size"],
        format=recipe["format"],
        colours=colours_from_plain(recipe.get(COLOURS)),
    )


def colours_from_plain(fields: Mapping[str, str] | None) -> Colours | None:
    """The colours that a recipe describes; None where images stay grey.

    Raises:
        ValueError: no such colours.
    """
    return None if fields is None else colours_of(fields["ink"], fields["paper"])


def key_to_plain(key: jax.Array) -> dict[str, Any]:
    """A typed key in JSON's types."""
    words, implementation = words_of(key)
    return {"implementation": implementation, "words": np.asarray(words).tolist()}


@own_settings
def key_from_plain(fields: dict[str, Any]) -> jax.Array:
    """The typed key that `key_to_plain` described."""
    return from_words(np.array(fields["words"], np.uint32), fields["implementation"])


def described(source: Source) -> dict[str, Any]:
    """A source's kind and digest, and, if digitseq knows it, its name, licence and citation.

    Those of a bank with signs are the bank's own, and `signs` names what was added to it; and so are those
    of a bank with variants, and `variants` holds their shares.
    """
    if isinstance(source, VariedBank):
        whole = {"kind": VARIED, "digest": varied_digest(source), "glyphs": source.glyphs.shape[0]}
        return described(source.bank) | whole | variants_to_plain(source)
    if isinstance(source, DigitBank):
        glyphs, counts = np.asarray(source.glyphs), np.asarray(source.counts)
        signs = signs_in(source)
        own = counts[: len(counts) - len(signs)]
        known = KNOWN.get(digest_arrays(glyphs[: own.sum()], own, np.zeros(0, np.int32)), {})
        known = known | ({"signs": signs} if signs else {})
        return {"kind": BANK, "digest": bank_digest(source), "glyphs": len(glyphs), **known}
    from .. import vae  # slow to import, and seldom needed

    if isinstance(source, vae.Vae):
        shipped = dataclasses.replace(vae.pretrained(), style=source.style)
        known = DERIVED | {"name": "vae"} if vae.digest(shipped) == vae.digest(source) else {}
        return {"kind": "model", "digest": vae.digest(source), "style": float(source.style), **known}
    return {"kind": type(source).__qualname__, "digest": _leaves_digest(source)}


def _leaves_digest(tree: Any) -> str:
    """The SHA-256, hex, of a pytree's structure and leaves."""
    # Without memory addresses, which differ between processes.
    structure = re.sub(r" at 0x[0-9a-f]+", "", str(jax.tree.structure(tree)))
    whole = hashlib.sha256(structure.encode())
    for leaf in map(np.asarray, jax.tree.leaves(tree)):
        whole.update(f"{leaf.dtype} {leaf.shape}\n".encode() + leaf.tobytes())
    return whole.hexdigest()


def labels_to_plain(labels: LabelSource) -> dict[str, Any]:
    """A label source in JSON's types; only name and digest if its class is not digitseq's."""
    kind = type(labels).__qualname__
    if type(labels) not in (*LABELS.values(), PairLabels):  # pairs are described as the list that they are
        return {"type": kind, "digest": _leaves_digest(labels)}
    if isinstance(labels, FixedLabels):
        digits = np.asarray(labels.digits)
        rows = [format_sequence([d for d in row if d != PAD]) for row in digits.tolist()]
        plain = {"digits": rows, "slots": digits.shape[1], "order": labels.order}
        if isinstance(labels, GlyphLabels):
            return {"type": "GlyphLabels"} | plain | {"glyph_ids": np.asarray(labels.glyph_ids).tolist()}
        return {"type": kind} | plain
    fields = {f.name: getattr(labels, f.name) for f in dataclasses.fields(labels)}  # type: ignore[arg-type]
    # Labels of digits alone are described as by versions without alphabets.
    if fields.get("symbols") == DIGITS:
        del fields["symbols"]
    plain = {name: to_python(value) for name, value in fields.items()}
    if isinstance(labels, WithMarks):
        plain["labels"] = labels_to_plain(labels.labels)
    return {"type": kind} | plain


def labels_from_plain(fields: dict[str, Any]) -> LabelSource:
    """The label source that `labels_to_plain` described.

    Raises:
        ValueError: its class is not digitseq's.
    """
    known = dict(fields)
    kind = LABELS.get(known.pop("type"))
    if kind is None:
        raise ValueError(f"labels of the type {fields['type']} are not digitseq's: give them as `labels`")
    if kind in (FixedLabels, GlyphLabels):
        rows = pack([parse_sequence(row, name="labels", dashed=True) for row in known["digits"]])
        spare = known["slots"] - rows.shape[1]
        # Manifests of versions without an order are of lists sampled at random.
        order = known.get("order", "random")
        rows = np.pad(rows, ((0, 0), (0, spare)), constant_values=PAD)
        if kind is GlyphLabels:
            return GlyphLabels(rows, order, glyph_ids=np.array(known["glyph_ids"], np.int32))
        return FixedLabels(rows, order)
    if kind is WithMarks:
        known = {name: tuple(value) if isinstance(value, list) else value for name, value in known.items()}
        return WithMarks(**known | {"labels": labels_from_plain(known["labels"])})
    for name in ("choices", "weights"):
        if isinstance(known.get(name), list):
            known[name] = np.asarray(known[name])
    made: LabelSource = kind(**known)
    return made


def recreate_part(split: Mapping[str, Any], bank: DigitBank) -> DigitBank:
    """The part of a bank that a manifest's `split` names."""
    key = key_from_plain(split["key"])
    return split_bank(bank, split["fractions"], key, by=split["by"])[split["part"]]
