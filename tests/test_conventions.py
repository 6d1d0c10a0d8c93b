"""Conventions that hold for the whole package: imports run one way, keys come first, all is documented."""

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import digitseq as ds
from digitseq import arguments, draws, labels, layout, spacing

SOURCE = Path(ds.__file__).parent
# A module imports only modules of a lower rank. A folder is one module here.
RANK = {
    "errors": 0,
    "version": 0,
    "checks": 0,
    "companions": 0,
    "keys": 1,
    "download": 1,
    "pairs": 1,
    "files": 0,
    "forks": 0,
    "draws": 0,
    "pytrees": 0,
    "stage": 0,
    "settings": 1,
    "sharding": 0,
    "idx": 1,
    "png": 1,
    "sheet": 2,
    "mnist": 2,
    "hands": 1,
    "qmnist": 2,
    "programs": 3,
    "bank": 2,
    "intake": 3,
    "inspection": 2,
    "keras": 2,
    "npz": 1,
    "long_rows": 2,
    "spacing": 3,
    "augment": 3,
    "cache": 3,
    "fetch": 3,
    "spec": 4,
    "loading": 4,
    "canvas": 4,
    "arguments": 5,
    "layout": 5,
    "line": 5,
    "text": 6,
    "lists": 7,
    "label_base": 7,
    "drawing": 6,
    "split": 6,
    "source_words": 5,
    "sequence": 7,
    "labels": 8,
    "numbers": 9,
    "ctc": 9,
    "vae": 8,
    "fits": 9,
    "label_words": 10,
    "images": 11,
    "stream": 11,
    "dataset": 12,
    "export": 12,
    "__init__": 13,
    "cli": 14,
    "__main__": 15,
}
# What a module may import from outside, besides jax, numpy and the standard
# library, and whether only inside a function.
OUTSIDE = {
    "png": {"PIL"},
    "sheet": {"PIL"},
    "vae": {"optax"},
    "cli": {"typer"},
    "export": {"PIL", "array_record", "fsspec", "isal", "lmdb", "pyarrow", "ray"},
}
MODULES = sorted(SOURCE.rglob("*.py"))


def place(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path):
    """(name of ours or None, outside top-level name or None, whether at the top of the module)."""
    tree = ast.parse(path.read_text())
    depth = len(path.relative_to(SOURCE).parts)
    for node in ast.walk(tree):
        at_top = node in tree.body
        if isinstance(node, ast.Import):
            for alias in node.names:
                first, *rest = alias.name.split(".")
                yield (
                    (rest[0] if rest else "__init__", None, at_top)
                    if first == "digitseq"
                    else (None, first, at_top)
                )
        elif isinstance(node, ast.ImportFrom):
            parts = (node.module or "").split(".") if node.module else []
            if node.level == 0 and parts[0] != "digitseq":
                yield None, parts[0], at_top
                continue
            parts = parts[1:] if node.level == 0 else parts
            if node.level and node.level < depth:  # within the same folder
                yield place(path), None, at_top
            elif parts:
                yield parts[0], None, at_top
            else:
                known = {place(module) for module in MODULES}
                for alias in node.names:
                    yield alias.name if alias.name in known else "__init__", None, at_top


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_run_one_way(path):
    own = place(path)
    assert own in RANK, "a module that nobody placed in a layer"
    for ours, outside, at_top in imports(path):
        if ours is not None:
            assert RANK[ours] < RANK[own] or (ours == own and path.parent != SOURCE), f"{own} imports {ours}"
        elif outside not in {"jax", "numpy"} | set(sys.stdlib_module_names):
            assert outside in OUTSIDE.get(own, set()), f"{own} imports {outside}"
            # A format is a module of its own, which is loaded only when it is wanted.
            assert own == "cli" or path.parent.name == "formats" or not at_top, (
                f"{own} imports {outside} when it is loaded"
            )


def test_records_are_registered_by_our_own_function():
    """Because JAX takes one of those registered by its own for another (see `pytrees.register`)."""
    assert not [p.name for p in SOURCE.rglob("*.py") if "@jax.tree_util.register_dataclass" in p.read_text()]


def test_public_names_are_sorted_and_there():
    assert ds.__all__ == sorted(ds.__all__)
    assert all(hasattr(ds, name) for name in ds.__all__)


def functions():
    modules = [ds, arguments, draws, labels, layout, spacing, ds.augment]
    found = {f for m in modules for f in vars(m).values() if callable(f) and not inspect.isclass(f)}
    ours = [f for f in found if getattr(f, "__module__", "").startswith("digitseq")]
    return sorted((f for f in ours if not f.__name__.startswith("_")), key=lambda f: f.__name__)


