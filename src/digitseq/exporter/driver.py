"""export: images with labels as files; resumable, and byte-identical on any engine."""

import os
from collections.abc import Callable

import jax

from ..glyphs.source import Source
from ..glyphs.source_words import as_source
from ..internal.settings import own_settings
from ..io.colours import BLACK, WHITE
from ..labels.base import LabelSource, listed_size
from ..sequence.label_grammar import as_labels
from ..sequence.spec import SequenceSpec
from .engines import Engine
from .execution import MOST_IMAGES, request_of, run_export
from .manifest import Manifest


@own_settings
def export(
    key: jax.Array | int,
    source: Source | str,
    labels: LabelSource | str,
    spec: SequenceSpec,
    out: str | os.PathLike[str],
    *,
    count: int | None = None,
    format: str,
    shard_size: int = 1000,
    workers: int = 1,
    engine: Engine = "local",
    licence: str | None = None,
    ink: str = WHITE,
    paper: str = BLACK,
    progress: Callable[[int], None] | None = None,
) -> Manifest:
    """Writes the first images of a run to files, with a manifest and a data card.

    Image i is that of `batch_at`: its content depends on the key and i alone,
    and the files' bytes on `key`, `source`, `labels`, `spec`, `count`,
    `format`, `shard_size`, `licence` and colours alone. Images are always rendered on
    CPUs. An interrupted export, even a killed one, resumes when it is called
    again; a finished one is left as it is.

    >>> import tempfile
    >>> out, spec = tempfile.mkdtemp(), ds.SequenceSpec(image_width=120)
    >>> manifest = ds.export(7, "builtin", "random:3", spec, out, count=20, format="png")
    >>> manifest.count, ds.verify(out, "builtin")
    (20, [])

    Args:
        key: a typed or raw PRNG key, or an integer seed: the run.
        source: a `DigitBank`, anything with `draw` (and `num_classes`, where labels go beyond 9), or the
            name of one ("mnist", "builtin", "vae", a path).
        labels: a label source, or text such as "random:3-8".
        spec: the layout. "coco" adds amodal masks to it where it has none.
        out: a new folder, or a URL that fsspec knows, such as s3://bucket/folder.
        count: how many images, up to 10**9; None: as many as a list has sequences.
        format: "png", "webdataset", "parquet", "array_record", "lmdb",
            "coco", "yolo", "idx" or "npz".
        shard_size: images per shard. Images are rendered 500 at a time, so
            multiples of that waste none. A shard's labels are held in memory
            while it is written.
        workers: processes on this machine. They import the calling script
            only for classes that it defines, such as a label source: then what the
            script runs must be under `if __name__ == "__main__":`.
        engine: "local", or "ray": tasks of the cluster that `ray.init()`
            finds, of which each node must reach `out`.
        licence: of the digits, for the manifest; None: what digitseq knows
            of MNIST and of what is derived from it.
        ink, paper: the images' colours, a name of CSS's or #rrggbb; "idx",
            "npz" and "array_record" store greys only, such as black on white.
        progress: called with the number of images that are finished.

    Raises:
        ValueError: arguments that can't be used, or an `out` that holds
            something else, which is left untouched.
        BankError: digits that the source can't draw.
        ImportError: a package is missing, naming the extra.
        BlockingIOError: another process is exporting to `out`.
        RuntimeError: worker processes can't import a class of the script's or
            notebook's, or this process was forked after JAX had started.
        OSError: a file could not be written, or a worker process died; the
            same call resumes.
        KeyboardInterrupt: interrupted; says how many images are there.
    """
    glyph_source: Source = as_source(source)
    label_source = as_labels(labels, glyph_source)
    request = request_of(
        key,
        glyph_source,
        label_source,
        spec,
        out,
        count=listed_size("count", count, label_source, MOST_IMAGES),
        format=format,
        shard_size=shard_size,
        workers=workers,
        engine=engine,
        licence=licence,
        ink=ink,
        paper=paper,
    )
    return run_export(request, progress or (lambda done: None))
