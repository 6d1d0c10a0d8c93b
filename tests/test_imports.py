"""Every module can be imported by its path, also where no extra is installed."""

import subprocess
import sys
from pathlib import Path

import digitseq as ds

SOURCE = Path(ds.__file__).parent
EXTRAS = ("array_record", "fsspec", "grain", "lmdb", "marimo", "optax", "pyarrow", "ray")
# Imported only when they are asked for, with a message that names the extra.
NEED_EXTRAS = {"exporter.formats.array_record_format", "exporter.formats.lmdb_format"} | {
    "exporter.formats.parquet_format",
    "explore.notebook",
}
CODE = """
import importlib, sys
names = sys.stdin.read().split()
for extra in sys.argv[1:]:
    sys.modules[extra] = None
import digitseq
for name in names:
    try:
        module = importlib.import_module(f"digitseq.{name}")
        assert module.__name__ == f"digitseq.{name}", module
    except ImportError as error:
        print(name, error.name)
"""


def modules():
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        if parts[-1] != "__main__":
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_module_is_imported_by_its_path_without_extras():
    names = [name for name in modules() if name]
    assert {"exporter.formats", "exporter.driver", "io.png"} < set(names)
    done = subprocess.run(
        [sys.executable, "-c", CODE, *EXTRAS],
        input="\n".join(names),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    failed = {line.split()[0] for line in done.stdout.splitlines()}
    assert failed == NEED_EXTRAS
