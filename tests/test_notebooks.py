"""The notebooks of examples/: what is stored in them is what their cells do now."""

import base64
import importlib.util
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


@pytest.fixture(scope="module")
def runner():
    """examples/run_notebook.py."""
    spec = importlib.util.spec_from_file_location("run_notebook", EXAMPLES / "run_notebook.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outputs(notebook):
    """Of each code cell, what it prints, and its picture or its value's text."""
    found = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            printed = "".join(line for out in cell["outputs"] for line in out.get("text", []))
            data = next((out["data"] for out in cell["outputs"] if "data" in out), {})
            picture = data.get("image/png")
            found.append((printed, picture, None if picture else data.get("text/plain")))
    return found


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture)))).astype(np.int32)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_as_they_ran(path):
    notebook = json.loads(path.read_text())
    ran = [cell["execution_count"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert ran == list(range(1, len(ran) + 1))
    assert all(any(output) for output in outputs(notebook))
    assert path.stat().st_size < 400_000
    source = "".join("".join(cell["source"]) + "\n" for cell in notebook["cells"])
    assert len(source.splitlines()) < 200
    assert max(map(len, source.splitlines())) <= 130


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_show_what_their_cells_draw(path, runner, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    notebook = json.loads(path.read_text())
    stored, now = outputs(notebook), outputs(runner.executed(notebook))
    for (printed, picture, text), (own_printed, own_picture, own_text) in zip(stored, now, strict=True):
        assert (own_printed, own_text) == (printed, text)
        assert (own_picture is None) == (picture is None)
        if picture is not None:
            # Transformed pixels are within 1e-5, so that a grey value may be rounded the other way.
            assert np.abs(pixels(own_picture) - pixels(picture)).max() <= 1


def test_the_runner_keeps_what_a_cell_prints_and_its_last_value(runner):
    def cell(*lines):
        return {"cell_type": "code", "source": list(lines), "outputs": [], "execution_count": None}

    cells = [
        cell("x = 3\n", "print(x)"),
        {"cell_type": "markdown", "source": ["# A"]},
        cell("x + 1"),
        cell("None"),
    ]
    made = runner.executed({"cells": cells, "nbformat": 4})
    assert outputs(made) == [("3\n", None, None), ("", None, ["4"]), ("", None, None)]
    assert made["nbformat"] == 4
    picture = runner.executed(
        {"cells": [cell("import digitseq as ds, numpy as np\n", "ds.show(np.eye(28))")]}
    )
    assert pixels(outputs(picture)[0][1]).shape[1] == 28 * 4
