"""LMDB for the benchmarks of scene-text recognition, one environment per shard.

The keys `num-samples`, `image-000000001` and `label-000000001`, counted from 1, are those of Shi et al.'s
CRNN (https://github.com/bgshih/crnn); the other labels are JSON under `meta-000000001`.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import lmdb

from ..plan import Chunk, Example, Plan
from . import Format
from .common import decoded, encoded

LOAD = """\
import io
import lmdb
from PIL import Image

with lmdb.open("OUT/data/00000", readonly=True, lock=False).begin() as shard:
    count = int(shard.get(b"num-samples"))
    image = Image.open(io.BytesIO(shard.get(b"image-000000001")))  # counted from 1
    text = shard.get(b"label-000000001").decode()
"""


def write(folder: Path, name: str, plan: Plan, chunks: Iterable[Chunk]) -> None:
    own = folder / "data" / name
    own.mkdir(parents=True)
    first, stop = plan.bounds(int(name))
    # An upper bound: no PNG is much larger than its pixels. The file itself is only as large as its contents.
    pixels = plan.channels * plan.spec.image_height * plan.spec.image_width
    room = 2**20 + (stop - first) * (2 * pixels + 2**16)
    with lmdb.open(str(own), map_size=room, sync=False, metasync=False) as environment:
        with environment.begin(write=True) as shard:
            shard.put(b"num-samples", str(stop - first).encode())
        for chunk in chunks:
            with environment.begin(write=True) as shard:
                for example in chunk.examples():
                    place = f"{example.number - first + 1:09}"
                    rest = {
                        "number": example.number,
                        "digits": example.digits,
                        "boxes": example.boxes,
                        "glyph_ids": example.glyph_ids,
                        "writer": example.writer,
                    }
                    shard.put(f"image-{place}".encode(), encoded(example))
                    shard.put(f"label-{place}".encode(), example.text.encode())
                    shard.put(f"meta-{place}".encode(), json.dumps(rest).encode())
    (own / "lock.mdb").unlink()


def read(folder: Path, name: str, first: int) -> Iterator[Example]:
    with (
        lmdb.open(str(folder / "data" / name), readonly=True, lock=False) as environment,
        environment.begin() as shard,
    ):
        for place in range(1, int(shard.get(b"num-samples", b"0")) + 1):
            image, text, meta = (
                shard.get(f"{name}-{place:09}".encode(), b"") for name in ("image", "label", "meta")
            )
            yield Example(
                image=decoded(image),
                text=text.decode(),
                masks=None,
                **json.loads(meta),
            )


FORMAT = Format(write, read, LOAD)
