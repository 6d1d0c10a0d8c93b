"""What the README and the examples say works, run as it stands there."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import compiling
import numpy as np
import pytest
from conftest import slow
from files import assert_the_same_pictures, contents
from PIL import Image

import digitseq as ds
from digitseq import augment

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
AUGMENTATION = (ROOT / "docs" / "guide" / "augmentation.md").read_text()
MODEL = (ROOT / "docs" / "guide" / "model.md").read_text()
LIMITS = (ROOT / "docs" / "concepts" / "limits.md").read_text()
PAGES = [path.read_text() for path in sorted((ROOT / "docs").rglob("*.md"))]
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", AUGMENTATION, flags=re.DOTALL | re.MULTILINE))
TRANSFORMS = augment.serialization.KINDS


@pytest.fixture(scope="module")
def strokes(tmp_path_factory):
    """The bank that examples/stroke_bank.py draws."""
    folder = tmp_path_factory.mktemp("strokes")
    subprocess.run(
        [sys.executable, ROOT / "examples" / "stroke_bank.py", folder], check=True, capture_output=True
    )
    return folder


def test_the_stroke_bank_is_a_bank(strokes):
    bank = ds.load_bank(strokes)
    assert np.asarray(bank.counts).tolist() == [100] * 10
    x0, y0, x1, y1 = np.asarray(bank.ink).T
    assert (x0 >= 1).all()
    assert (x1 <= 27).all()
    assert ((y1 - y0) >= 14).all()


def test_the_readme_is_short_and_has_examples():
    assert len(BLOCKS) >= 2
    assert len(README.splitlines()) <= 120


DOCUMENTED = [
    block
    for page in PAGES
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    if "import" in block
]

# What blocks import beyond digitseq's own dependencies.
EXTRAS = {"datasets": "datasets: pip install -e '.[dev-all]'", "optax": "Optax: pip install -e '.[dev]'"}


@pytest.mark.parametrize("block", [*BLOCKS, *slow(*DOCUMENTED)], ids=lambda block: block.split("\n")[0])
def test_python_examples_run(block, strokes):
    """In a process of their own: examples are written for JAX as a user has it."""
    for name, reason in EXTRAS.items():
        if f"import {name}" in block or f"from {name}" in block:
            pytest.importorskip(name, reason=reason)
    code = block
    if "assert" not in block and re.search(r"^(?!import |from |$)", block, re.MULTILINE):
        code += "\nassert 'image' in dir() and image.shape == (28, 120) or float(value) < 2.4\n"
    environment = {"DIGITSEQ_MNIST": str(strokes), "PATH": "", "DIGITSEQ_CACHE": str(strokes / "cache")}
    # Compiling takes nearly all of the time.
    environment |= {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"} | compiling.environment()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def run_without_optimisation(*command):
    """In a process of its own, compiled the quickest way: that takes nearly all of the time."""
    environment = os.environ | {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    done = subprocess.run(
        [sys.executable, *command], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_lesson_trains_and_counts_the_lines_that_it_reads_right(strokes):
    said = run_without_optimisation("examples/train_ctc.py", "--bank", strokes, "--steps", "3")
    assert re.fullmatch(r"step 3: loss \d+\.\d+, \d+ of 500 held-out lines right, \d+ s\n", said)
    assert len((ROOT / "examples" / "train_ctc.py").read_text().splitlines()) <= 120


RECOGNISER = """
import sys
from pathlib import Path
from benchmarks.recogniser import checkpoint, reading, train, training
training.SCAN = training.BATCH = 2
reading.VIEWS = reading.VIEWS[:2]
bank, out, save = sys.argv[1], Path(sys.argv[2]), checkpoint.save

def killed(*given):
    save(*given)
    raise KeyboardInterrupt

checkpoint.save = killed
try:
    train.main(out, bank=bank, steps=4)
except KeyboardInterrupt:
    assert [path.name for path in out.iterdir()] == ["checkpoint.npz"]
checkpoint.save = lambda path, state, step, identity: print("step", step) or save(path, state, step, identity)
training.use_all_cores = lambda: None  # it is for a process that has not begun yet
train.main(out, bank=bank, steps=4)
"""

# The most probable of all views' decodings, found by adding up every path through four frames.
READING = """
import itertools
import jax
import numpy as np
from benchmarks.recogniser import network, reading

def decoding(path):
    return tuple(label for label, _ in itertools.groupby(path) if label < 10)

weights = network.init_weights(jax.random.key(1))
images = jax.random.uniform(jax.random.key(2), (8, 28, 4))
probs = np.asarray(jax.nn.softmax(reading.view_logits(weights, images)))
several = 0
for image, line in zip(images, probs.swapaxes(0, 1)):
    total = {decoding(view.argmax(axis=1)): 0.0 for view in line}
    several += len(total) > 1
    for path in itertools.product(range(11), repeat=4):
        if decoding(path) in total:
            total[decoding(path)] += line[:, range(4), path].prod(axis=1).sum()
    (read,) = reading.read(weights, image[None])
    assert tuple(read[read >= 0].tolist()) == max(total, key=total.get), (read, total)
