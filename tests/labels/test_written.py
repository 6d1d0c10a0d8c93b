"""What people write: dates, times, amounts, ZIP codes and telephone numbers, as text of a bank's symbols."""

import datetime
import json
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import toy_glyphs

import digitseq as ds
from digitseq.exporter.recipe import labels_from_plain, labels_to_plain
from digitseq.labels.addresses import prefixes
from digitseq.labels.calendar import civil
from digitseq.sequence.label_grammar import labels_of

SIGNS = "0123456789.,-/:+='#$%()"
draw = jax.jit(lambda key, labels, size: labels.draw(key, size), static_argnums=2)

SOURCES = {
    "date": (ds.Dates(symbols=SIGNS), r"(0[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])/(19[5-9]|20[0-4])\d"),
    "dates": (
        ds.Dates(("D.M.YY", "YYYY-MM-DD"), "2024-02-28", "2024", symbols=SIGNS),
        r"[1-3]?\d\.1?\d\.24|2024-(0[2-9]|1[0-2])-[0-3]\d",
    ),
    "time": (ds.Times(symbols=SIGNS), r"([01]\d|2[0-3]):[0-5]\d"),
    "clock": (ds.Times("HMM"), r"1?\d[0-5]\d|2[0-3][0-5]\d"),
    "office": (ds.Times("h:MM:SS", "9:00", "17:30", symbols=SIGNS), r"([1-59]|1[0-2]):[0-5]\d:[0-5]\d"),
    "amount": (ds.Amounts(symbols=SIGNS), r"[1-9]\d{0,4}\.\d\d"),
    "price": (
        ds.Amounts("$#,###.##", min_digits=3, max_digits=7, round=0.3, symbols=SIGNS),
        r"\$[1-9]\d{0,2}(,\d{3}){0,2}\.\d\d",
    ),
    "whole": (ds.Amounts("#", max_digits=2), r"[1-9]\d?"),
    "zip": (ds.ZipCodes(), r"\d{5}"),
    "zip+4": (ds.ZipCodes(plus_four=True, symbols=SIGNS), r"\d{5}-\d{4}"),
    "phone": (ds.PhoneNumbers(symbols=SIGNS), r"[2-9][0-8]\d-[2-9]\d\d-\d{4}"),
    "film": (
        ds.PhoneNumbers(("+1(###)###-####", "##########"), fictional=True, symbols=SIGNS),
        r"\+1\([2-9][0-8]\d\)555-01\d\d|[2-9][0-8]\d55501\d\d",
    ),
}


def written(rows, symbols=SIGNS) -> list[str]:
    return ["".join(symbols[which] for which in row if which >= 0) for row in np.asarray(rows)]


@pytest.mark.parametrize("name", SOURCES)
def test_rows_are_texts_of_the_form_that_say_what_they_may_be(name):
    source, form = SOURCES[name]
    source.check()
    many = draw(jax.random.key(3), source, 300)
    assert many.dtype == jnp.int32
    texts = written(many)
    assert len(set(texts)) > 20
    assert not [text for text in texts if not re.fullmatch(form, text)]
    rows = np.asarray(many)
    assert (rows[:, :-1] >= 0)[(rows[:, 1:] >= 0)].all(), "a symbol after PAD"
    may = source.rows()
    assert max(map(len, may)) == max(map(len, texts))
    for row in rows.tolist():
        used = [which for which in row if which >= 0]
        assert any(len(used) == len(r) and all(d in s for d, s in zip(used, r, strict=True)) for r in may)


@pytest.mark.parametrize("name", SOURCES)
def test_sources_are_the_same_through_json(name):
    source, _ = SOURCES[name]
    again = labels_from_plain(json.loads(json.dumps(labels_to_plain(source))))
    assert again.rows() == source.rows()
    assert jax.tree.structure(again) == jax.tree.structure(source)
    assert jax.tree.leaves(again) == jax.tree.leaves(source)


