"""Parquet files whose images Hugging Face's `datasets` decodes."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..plan import Chunk, Example, Plan
from . import Format
from .common import NUMBER, decoded, encoded, example_of, row_of

LOAD = """\
from datasets import load_dataset

rows = load_dataset("parquet", data_dir="OUT/data", split="train")
rows[0]["image"], rows[0]["text"], rows[0]["objects"]  # boxes are (x, y, width, height)
"""
INTEGERS = pa.list_(pa.int32())
SCHEMA = pa.schema(
    [
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("text", pa.string()),
        ("objects", pa.struct([("bbox", pa.list_(INTEGERS)), ("categories", INTEGERS)])),
        ("glyph_ids", INTEGERS),
        ("writer", pa.int32()),
    ],
    # Tells `datasets` that the column holds images: https://huggingface.co/docs/datasets/about_dataset_features
    metadata={"huggingface": json.dumps({"info": {"features": {"image": {"_type": "Image"}}}})},
)


def write(folder: Path, name: str, plan: Plan, chunks: Iterable[Chunk]) -> None:
    (folder / "data").mkdir()
    with pq.ParquetWriter(folder / "data" / f"{name}.parquet", SCHEMA) as writer:
        for chunk in chunks:
            rows = [
                {"image": {"bytes": encoded(e), "path": f"{NUMBER.format(e.number)}.png"}, **row_of(e)}
                for e in chunk.examples()
            ]
            writer.write_batch(pa.RecordBatch.from_pylist(rows, SCHEMA))


def read(folder: Path, name: str, first: int) -> Iterator[Example]:
    for batch in pq.ParquetFile(folder / "data" / f"{name}.parquet").iter_batches():
        for row in batch.to_pylist():
            image = row["image"]
            yield example_of(int(image["path"].removesuffix(".png")), decoded(image["bytes"]), row)


FORMAT = Format(write, read, LOAD, hub="data/*.parquet")
