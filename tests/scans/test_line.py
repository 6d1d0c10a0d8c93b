"""Scanned lines as a recogniser expects them: height, polarity, rules; and what was found is said."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

import digitseq as ds
from digitseq import scans


def page(bank, digits=(3, 5, 0, 7), *, scale=2.0, ink=0.8, rule=None, seed=1):
    """A photographed line, uint8: digits of the bank, dark on shaded, noisy paper, with a rule at a row."""
    spec = ds.SequenceSpec(image_width=28 * len(digits) + 20, spacing_range=(2, 4))
    line = np.asarray(ds.sample_sequence(seed, bank, list(digits), spec).image)
    height, width = (round(side * scale) for side in line.shape)
    drawn = np.array(Image.fromarray(line).resize((width, height)), np.float32)
    if rule is not None:
        drawn[rule : rule + 2] = 1
    light = np.linspace(0.65, 0.95, width, dtype=np.float32)
    noise = np.random.default_rng(seed).normal(0, 0.02, drawn.shape)
    return np.clip((light * (1 - ink * drawn) + noise) * 255, 0, 255).astype(np.uint8)


def solid_bank():
    """Digits of one height, 20 pixels: rings."""
    glyph = np.zeros((28, 28), np.uint8)
    glyph[4:24, 8:20] = 255
    glyph[8:20, 11:17] = 0
    return ds.make_bank(np.stack([glyph] * 10), np.arange(10))


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("scale", [1.0, 1.7, 3.0, 12.0])
def test_a_line_comes_back_at_its_height(scale, inverted):
    picture = page(solid_bank(), scale=scale)
    line = ds.normalize_line(255 - picture if inverted else picture)
    assert line.ink == ("bright" if inverted else "dark")
    assert abs(line.digit_height / (20 * scale) - 1) < 0.1
    assert line.rules == 0
    assert (line.image.shape[0], line.image.dtype) == (28, np.float32)
    assert line.image.max() == 1
    rows = np.flatnonzero((line.image > 0.5).any(axis=1))
    assert 18 <= rows[-1] + 1 - rows[0] <= 21
    assert abs(rows.mean() - 13.5) <= 1
    # All paper is exactly 0, in the margins too.
    assert not line.image[:, :4].any()
    assert (line.image == 0).mean() > 0.3
    # Four rings, in four pieces.
    columns = (line.image > 0.5).any(axis=0)
    assert (np.diff(columns.astype(int)) == 1).sum() == 4


@pytest.mark.parametrize("rule", [3, 53])
def test_rules_are_removed(rule):
    picture = page(solid_bank(), rule=rule)
    line, kept = ds.normalize_line(picture), ds.normalize_line(picture, rules=False)
    assert (line.rules, kept.rules) == (1, 0)
    inked = (line.image > 0.3).any(axis=0).mean()
    assert inked < 0.75
    assert (kept.image > 0.3).any(axis=0).mean() > 0.9
    assert abs(line.digit_height - 40) < 4


def test_a_stroke_that_crosses_a_rule_keeps_its_ink():
    picture = Image.new("L", (220, 60), 230)
    pen = ImageDraw.Draw(picture)
    pen.line((0, 48, 220, 48), fill=40, width=2)
    for x in (40, 90, 140):
        pen.line((x, 8, x, 56), fill=20, width=5)
    line = ds.normalize_line(np.asarray(picture))
    assert line.rules == 1
    columns = np.flatnonzero(line.image.max(axis=0) > 0.9)
    assert (np.diff(columns) > 1).sum() == 2
    middle = columns[len(columns) // 2]
    rows = np.flatnonzero(line.image[:, middle] > 0.3)
    assert len(rows) == rows[-1] + 1 - rows[0] >= 18


def test_all_ink_fits_the_canvas():
    picture = Image.new("L", (200, 120), 255)
    pen = ImageDraw.Draw(picture)
    for x in (40, 80, 120):
        pen.rectangle((x, 50, x + 12, 80), outline=0, width=4)
    pen.line((160, 6, 160, 114), fill=0, width=4)
    line = ds.normalize_line(np.asarray(picture))
    rows = np.flatnonzero(line.image.any(axis=1))
    assert rows[-1] + 1 - rows[0] <= 27
    assert line.scale < 20 / 31


@pytest.mark.parametrize("inverted", [False, True])
def test_ink_is_found_where_paper_changes_its_shade(inverted):
    """A line that lies across the edge of a form's shaded field: its bright paper is no bright ink."""
    for rows in (3, 6, 12):
        picture = page(solid_bank(), digits=(3, 5), ink=0.4) * 0.6
        shaded = np.concatenate([np.full_like(picture[:rows], 235), picture]).astype(np.uint8)
        line = ds.normalize_line(255 - shaded if inverted else shaded)
        assert line.ink == ("bright" if inverted else "dark")


def test_a_digit_that_towers_makes_the_others_no_smaller():
    picture = Image.new("L", (260, 130), 255)
    pen = ImageDraw.Draw(picture)
    pen.line((30, 10, 30, 120), fill=0, width=4)
    for x in (60, 110, 160, 210):
        pen.rectangle((x, 80, x + 24, 120), outline=0, width=4)
    assert abs(ds.normalize_line(np.asarray(picture)).digit_height - 41) < 2


def test_paper_without_digits_gives_an_empty_line():
    noise = np.random.default_rng(2).normal(200, 3, (60, 200)).astype(np.uint8)
    for image in (np.full((50, 120), 255, np.uint8), noise, np.zeros((1, 60_000), np.uint8)):
        line = ds.normalize_line(image)
        assert (line.digit_height, line.image.any()) == (0, False)
    with pytest.raises(ValueError, match="digit_height must be"):
        ds.normalize_line(noise, digit_height=0)
    with pytest.raises(ValueError, match="margin must be"):
        ds.normalize_line(noise, margin=-1)


def test_lines_of_mnist_look_as_digitseq_made_them(mnist_test):
    """Photographed and normalised, a line is as it was drawn, but for a shift."""
    spec = ds.SequenceSpec(image_width=28 * 4 + 20, spacing_range=(2, 4))
    likeness = []
    for seed in range(12):
        drawn = np.asarray(ds.sample_sequence(seed, mnist_test, [3, 5, 0, 7], spec).image)
        made = ds.normalize_line(page(mnist_test, seed=seed)).image
        columns = np.flatnonzero(drawn.any(axis=0))
        drawn = drawn[:, columns[0] : columns[-1] + 1]
        sized = np.asarray(Image.fromarray(made[:, 4:-4]).resize(drawn.shape[::-1]))
        shifted = [np.roll(sized, step, axis=0) for step in range(-3, 4)]
        likeness.append(max(np.corrcoef(drawn.ravel(), other.ravel())[0, 1] for other in shifted))
    assert np.median(likeness) > 0.8


def test_steps_can_be_called_alone():
    ink = np.zeros((40, 90), np.float32)
    ink[10:30, 20:24] = ink[10:30, 50:54] = ink[27:30, 70:73] = 1
    found = scans.InkMap(ink, ink > 0, 1.0)
    assert scans.measure_digits(found) == (20, 20)
    canvas, scale = scans.fit_to_canvas(ink, 20, 20, margin=2)
    assert (canvas.shape, scale) == ((28, 53 + 4), 1)
    assert np.flatnonzero(canvas.any(axis=1))[[0, -1]].tolist() == [4, 23]
    assert scans.remove_rules(found)[1] == 0
