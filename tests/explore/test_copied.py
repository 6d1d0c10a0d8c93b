"""The code and the command that stand beside a picture make just it."""

import subprocess

import numpy as np
import pytest
from conftest import slow
from PIL import Image

from digitseq import augment
from digitseq.augment.serialization import KINDS
from digitseq.explore.as_command import WIDEST, as_command
from digitseq.explore.as_python import as_python, preset_of
from digitseq.explore.drawing import draw
from digitseq.explore.knobs import transforms_named
from digitseq.explore.settings import Settings

SHEETS = {
    "boxes": Settings(labels="3-5-0", boxes=True, lines=2, seed=2**32 - 1),
    "usual": Settings(),
    "masks": Settings(labels="350", masks="amodal", gaps=(-9, -2), ink="black", paper="white", columns=3),
    "random": Settings(labels="random:2-4", masks="visible", boxes=True, lines=5, columns=2, align="random"),
    "signs": Settings(labels="-12.5", signs=True, variants=True, advance="ink", gaps=(-6, 2), zoom=1),
    "dates": Settings(labels="date:D/M/YY|YYYY-MM-DD@2001-2003", signs=True, baseline="ink", height=48),
    "pattern": Settings(labels="luhn:4### ####", advance="outline", spacing="hand", lines=1),
    "numbers": Settings(labels="range:000-099", spacing="even", width=104, gaps=(0, 10)),
    "model": Settings(labels="17", bank="vae", style=0.9, width=120, align="left"),
    "preset": Settings(
        glyph_transforms=augment.preset("cheque")[0],
        line_transforms=augment.preset("cheque")[1],
        boxes=True,
    ),
    "chain": Settings(
        labels="random:5",
        boxes=True,
        glyph_transforms=transforms_named(["Affine", "Elastic"], alike=True, chance=0.3),
        line_transforms=(*transforms_named(["FitHeight"]), augment.Blur(sigma=0.123), augment.Invert()),
    ),
}


@pytest.fixture
def copied(here, made):
    """Runs code, and a command in a POSIX shell, as copied; each returns the picture that it wrote."""

    def pixels():
        picture = np.asarray(Image.open(here / "picture.png"))
        (here / "picture.png").unlink()
        return picture

    def python(code):
        exec(code, {})
        return pixels()

    def shell(command):
        words = "digitseq() { printf '%s\\0' \"$@\" > words; }\n"  # the command is run by this process
        subprocess.run(["sh", "-euc", words + command], check=True, cwd=here)
        made(*(here / "words").read_text().split("\0")[:-1])
        return pixels()

    return python, shell


@pytest.mark.filterwarnings("ignore:.*separates the digits:UserWarning")
@pytest.mark.parametrize("name", ["boxes", *slow(*(name for name in SHEETS if name != "boxes"))])
def test_they_make_the_same_pixels(copied, name):
    python, shell = copied
    sheet = draw(SHEETS[name])
    for picture in (python(as_python(SHEETS[name])), shell(as_command(SHEETS[name]))):
        np.testing.assert_array_equal(picture, sheet.pixels)
    assert len(sheet.texts) == SHEETS[name].lines


def test_the_code_says_no_more_than_needed():
    code = as_python(Settings())
    assert code == (
        "import digitseq as ds\n\n"
        'bank = ds.load_bank("builtin")\n'
        "spec = ds.SequenceSpec(image_width=124, spacing_range=(0, 10))\n"
        "digits = [[3, 5, 0]] * 4\n"
        "batch = ds.sample_sequences(7, bank, digits, spec)\n"
        "picture = ds.contact_sheet(batch.image, columns=1, scale=4)\n"
        'ds.save("picture.png", picture)'
    )
    assert as_command(Settings()) == (
        "digitseq preview 350 0 10 124 --seed 7 --count 4 --columns 1 --zoom 4 \\\n"
        "    --no-captions --bank builtin --out picture.png"
    )
    assert "RandomDigits(min_length=5, max_length=5)" in as_python(Settings(labels="random:5"))
    assert "ds.Dates(symbols=bank.symbols)" in as_python(Settings(labels="date", signs=True))
    assert "'$5'" in as_command(Settings(labels="$5", signs=True))


def test_all_transforms_can_be_written():
    every = tuple(kind() for name, kind in KINDS.items() if name not in ("PerLine", "Sometimes"))
    settings = Settings(line_transforms=(*every, augment.Sometimes(0.5, augment.Blur())))
    found: dict = {}
    exec(as_python(settings).split("digits =")[0], found)
    assert augment.to_plain(found["spec"].line_transforms) == augment.to_plain(settings.line_transforms)
    longest = max(map(len, as_command(Settings(boxes=True, masks="amodal", width=1000)).splitlines()))
    assert longest <= WIDEST


def test_a_preset_is_named_as_long_as_it_is_whole():
    for name, (glyphs, lines) in augment.PRESETS.items():
        whole = Settings(glyph_transforms=glyphs, line_transforms=lines)
        assert preset_of(whole) == name
        assert f"--augment {name}" in as_command(whole)
        more = Settings(glyph_transforms=glyphs, line_transforms=(*lines, augment.Blur()))
        assert preset_of(more) is None
        assert "--augment augment.json" in as_command(more)
    assert preset_of(Settings()) is None