assert several > 3, several
edge = np.zeros((1, 28, 4), np.float32)
edge[:, 9:19, -1] = 1
apart = np.abs(reading.view_logits(weights, edge) - reading.view_logits(weights, 0 * edge))
assert (apart.max(axis=(1, 2, 3)) > 0).all(), "a view misses the last column"
"""


@pytest.mark.slow
def test_the_recogniser_trains_resumes_and_shows_its_readings(strokes, tmp_path):
    said = run_without_optimisation("-c", RECOGNISER, strokes, tmp_path / "out")
    assert [line for line in said.splitlines() if line.startswith("step")] == ["step 4"]
    with Image.open(tmp_path / "out" / "readings.png") as picture:
        assert picture.width > 600


@pytest.mark.slow
def test_the_recogniser_reads_what_its_views_find_most_probable():
    run_without_optimisation("-c", READING)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_each_transform_is_documented_as_it_is(name):
    kind = TRANSFORMS[name]
    assert f"(../pictures/augmentation/{name}.png)" in SECTIONS[name]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|", SECTIONS[name], flags=re.MULTILINE)
    stated = {
        parameter: tuple(float(end) for end in ends.split(", "))
        for parameter, _, ends in rows
        if ends.strip()
    }
    assert stated == kind.limits
    for parameter, default, _ in rows:
        if default.strip():
            assert float(default) == getattr(kind, parameter)


@pytest.mark.parametrize("name", augment.PRESETS)
def test_each_preset_is_documented_as_it_is(name):
    (code,) = re.findall(r"```python\n(.*?)```", SECTIONS[name], re.DOTALL)
    found = {}
    exec(code, {name: getattr(augment, name) for name in augment.__all__}, found)
    assert repr((found["glyph_transforms"], found["line_transforms"])) == repr(augment.preset(name))


def test_the_documented_file_of_transforms_is_one():
    (text,) = re.findall(r"```json\n(.*?)```", AUGMENTATION, re.DOTALL)
    spec = ds.spec_from_json(text)
    assert (len(spec.glyph_transforms), len(spec.line_transforms)) == (2, 2)
    assert set(json.loads(text)) == {"glyph_transforms", "line_transforms"}


@pytest.mark.slow
def test_the_pictures_of_transforms_are_what_the_example_draws(strokes, tmp_path):
    """One of each kind: to compile them all takes a minute, and golden files look after the others."""
    kinds = ("Affine", "LineSlant", "Specks", "FitHeight")
    run_without_optimisation("examples/augmentation_pictures.py", strokes, tmp_path, *kinds)
    run_without_optimisation("examples/preset_pictures.py", strokes, tmp_path, "light")
    folder = ROOT / "docs" / "pictures" / "augmentation"
    assert {path.stem for path in folder.iterdir()} == {*TRANSFORMS, *augment.PRESETS}
    assert {path.stem for path in tmp_path.iterdir()} == {*kinds, "light"}
    assert_the_same_pictures(tmp_path, folder)


@pytest.mark.slow
def test_the_pictures_of_the_model_are_what_the_commands_beside_them_draw(made, here):
    (text, file), *_ = re.findall(r"^echo '(.*)' > (\S+)$", MODEL, re.MULTILINE)
    (here / file).write_text(text)
    commands = re.findall(r"^`?(digitseq .*docs/pictures/\S+\.png.*?)`?$", MODEL, re.MULTILINE)
    for command in commands:
        made(*shlex.split(command)[1:])
    drawn, kept = (folder / "docs" / "pictures" / "model" for folder in (here, ROOT))
    assert contents(drawn) == contents(kept)
    assert_the_same_pictures(drawn, kept)


@pytest.mark.slow
def test_the_figure_of_the_gaps_is_what_the_example_draws(tmp_path):
    run_without_optimisation("examples/gap_law.py", tmp_path / "gap-law.svg")
    kept = ROOT / "docs" / "pictures" / "gap-law.svg"
    assert (tmp_path / "gap-law.svg").read_text() == kept.read_text()


@pytest.mark.slow
def test_the_picture_of_variants_is_what_the_code_beside_it_draws():
    found = {}
    (code,) = [block for block in DOCUMENTED if "variants.png" in block]
    exec(code, found)
    with (
        Image.open(found["path"]) as drawn,
        Image.open(ROOT / "docs" / "pictures" / "variants.png") as kept,
    ):
        assert (np.abs(np.asarray(drawn).astype(int) - np.asarray(kept).astype(int)) <= 2).mean() > 0.999


def test_the_lowest_versions_named_are_the_projects():
    project = (ROOT / "pyproject.toml").read_text()
    named = LIMITS.partition("the lowest that `pyproject.toml` admits:")[2].partition("\n\n")[0]
    found = re.findall(r"(\w+) ([\d.]*\d)", named)
    assert [name for name, _ in found] == ["JAX", "NumPy", "Pillow", "Typer"]
    for name, version in found:
        assert f'"{name.lower()}>={version}"' in project
