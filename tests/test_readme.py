"""What the README and the examples say works, run as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import digitseq as ds

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


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


def test_there_are_examples():
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0])
def test_python_examples_run(block, strokes):
    """In a process of their own: examples are written for JAX as a user has it."""
    code = block + "\nassert 'image' in dir() and image.shape == (28, 120) or float(value) < 2.4\n"
    environment = {"DIGITSEQ_MNIST": str(strokes), "PATH": "", "DIGITSEQ_CACHE": str(strokes / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_lowest_versions_named_are_the_projects():
    project = (ROOT / "pyproject.toml").read_text()
    named = README.partition("the lowest that `pyproject.toml` admits:")[2].partition("\n\n")[0]
    found = re.findall(r"(\w+) ([\d.]*\d)", named)
    assert [name for name, _ in found] == ["JAX", "NumPy", "Pillow", "Typer"]
    for name, version in found:
        assert f'"{name.lower()}>={version}"' in project