@pytest.mark.parametrize("function", functions(), ids=lambda f: f.__name__)
def test_signature(function):
    parameters = inspect.signature(function).parameters
    assert function.__doc__
    assert not {"rng", "seed", "random_state"} & set(parameters)
    positional = [p.name for p in parameters.values() if p.kind is not p.KEYWORD_ONLY]
    # `split_bank` takes what it splits first, as the contract has it.
    assert "key" not in positional[1:] or function is ds.split_bank


@pytest.mark.parametrize("name", ["DigitBank", "DigitSequence", "SequenceSpec"])
def test_records_document_every_field(name):
    record = getattr(ds, name)
    for field in record.__dataclass_fields__:
        assert f"    {field}" in record.__doc__, field


def run(code: str, **environment: str) -> str:
    whole = os.environ | environment
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=whole, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_import_touches_no_device_no_file_and_no_front():
    """With a platform that does not exist, touching a device would raise."""
    code = """
import sys, jax, jax.numpy
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
import digitseq
ours = {str(name) for name in opened if not str(name).endswith((".py", ".pyc"))}
ours = {name for name in ours if not name.startswith((sys.prefix, sys.base_prefix)) and ".pyc." not in name}
loaded = [name for name in ("PIL", "typer", "optax", "digitseq.download") if name in sys.modules]
print(ours or "no file", loaded)
"""
    assert run(code, JAX_PLATFORMS="nonsense") == "no file []"


STREAM = """
import hashlib, jax, numpy as np, digitseq as ds
{setting}
glyphs = (np.arange(30 * 784) % 256).astype(np.uint8).reshape(30, 28, 28)
bank = ds.make_bank(glyphs, np.arange(30) % 10)
one = ds.generate_numbers_sequence("31415", (0, 9), 160, key=7, bank=bank)
key = jax.random.wrap_key_data(np.array([0, 7], np.uint32), impl="threefry2x32")
leaves = [one]
for align, advance in ("center", "cell"), ("random", "ink"):
    spec = ds.SequenceSpec(align=align, advance=advance, image_width=90)
    leaves += jax.tree.leaves(ds.sample_sequences(key, bank, [[3, 1, 4], [2, 7, -1]], spec))
bank = ds.make_bank(glyphs, np.arange(30) % 10, writers=np.arange(30) // 10)
spec = ds.SequenceSpec(image_width=90, hand="one-writer")
leaves += [labels.draw(key, 5) for labels in (ds.FixedLabels(["350", "27"]), ds.NumberRange(0, 999))]
leaves += jax.tree.leaves(ds.batch_at(key, 1, bank, ds.RandomDigits(max_length=3, min_length=1), spec, 2))
leaves = [np.asarray(leaf) for leaf in leaves]
print([str(leaf.dtype) for leaf in leaves])
print(hashlib.sha256(b"".join(leaf.tobytes() for leaf in leaves)).hexdigest())
"""


def test_the_stream_does_not_depend_on_jaxs_settings():
    """64-bit mode and another default generator change no bit and no dtype (all tests promote strictly)."""
    quick = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}  # for compiling takes nearly all of the time
    plain = run(STREAM.format(setting=""), **quick)
    assert "64" not in plain.splitlines()[0]
    for name, value in [("jax_enable_x64", True), ("jax_default_prng_impl", "rbg")]:
        setting = f"jax.config.update({name!r}, {value!r})"
        assert run(STREAM.format(setting=setting), **quick) == plain, name


def test_the_wheel_is_typed_and_small():
    assert (SOURCE / "py.typed").is_file()
    assert sum(path.stat().st_size for path in SOURCE.rglob("*") if path.suffix != ".pyc") < 4_000_000


def test_shapes_in_the_readme_hold(bank):
    """Every leaf of a batch has the shape and dtype that the contract names."""
    spec = ds.SequenceSpec(image_width=150, masks=True)
    digits = np.array([[1, 2, 3, -1]] * 2, np.int32)
    s = ds.sample_sequences(arguments.typed_key(np.array([0, 1], np.uint32)), bank, digits, spec)
    found = {name: (leaf.shape, str(leaf.dtype)) for name, leaf in vars(s).items()}
    assert found == {
        "image": ((2, 28, 150), "float32"),
        "digits": ((2, 4), "int32"),
        "length": ((2,), "int32"),
        "offsets": ((2, 4), "int32"),
        "boxes": ((2, 4, 4), "int32"),
        "glyph_ids": ((2, 4), "int32"),
        "masks": ((2, 28, 150), "int8"),
        "writer": ((2,), "int32"),
    }
