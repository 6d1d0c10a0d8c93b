"""What Hugging Face's `load_dataset` makes of an export's folder: the data, or an error, and nothing else."""

import json
from pathlib import Path

import jax
import numpy as np
import pytest
import skipped

import digitseq as ds
from digitseq.exporter import formats
from digitseq.exporter.plan import Plan

datasets = skipped.needed("datasets")

LABELS, SPEC = ds.RandomDigits(min_length=2, max_length=4), ds.SequenceSpec(image_width=140)
# Those that the library has, or that it reads as a folder of pictures.
READ = ("png", "webdataset", "parquet", "coco", "yolo")
# Of three shards and of one.
SIZES = {"train": 25, "test": 5}


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()


@pytest.fixture(scope="module")
def parents(bank, tmp_path_factory):
    """By the format a folder with two exports, train and test."""
    made = {}
    for format in formats.NAMES:
        made[format] = tmp_path_factory.mktemp(format)
        for key, (part, count) in enumerate(SIZES.items()):
            options = {"count": count, "format": format, "shard_size": 10}
            ds.export(jax.random.key(key), bank, LABELS, SPEC, made[format] / part, **options)
    return made


def load(tmp_path, *arguments, **options):
    return datasets.load_dataset(*arguments, **options, cache_dir=str(tmp_path / "cache"))


def texts(rows):
    return sorted(
        text.decode() if isinstance(text, bytes) else text
        for text in rows["txt" if "txt" in rows.features else "text"]
    )


def written(bank, key, count):
    plan = Plan.of(jax.random.key(key), bank, LABELS, SPEC, count=count, shard_size=count, format="npz")
    return sorted(text for chunk in plan.chunks(0, count) for text in chunk.texts().tolist())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", READ)
def test_the_data_are_loaded_alone_and_as_splits(format, bank, parents, tmp_path):
    wanted = {part: written(bank, key, count) for key, (part, count) in enumerate(SIZES.items())}
    for part in SIZES:
        found = load(tmp_path, str(parents[format] / part))
        assert list(found) == ["train"]
        assert texts(found["train"]) == wanted[part]
        image = found["train"][0]["png" if format == "webdataset" else "image"]
        assert np.asarray(image).shape == (28, 140)
    both = load(tmp_path, str(parents[format]))
    assert {part: texts(rows) for part, rows in both.items()} == wanted


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", sorted(set(formats.NAMES) - set(READ)))
def test_what_it_can_not_read_is_an_error(format, parents, tmp_path):
    for part in SIZES:
        with pytest.raises(
            FileNotFoundError, match=f"load_dataset has no format {format} - README.md has the code"
        ):
            load(tmp_path, str(parents[format] / part))
    with pytest.raises(FileNotFoundError, match="data files found"):
        load(tmp_path, str(parents[format]))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("builder", "format"),
    [
        ("parquet", "parquet"),
        ("webdataset", "webdataset"),
        *(("imagefolder", name) for name in ("png", "coco", "yolo")),
    ],
)
def test_a_builder_that_is_named_passes_over_all_else(builder, format, bank, parents, tmp_path):
    """The manifest, the sums and the contact sheet are no data."""
    rows = load(tmp_path, builder, data_dir=str(parents[format] / "train"), split="train")
    assert texts(rows) == written(bank, 0, SIZES["train"])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", READ)
def test_the_cards_code_loads_it(format, parents, tmp_path, monkeypatch):
    monkeypatch.chdir(parents[format] / "train")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    card = Path("README.md").read_text()
    code = card.split("## With Hugging Face's `datasets`")[1].split("```python\n")[1].split("```")[0]
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    assert len(names["rows"]) == SIZES["train"]


def test_cards_say_that_there_is_no_such_format(parents):
    for format in set(formats.NAMES) - set(READ):
        assert "has no format for these files" in (parents[format] / "test" / "README.md").read_text()


def test_no_picture_stands_outside_the_data(parents):
    for parent in parents.values():
        others = {path.suffix for path in parent.rglob("*") if path.is_file() and "data" not in path.parts}
        assert others <= {".md", ".json", ".txt", ".svg", ".sha256"}


def test_annotations_are_numbered_one_by_one(parents):
    """From 1 on, of all shards, and so within the 31 bits that readers have for them."""
    data = json.loads((parents["coco"] / "train" / "data" / "annotations.json").read_text())
    assert [row["id"] for row in data["annotations"]] == list(range(1, len(data["annotations"]) + 1))
    assert {row["image_id"] for row in data["annotations"]} == set(range(SIZES["train"]))
