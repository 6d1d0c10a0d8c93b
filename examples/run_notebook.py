"""Runs a notebook's cells in order, without Jupyter, and stores what they print and show in it.

python examples/run_notebook.py examples/ten_minutes.ipynb
"""

import ast
import base64
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any


def executed(
    notebook: dict[str, Any], names: dict[str, Any] | None = None, **parameters: Any
) -> dict[str, Any]:
    """The notebook with the outputs of its code cells, as Jupyter would store them.

    A cell's output is what it prints, and its last line's value: a picture
    (of `_repr_png_`) or text; None shows nothing.

    Args:
        notebook: of nbformat 4.
        names: what the cells define is added to it.
        **parameters: other values for what the cell tagged "parameters" sets,
            as papermill has it: with fewer steps, a training takes seconds.

    Raises:
        ValueError: no such parameter.
    """
    names = {} if names is None else names
    cells = [dict(cell) for cell in notebook["cells"]]
    count = 0
    for cell in cells:
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"], cell["outputs"] = count, _outputs("".join(cell["source"]), names, count)
            if "parameters" in cell.get("metadata", {}).get("tags", []):
                if unknown := parameters.keys() - names.keys():
                    raise ValueError(f"the notebook has no parameter {min(unknown)!r}")
                names.update(parameters)
                parameters = {}
    if parameters:
        raise ValueError(f"the notebook has no cell tagged parameters, to set {min(parameters)!r}")
    return {**notebook, "cells": cells}


def _outputs(source: str, names: dict[str, Any], count: int) -> list[dict[str, Any]]:
    tree, value = ast.parse(source), None
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, f"<cell {count}>", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), f"<cell {count}>", "eval"), names)
    outputs: list[dict[str, Any]] = []
    if text := printed.getvalue():
        outputs.append({"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)})
    if value is not None:
        shown = {"text/plain": repr(value).splitlines(keepends=True)}
        if hasattr(value, "_repr_png_"):
            shown["image/png"] = base64.b64encode(value._repr_png_()).decode()
        made = {"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": shown}
        outputs.append(made)
    return outputs


def main(path: str) -> None:
    """Replaces the notebook by itself with its outputs."""
    notebook = executed(json.loads(Path(path).read_text()))
    Path(path).write_text(json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