def test_classes_are_looked_up_in_the_alphabet():
    mirrored = SIGNS[::-1]
    one = draw(jax.random.key(0), ds.Dates(symbols=SIGNS), 20)
    other = draw(jax.random.key(0), ds.Dates(symbols=mirrored), 20)
    assert written(one) == written(other, mirrored)
    assert written(draw(jax.random.key(0), ds.ZipCodes(symbols="9876543210"), 20), "9876543210") == written(
        draw(jax.random.key(0), ds.ZipCodes(), 20)
    )


def test_numbers_are_leaves_and_compile_nothing_anew():
    traced = []
    count = jax.jit(lambda key, labels: (traced.append(labels), labels.draw(key, 2))[1])
    for year, least, minute in (("2000", 1, "0:00"), ("2010", 2, "8:00")):
        count(jax.random.key(0), ds.Dates("DDMMYY", year))
        count(jax.random.key(0), ds.Times("HHMM", minute))
        count(jax.random.key(0), ds.Amounts("#", min_digits=least, round=least / 9))
    assert len(traced) == 3


def test_dates_are_those_of_the_calendar():
    """Every day of 800 years, leap days and ends of centuries among them."""
    first, last = datetime.date(1600, 1, 1), datetime.date(2399, 12, 31)
    days = jnp.arange(first.toordinal(), last.toordinal() + 1)
    found = np.stack(jax.jit(jax.vmap(civil))(days), axis=1)
    told = [datetime.date.fromordinal(day) for day in days.tolist()]
    np.testing.assert_array_equal(found, [(day.year, day.month, day.day) for day in told])
    for end in (datetime.date.fromordinal(10_000), datetime.date.max):
        assert written(draw(jax.random.key(0), ds.Dates("YYYYMMDD", end, end), 1)) == [
            f"{end:%Y%m%d}".zfill(8)
        ]


def test_zip_codes_begin_as_codes_in_use_do():
    known = set(prefixes().tolist())
    assert len(known) == 902
    # New York, Chicago, Beverly Hills, Anchorage; none of 000 to 004, 213 and 999's neighbours of no use.
    assert {100, 606, 902, 995} <= known
    assert not {0, 4, 213, 343, 987} & known
    texts = written(draw(jax.random.key(0), ds.ZipCodes(), 500))
    assert {int(text[:3]) for text in texts} <= known


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ds.Dates(), "'/' is not among the symbols '0123456789'"),
        (lambda: ds.Dates("DDMM", symbols="012345678"), "'9' is not among the symbols '012345678'"),
        (lambda: ds.Dates("-", symbols=SIGNS), "must hold fields (YYYY,"),
        (lambda: ds.Dates(7, symbols=SIGNS), "must hold fields (YYYY,"),
        (lambda: ds.Dates("YYYY", "2020", "2019"), "not after last"),
        (lambda: ds.Dates("YYYY", 2000, 2025), "years are text ('2000')"),
        (lambda: ds.Dates("YYYY", "2021-02-29"), "'2021-02-29'"),
        (lambda: ds.Times(), "':' is not among the symbols '0123456789'"),
        (lambda: ds.Dates("DD/MMM/YYYY", symbols=SIGNS), "'MMM' is no field"),
        (lambda: ds.Dates(()), "at least one form"),
        (lambda: ds.Times(()), "at least one form"),
        (lambda: ds.Times("HHhMM", symbols=SIGNS + "h"), "hours are of 24 (H, HH) or of 12"),
        (lambda: ds.Times("HH", "24:00"), "'24:00'"),
        (lambda: ds.Times("HH", "9:00", "8:00"), "not after last"),
        (lambda: ds.Amounts("€#"), "'€' is not among"),
        (lambda: ds.Amounts("##"), "must be as #.##"),
        (lambda: ds.Amounts("#", min_digits=6), "max_digits 5"),
        (lambda: ds.Amounts("#", max_digits=0), "max_digits"),
        (lambda: ds.Amounts("#", round=1.5), "round"),
        (lambda: ds.ZipCodes(plus_four=True), "'-' is not among"),
        (lambda: ds.PhoneNumbers(), "'-' is not among"),
        (lambda: ds.PhoneNumbers("###"), "ten # each"),
        (lambda: ds.PhoneNumbers(()), "at least one form"),
    ],
)
def test_values_that_cannot_be_used_are_refused(make, words):
    with pytest.raises(ValueError, match=r"^[A-Z]\w+\.\w+") as caught:
        make().check()
    assert words in str(caught.value)


