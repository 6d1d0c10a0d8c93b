"""What the readers that people use make of an export: the pixels, texts and boxes that were generated."""

import contextlib
import io
import os
import re
import tarfile
import warnings

import idx2numpy
import jax
import numpy as np
import pytest
import skipped
from PIL import Image

import digitseq as ds
from digitseq.exporter import formats, plan
from digitseq.exporter.formats import webdataset_format
from digitseq.internal.pixels import to_uint8

# Lengths 1 to 12, each as often, a tenth of them with a zero in front.
LABELS = ds.RandomDigits(min_length=1, max_length=12)
SPEC = ds.SequenceSpec(image_width=400, spacing_range=(-4, 4), align="random")
KEY, COUNT, SHARD = 8, 500, 200


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """So that a shard is of several, and some stand in two shards."""
    monkeypatch.setattr(plan, "CHUNKS", (125, 50, 25, 10, 5, 1))


@pytest.fixture(scope="module")
def generated(bank):
    """Of each image its pixels, text and boxes."""
    batch = ds.batch_at(jax.random.key(KEY), 0, bank, LABELS, SPEC, COUNT)
    rows = zip(*map(np.asarray, (batch.image, batch.digits, batch.length, batch.boxes)), strict=True)
    made = [
        (to_uint8(image), "".join(map(str, digits[:length])), boxes[:length].tolist())
        for image, digits, length, boxes in rows
    ]
    texts = [text for _, text, _ in made]
    assert {len(text) for text in texts} == set(range(1, 13))
    assert sum(text.startswith("0") and len(text) > 1 for text in texts) > 20
    return made


def exported(bank, out, format, spec=SPEC, count=COUNT, shard_size=SHARD):
    return ds.export(
        jax.random.key(KEY), bank, LABELS, spec, out, count=count, format=format, shard_size=shard_size
    )


def corners(boxes):
    return [[x, y, x + width, y + height] for x, y, width, height in np.asarray(boxes).tolist()]


def hugging_face(out):
    import datasets

    datasets.disable_progress_bars()
    rows = datasets.load_dataset(str(out), split="train", cache_dir=str(out.parent / "cache"))
    assert isinstance(rows.features["image"], datasets.Image)
    # It promises no order of files.
    paths = [row["path"] for row in rows.cast_column("image", datasets.Image(decode=False))["image"]]
    for n in np.argsort(paths).tolist():
        yield np.asarray(rows[n]["image"]), rows[n]["text"], corners(rows[n]["objects"]["bbox"])


def web_dataset(out):
    import webdataset

    tars = sorted(str(path) for path in out.glob("data/*.tar"))
    for image, text, labels in (
        webdataset.WebDataset(tars, shardshuffle=False).decode("l8").to_tuple("png", "txt", "json")
    ):
        yield image, text, labels["boxes"]


def grain_records(out):
    import grain

    records = grain.sources.ArrayRecordDataSource(sorted(map(str, out.glob("data/*.array_record"))))
    for n in range(len(records)):
        example = np.load(io.BytesIO(records[n]))
        yield example["image"], str(example["text"]), example["boxes"][: example["length"]].tolist()


def scene_text_recognition(out):
    """As its benchmarks do: every folder with a data.mdb, samples counted from 1."""
    import json

    import lmdb

    for folder in sorted(path.parent for path in out.rglob("data.mdb")):
        with lmdb.open(str(folder), readonly=True, lock=False, readahead=False, meminit=False) as environment:
            shard = environment.begin()
            for n in range(1, int(shard.get(b"num-samples")) + 1):
                picture = Image.open(io.BytesIO(shard.get(b"image-%09d" % n))).convert("L")
                boxes = json.loads(shard.get(b"meta-%09d" % n))["boxes"]
                yield np.asarray(picture), shard.get(b"label-%09d" % n).decode("utf-8"), boxes


