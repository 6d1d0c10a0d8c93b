"""Small exports for the tests in this folder, and what is in their files."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import jax

import digitseq as ds

LABELS, SPEC = ds.RandomDigits(min_length=1, max_length=3), ds.SequenceSpec(image_width=100)
OPTIONS = {"count": 60, "format": "npz", "shard_size": 25}
MANIFEST = "__digitseq__/manifest.json"


def exported(bank, out, key=5, labels=LABELS, spec=SPEC, **options):
    """Exports 60 images in three shards, unless options say otherwise."""
    return ds.export(jax.random.key(key), bank, labels, spec, out, **OPTIONS | options)


def tree(folder) -> dict[str, str]:
    """The SHA-256 of every file below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path(folder).rglob("*")
        if path.is_file()
    }


def interrupt_at(images):
    """A progress function that interrupts when so many images are there."""

    def progress(done):
        if done >= images:
            raise KeyboardInterrupt

    return progress


def fields_of(out):
    """The fields of a manifest, without its own sum."""
    fields = json.loads((out / MANIFEST).read_text())
    del fields["sum"]
    return fields


def write_manifest(out, fields):
    """Writes a manifest with the sum that makes it look genuine."""
    total = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
    (out / MANIFEST).write_text(json.dumps(fields | {"sum": total}))


def accept_change(out, name):
    """Records the hash of a changed file in the manifest."""
    fields = fields_of(out)
    for files in (*fields["shards"], fields["others"]):
        if name in files:
            files[name] = hashlib.sha256((out / name).read_bytes()).hexdigest()
    write_manifest(out, fields)


def started(folder, *arguments, before=(), **options):
    """Starts the command line in a process of its own, in a folder; all share a cache of programs."""
    return subprocess.Popen(
        [*before, sys.executable, "-m", "digitseq", *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"DIGITSEQ_CACHE": str(Path(folder).parents[1] / "programs")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