@pytest.fixture(scope="module")
def signed():
    images, labels = toy_glyphs(per_digit=4)
    more = [np.roll(images[:8], which, axis=2) for which in range(len(SIGNS) - 10)]
    classes = np.repeat(np.arange(10, len(SIGNS)), 8)
    return ds.make_bank(
        np.concatenate([images, *more]),
        np.concatenate([labels, classes]),
        num_classes=len(SIGNS),
        symbols=SIGNS,
    )


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("date", ds.Dates(symbols=SIGNS)),
        ("date:D.M.YY@2000-2025", ds.Dates("D.M.YY", "2000", "2025", SIGNS)),
        (
            "date:D.M.YY|DD@2000-01-31..2000-02-28",
            ds.Dates(("D.M.YY", "DD"), "2000-01-31", "2000-02-28", SIGNS),
        ),
        ("time", ds.Times(symbols=SIGNS)),
        ("time:H:MM@9:00-17:00", ds.Times("H:MM", "09:00", "17:00", SIGNS)),
        ("amount", ds.Amounts(symbols=SIGNS)),
        ("amount:$#,###.##@4", ds.Amounts("$#,###.##", 4, 4, symbols=SIGNS)),
        ("zip", ds.ZipCodes(symbols=SIGNS)),
        ("zip:+4", ds.ZipCodes(plus_four=True, symbols=SIGNS)),
        ("phone:(###)###-####", ds.PhoneNumbers("(###)###-####", symbols=SIGNS)),
    ],
)
def test_words_name_sources_in_the_banks_symbols(signed, text, source):
    assert labels_to_plain(labels_of(text, signed)) == labels_to_plain(source)


def test_the_word_for_sums(signed):
    found = labels_of("addition:2@7", signed)
    np.testing.assert_array_equal(found.glyph_ids, ds.AdditionPairs(2, signed, key=7, sign="+").glyph_ids)
    assert not [text for text in written(found.digits) if not re.fullmatch(r"\d\d\+\d\d", text)]
    for text, total in zip(written(found.digits), found.sums, strict=True):
        assert sum(map(int, text.split("+"))) == total


@pytest.mark.parametrize(
    "text",
    ["date:@", "date:D@x", "time:HH@9", "zip:5", "amount:x", "amount:#@x", "phone:#", "addition:", "dat"],
)
def test_words_of_another_form(signed, text):
    with pytest.raises(ValueError, match=rf"^labels '{re.escape(text)}'"):
        labels_of(text, signed)


def test_a_word_that_the_alphabet_can_write_is_written():
    """EMNIST's letters have "zip", which is then a sequence; with its colon it is a source."""
    images, labels = toy_glyphs(per_digit=1)
    symbols = "zipabcdefg"
    bank = ds.make_bank(images, labels, symbols=symbols)
    assert labels_of("zip", bank).digits.tolist() == [[0, 1, 2]]


def test_images_say_what_is_written(signed):
    spec = ds.SequenceSpec(image_width=320, spacing_range=(-14, 2))
    batch = ds.batch_at(0, 0, signed, "date:D/M/YYYY", spec, 5)
    for text in ds.text(batch, signed):
        datetime.datetime.strptime(text, "%d/%m/%Y")