def coco(out):
    from pycocotools.coco import COCO

    with contextlib.redirect_stdout(io.StringIO()):
        data = COCO(out / "data" / "annotations.json")
    for row in data.loadImgs(sorted(data.getImgIds())):
        image = np.asarray(Image.open(out / "data" / "images" / row["file_name"]))
        digits = data.loadAnns(data.getAnnIds(imgIds=row["id"]))
        names = [data.loadCats(digit["category_id"])[0]["name"] for digit in digits]
        assert "".join(names) == row["text"]
        for digit in digits:
            ys, xs = np.nonzero(data.annToMask(digit))
            box = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
            assert box == corners([digit["bbox"]])[0]
            assert digit["area"] == len(xs)
        yield image, row["text"], corners([digit["bbox"] for digit in digits])


def yolo(out):
    import supervision

    for shard in sorted(os.listdir(out / "data" / "images")):
        found = supervision.DetectionDataset.from_yolo(
            str(out / "data" / "images" / shard),
            str(out / "data" / "labels" / shard),
            str(out / "data" / "data.yaml"),
        )
        for path, image, digits in sorted(found, key=lambda row: row[0]):
            assert path.endswith(".png")
            text = "".join(found.classes[n] for n in digits.class_id)
            yield image[..., 0], text, np.rint(digits.xyxy).astype(int).tolist()


def idx(out):
    for shard in sorted(out.glob("data/*-images-idx3-ubyte")):
        stem = str(shard).removesuffix("images-idx3-ubyte")
        images, labels = (
            idx2numpy.convert_from_file(stem + e) for e in ("images-idx3-ubyte", "labels-idx2-int")
        )
        np.testing.assert_array_equal(ds.read_idx(shard), images)
        for image, digits, boxes in zip(images, labels, ds.read_idx(stem + "boxes-idx3-int"), strict=True):
            text = "".join(str(digit) for digit in digits if digit >= 0)
            yield image, text, boxes[: len(text)].tolist()


def npz(out):
    for path in sorted(out.glob("data/*.npz")):
        shard = np.load(path)
        for image, text, boxes, length in zip(
            *(shard[name] for name in ("image", "text", "boxes", "length")), strict=True
        ):
            yield image, str(text), boxes[:length].tolist()


# What the readers below, and those of the data cards, need to be installed.
LIBRARIES = {
    "png": "datasets",
    "webdataset": "webdataset",
    "parquet": "datasets",
    "array_record": "grain",
    "lmdb": "lmdb",
    "coco": "pycocotools.coco",
    "yolo": "supervision",
    "idx": "idx2numpy",
    "npz": "numpy",
}
READERS = {
    "png": hugging_face,
    "webdataset": web_dataset,
    "parquet": hugging_face,
    "array_record": grain_records,
    "lmdb": scene_text_recognition,
    "coco": coco,
    "yolo": yolo,
    "idx": idx,
    "npz": npz,
}


@pytest.mark.filterwarnings("ignore")  # those of other people's libraries
@pytest.mark.parametrize("format", formats.NAMES)
def test_a_users_reader_gives_what_was_generated(format, bank, generated, tmp_path, monkeypatch):
    skipped.needed(LIBRARIES[format])
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    out = tmp_path / "out"
    manifest = exported(bank, out, format)
    assert [len(manifest.shards), manifest.count, manifest.format] == [3, COUNT, format]
    found = list(READERS[format](out))
    assert len(found) == COUNT
    for (image, text, boxes), (own_image, own_text, own_boxes) in zip(found, generated, strict=True):
        assert (text, boxes) == (own_text, own_boxes)
        np.testing.assert_array_equal(image, own_image)
    assert ds.verify(out, bank, sample=40) == []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", [name for name in formats.NAMES if name != "yolo"])
