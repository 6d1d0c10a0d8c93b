"""Digits with signs between, before and after: the law of each, and the digits left alone."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import digitseq as ds
from digitseq.exporter.recipe import labels_from_plain, labels_to_plain
from digitseq.labels.glyph_lists import GlyphLabels

LONG = ds.RandomDigits(min_length=7, max_length=7)
MARKED = ds.WithMarks(labels=LONG)


def texts(labels, count=4000, key=0):
    rows = np.asarray(jax.jit(lambda: labels.draw(jax.random.key(key), count))())
    return ["".join(labels.symbols[c] for c in row if c >= 0) for row in rows]


def digits_in(text):
    return "".join(c for c in text if c.isdigit())


def assert_share(count, total, share):
    assert stats.binomtest(count, total, share).pvalue > 1e-4, (count, total, share)


def test_the_digits_are_the_sources_own_and_no_mark_is_no_change():
    labels = ds.WithMarks(labels=ds.Amounts(format="#", min_digits=1, max_digits=8))
    plain = np.asarray(labels.labels.draw(jax.random.key(0), 500))
    wanted = ["".join(map(str, row[row >= 0])) for row in plain]
    assert [digits_in(text) for text in texts(labels, 500)] == wanted
    none = dataclasses.replace(labels, separated=0.0, stray=0.0, led=0.0, trailed=0.0)
    assert texts(none, 500) == wanted


def test_each_mark_comes_as_often_as_it_should():
    found = texts(dataclasses.replace(MARKED, stray=0.0, led=0.0, trailed=0.0))
    separated = [text for text in found if len(text) > 7]
    assert_share(len(separated), len(found), 0.55)
    assert all(text[1] == text[5] and digits_in(text) == text[0] + text[2:5] + text[6:] for text in separated)
    counts = [sum(text[1] == mark for text in separated) for mark in MARKED.separators]
    expected = np.array(MARKED.separator_weights) * len(separated)
    assert stats.chisquare(counts, expected).pvalue > 1e-4

    ends = texts(dataclasses.replace(MARKED, separated=0.0, stray=0.0), key=1)
    led = [text[0] for text in ends if not text[0].isdigit()]
    assert_share(len(led), len(ends), 0.15)
    weights = np.array(MARKED.before_weights)
    counts = [led.count(mark) for mark in MARKED.before]
    assert stats.chisquare(counts, weights / weights.sum() * len(led)).pvalue > 1e-4
    trailed = [text.lstrip("-=$#")[7:] for text in ends if not text[-1].isdigit()]
    assert_share(len(trailed), len(ends), 0.5)
    weights = np.array(MARKED.after_weights)
    counts = [trailed.count(mark) for mark in MARKED.after]
    assert stats.chisquare(counts, weights / weights.sum() * len(trailed)).pvalue > 1e-4


def test_stray_marks_stand_in_gaps_and_are_counted():
    labels = dataclasses.replace(MARKED, separated=0.0, led=0.0, trailed=0.0, stray=0.1, most_stray=4)
    found = texts(labels)
    strays = np.array([len(text) - 7 for text in found])
    assert_share(int((strays == 0).sum()), len(found), 0.9**6)
    assert strays.max() <= 4
    assert all(text[0].isdigit() and text[-1].isdigit() for text in found)
    assert max(len(t) for t in texts(dataclasses.replace(labels, stray=1.0, most_stray=1), 50)) == 8


def test_a_list_stays_in_its_order():
    labels = ds.WithMarks(labels=ds.FixedLabels(["1234", "56", "7"]))
    assert labels.size == 3
    rows = [labels.draw_at(jax.random.key(0), jnp.uint32(n)) for n in range(4)]
    read = [digits_in("".join(labels.symbols[c] for c in np.asarray(row) if c >= 0)) for row in rows]
    assert read == ["1234", "56", "7", "1234"]
    assert getattr(MARKED, "draw_at", None) is None


def test_rows_have_room_for_all_marks_and_numbers_never_recompile():
    widest = texts(dataclasses.replace(MARKED, separated=1.0, stray=1.0, led=1.0, trailed=1.0), 300)
    slots = MARKED.draw(jax.random.key(0), 1).shape[1]
    assert max(map(len, widest)) == slots == len(MARKED.rows()[0]) == 7 + 2 + 1 + 1 + 2
    draw = jax.jit(lambda labels: labels.draw(jax.random.key(0), 3))
    for share in (0.1, 0.7):
        draw(dataclasses.replace(MARKED, separated=share, after_weights=tuple(np.full(8, share).tolist())))
    assert draw._cache_size() == 1


def test_recipes_hold_them():
    labels = dataclasses.replace(MARKED, separated=0.25, before=("--",), before_weights=(1.0,))
    plain = labels_to_plain(labels)
    assert labels_to_plain(labels_from_plain(plain)) == plain
    assert texts(labels_from_plain(plain), 50) == texts(labels, 50)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"separated": 1.5}, "WithMarks.separated must be from 0 to 1, got 1.5"),
        ({"most_stray": 9}, "WithMarks.most_stray"),
        (
            {"after": ("", "-"), "after_weights": (1.0, 1.0)},
            "WithMarks.after must be texts, none of them empty",
        ),
        ({"before": ("-",)}, "want as many weights of 0 or more"),
        ({"separator_weights": (0.0, 0.0, 0.0, 0.0)}, "not all of them 0"),
        (
            {"separators": "~", "separator_weights": (1.0,)},
            "WithMarks.separators: '~' is not among the symbols",
        ),
        ({"separators": "", "separator_weights": ()}, "set separated and stray to 0"),
        ({"labels": ds.RandomDigits(min_length=5, max_length=2)}, "length"),
        (
            {"labels": GlyphLabels(["12"], glyph_ids=[[0, 1]])},
            "must not name each digit's glyph, got GlyphLabels",
        ),
    ],
)
def test_what_can_not_be_used_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(MARKED, **changes).check()


def test_the_width_that_is_asked_for_holds_every_line(bank):
    named = ds.make_bank(
        np.asarray(bank.glyphs), np.repeat(np.arange(10), np.asarray(bank.counts)), symbols="0123456789"
    )
    source = ds.with_signs(named, ".")
    only = {"symbols": source.symbols, "separators": ".", "separator_weights": (1.0,), "stray": 1.0}
    none = {"before": (), "before_weights": (), "after": (), "after_weights": (), "separated": 0.0}
    labels = ds.WithMarks(labels=ds.RandomDigits(min_length=4, max_length=4), **only, **none)
    spec = ds.SequenceSpec(image_width=10, spacing_range=(-14, -14), advance="ink")
    with pytest.raises(ValueError, match="always works is") as refused:
        next(ds.batches(0, source, labels, spec, 2))
    width = int(str(refused.value).rsplit(" ", 1)[1])
    batch = next(ds.batches(0, source, labels, spec.replace(image_width=width), 300))
    assert np.asarray(batch.length).tolist() == [5] * 300
    # A stray mark between digits, which then overlap no more, takes more room than one at an end.
    assert all(len(row) == 5 and 0 < row.index([10]) < 4 for row in labels.rows())
