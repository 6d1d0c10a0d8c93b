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
from digitseq.internal import keys, pytrees, random_bits
from digitseq.labels import base, digits, sequences
from digitseq.sequence import layout, spacing, spec

SOURCE = Path(ds.__file__).parent
# What a folder may import from outside, besides jax, numpy and the standard
# library, and whether only inside a function.
OUTSIDE = {
    "internal": {"jaxtyping"},  # in place of stand-ins, where it is loaded already
    "io": {"PIL"},
    "scans": {"PIL", "scipy"},
    "vae": {"optax"},
    "cli": {"typer"},
    "explore": {"marimo"},
    "exporter": {"PIL", "array_record", "fsspec", "lmdb", "pyarrow", "ray"},
}
MODULES = sorted(SOURCE.rglob("*.py"))


def place(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def outside(path: Path):
    """(top-level name of another's library, whether it is imported at the top of the module)."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            names = [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
        for name in names:
            yield name.split(".")[0], node in tree.body


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_other_libraries_are_imported_where_they_belong(path):
    """Imports among our own modules are import-linter's, in pyproject.toml."""
    own = place(path)
    for name, at_top in outside(path):
        if name not in {"jax", "numpy", "digitseq"} | set(sys.stdlib_module_names):
            assert name in OUTSIDE.get(own, set()), f"{own} imports {name}"
            # Formats and the notebook are modules of their own, which are loaded only when they are wanted.
            alone = path.parent.name == "formats" or path.name == "notebook.py"
            assert own == "cli" or alone or not at_top, f"{own} imports {name} when it is loaded"


def test_records_are_registered_by_our_own_function():
    """Because JAX takes one of those registered by its own for another (see `pytrees.register_pytree`)."""
    assert not [p.name for p in SOURCE.rglob("*.py") if "@jax.tree_util.register_dataclass" in p.read_text()]


def test_products_of_matrices_state_their_precision():
    """Or GPUs and TPUs would round the factors: a line would be another one there."""
    products = {"conv", "convolve", "dot", "dot_general", "einsum", "inner", "matmul", "tensordot", "vdot"}

    def vague(node):
        if isinstance(node, ast.BinOp):
            return isinstance(node.op, ast.MatMult)
        called = node.func if isinstance(node, ast.Call) else None
        if not isinstance(called, ast.Attribute) or called.attr not in products:
            return False
        stated = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        return stated.get("precision") != "FULL_PRECISION"

    # Scans and pictures are worked on by NumPy, on the host.
    paths = [path for path in MODULES if place(path) not in {"scans", "io"}]
    found = [
        f"{path.name}:{node.lineno}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if vague(node)
    ]
    assert not found


def test_public_names_are_sorted_and_there():
    assert ds.__all__ == sorted(ds.__all__)
    assert all(hasattr(ds, name) for name in ds.__all__)


def functions():
    modules = [ds, base, digits, keys, layout, pytrees, random_bits, sequences, spacing, spec, ds.augment]
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
fronts = ("PIL", "scipy.ndimage", "typer", "optax", "digitseq.io.web", "digitseq.glyphs.download")
loaded = [name for name in fronts if name in sys.modules]
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


@pytest.mark.slow
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
    s = ds.sample_sequences(keys.typed_key(np.array([0, 1], np.uint32)), bank, digits, spec)
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