def test_the_data_cards_code_loads_it(format, bank, tmp_path, monkeypatch):
    """All but that for YOLO, whose library would train."""
    skipped.needed(LIBRARIES[format])
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    exported(bank, tmp_path / "out", format, count=30, shard_size=20)
    monkeypatch.chdir(tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    code = card.split("```python\n")[1].split("```")[0]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        exec(compile(code, "README.md", "exec"), {})
    again = re.sub(r"source = \.\.\..*", "source = bank", card.split("```python\n")[2].split("```")[0])
    exec(compile(again, "README.md", "exec"), {"bank": bank})
    assert ds.Manifest.read("again") == ds.Manifest.read(".")


@pytest.mark.parametrize("data", [b"", b"0042", bytes(range(256)) * 4], ids=len)
def test_our_archives_are_tarfiles(data):
    entry = tarfile.TarInfo("000000123.json")
    entry.size = len(data)
    wanted = entry.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512)
    assert webdataset_format.archived("000000123.json", data) == wanted


@pytest.mark.parametrize("format", ["npz", "idx", "array_record"])
def test_masks_are_kept(format, bank, tmp_path):
    spec = SPEC.replace(masks="visible")
    exported(bank, tmp_path / "out", format, spec)
    made = ds.batch_at(jax.random.key(KEY), 0, bank, LABELS, spec, COUNT).masks
    read = formats.format_of(format).read
    masks = [example.masks for n in range(3) for example in read(tmp_path / "out", f"{n:05}", n * SHARD)]
    np.testing.assert_array_equal(masks, np.asarray(made))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_visible_masks_in_coco(bank, tmp_path):
    COCO = skipped.needed("pycocotools.coco").COCO

    spec = SPEC.replace(masks="visible", spacing_range=(-10, -10))
    exported(bank, tmp_path / "out", "coco", spec)
    made = np.asarray(ds.batch_at(jax.random.key(KEY), 0, bank, LABELS, spec, COUNT).masks)
    with contextlib.redirect_stdout(io.StringIO()):
        data = COCO(tmp_path / "out" / "data" / "annotations.json")
    for n in range(0, COUNT, 25):
        for slot, digit in enumerate(data.loadAnns(data.getAnnIds(imgIds=n))):
            np.testing.assert_array_equal(data.annToMask(digit), made[n] == slot + 1)


def test_masks_that_a_format_has_no_place_for(bank, tmp_path):
    with pytest.raises(ValueError, match="spec.masks: the format png holds no masks"):
        exported(bank, tmp_path / "out", "png", SPEC.replace(masks=True))
    with pytest.raises(ValueError, match="the format idx holds visible ones only"):
        exported(bank, tmp_path / "out", "idx", SPEC.replace(masks="amodal"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("format", ["coco", "yolo"])
def test_a_glyph_without_ink_is_nothing_to_detect(format, tmp_path):
    glyphs = np.zeros((2, 28, 28), np.uint8)
    glyphs[1, 5:20, 8:15] = 200
    bank = ds.make_bank(glyphs, [0, 1])
    ds.export(
        jax.random.key(0),
        bank,
        ds.FixedLabels(["101"]),
        ds.SequenceSpec(image_width=100),
        tmp_path / "out",
        count=3,
        format=format,
    )
    for example in formats.format_of(format).read(tmp_path / "out", "00000", 0):
        assert example.digits == [1, 1]
        assert all(box[2] - box[0] == 7 for box in example.boxes)
    assert ds.verify(tmp_path / "out", bank) == []


def test_more_than_ten_classes_have_dashes(tmp_path):
    glyphs = np.full((12, 28, 28), 99, np.uint8)
    bank = ds.make_bank(glyphs, np.arange(12), num_classes=12)
    labels = ds.FixedLabels([[11, 0, 4]])
    for format in "npz", "coco", "yolo":
        ds.export(jax.random.key(0), bank, labels, SPEC, tmp_path / format, count=2, format=format)
        assert ds.verify(tmp_path / format, bank) == []
    assert np.load(tmp_path / "npz" / "data" / "00000.npz")["text"].tolist() == ["11-0-4"] * 2
    assert "11: '11'" in (tmp_path / "yolo" / "data" / "data.yaml").read_text()
