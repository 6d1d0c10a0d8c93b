"""disjoint: what two exports share."""

import hashlib

import jax
import numpy as np
from exporting import SPEC, exported

import digitseq as ds


def test_exports_of_split_banks_are_disjoint(bank, tmp_path):
    train, test = ds.split_bank(bank, [0.5, 0.5], jax.random.key(1))
    for key, (name, part) in enumerate([("train", train), ("test", test), ("all", bank)]):
        exported(part, tmp_path / name, key=key)
    assert ds.disjoint(tmp_path / "train", tmp_path / "test") == []
    (problem,) = ds.disjoint(tmp_path / "train", tmp_path / "all")
    ours, theirs = (
        set((tmp_path / name / "__digitseq__" / "glyphs.txt").read_text().split())
        for name in ("train", "all")
    )
    assert f"share {len(ours & theirs)} glyphs" in problem
    shown = {
        hashlib.sha256(np.asarray(train.glyphs)[row].tobytes()).hexdigest()[:32]
        for row in np.unique(np.load(tmp_path / "train" / "data" / "00000.npz")["glyph_ids"])
        if row >= 0
    }
    assert shown <= ours


def test_writers_are_compared_where_known(bank, tmp_path):
    known = ds.make_bank(
        np.asarray(bank.glyphs), np.repeat(np.arange(10), 7), writers=np.tile(np.arange(7), 10)
    )
    parts = ds.split_bank(known, [0.5, 0.5], jax.random.key(2), by="writer")
    by_glyph = ds.split_bank(known, [0.5, 0.5], jax.random.key(2))
    for key, (name, part) in enumerate(zip("abcd", (*parts, *by_glyph), strict=True)):
        made = exported(
            part,
            tmp_path / name,
            key=key,
            spec=SPEC.replace(hand="one-writer"),
            labels=ds.FixedLabels([*"0123456789"]),
        )
        assert made.writers == sorted({*made.writers})
    assert ds.disjoint(tmp_path / "a", tmp_path / "b") == []
    assert any("writers" in problem for problem in ds.disjoint(tmp_path / "c", tmp_path / "d"))
