"""Lists are lists: each sequence once, in its order, from text files and tables as programs write them."""

import os
import threading

import jax
import numpy as np
import pytest

import digitseq as ds
from digitseq.labels.lists import read_list

SPEC = ds.SequenceSpec(image_width=120)


def texts(batch):
    return ["".join(map(str, row[row >= 0])) for row in np.asarray(batch.digits)]


def test_image_i_has_sequence_i_over_and_over(bank):
    labels = ds.FixedLabels(["12", "3", "0042"])
    wanted = ["12", "3", "0042"] * 3
    assert labels.size == 3
    assert texts(ds.batch_at(0, 0, bank, labels, SPEC, 9)) == wanted
    assert texts(ds.batch_at(0, 1, bank, labels, SPEC, 4)) == wanted[4:8]
    step = jax.jit(lambda step: ds.batch_at(0, step, bank, labels, SPEC, 4).digits)
    assert texts(ds.batch_at(0, 2**30, bank, labels, SPEC, 4)) == [wanted[i % 3] for i in range(4)]
    np.testing.assert_array_equal(step(5), ds.batch_at(0, 5, bank, labels, SPEC, 4).digits)
    dataset = ds.Dataset(0, bank, labels, SPEC)
    assert len(dataset) == 3
    assert [row["length"] for row in dataset.__getitems__([0, 1, 2])] == [2, 1, 4]
    drawn = np.asarray(labels.draw(jax.random.key(1), 60))[:, 0]  # which is told no number
    assert set(drawn.tolist()) == {1, 3, 0}
    assert drawn[:3].tolist() != [1, 3, 0]


def test_at_random_each_as_often(bank):
    labels = ds.FixedLabels([str(n) for n in range(10)], order="random")
    assert labels.size is None
    drawn = texts(ds.batch_at(0, 0, bank, labels, SPEC, 64))
    assert len(set(drawn)) == 10
    assert drawn[:10] != [str(n) for n in range(10)]
    with pytest.raises(ValueError, match=r"size must say how many images"):
        ds.Dataset(0, bank, labels, SPEC)
    with pytest.raises(ValueError, match=r"FixedLabels\.order must be one of .*'shuffled'"):
        ds.FixedLabels(["1"], order="shuffled").check()


def test_one_text_is_one_sequence():
    assert np.asarray(ds.FixedLabels("350").digits).tolist() == [[3, 5, 0]]


def test_an_export_writes_each_line_once_in_order(made, here):
    numbers = [str(7 * n % 1000) for n in range(40)]
    (here / "lines.txt").write_text("\n".join(numbers))
    made("export", "file:lines.txt", "out", "--format", "npz", "--seed", 0)
    manifest = ds.Manifest.read("out")
    assert (manifest.count, manifest.labels.order) == (40, "given")
    assert np.load("out/data/00000.npz")["text"].tolist() == numbers
    made(
        "export",
        "file:lines.txt",
        "again",
        "--format",
        "npz",
        "--count",
        40,
        "--order",
        "random",
        "--seed",
        0,
    )
    assert np.load("again/data/00000.npz")["text"].tolist() != numbers
    assert ds.verify("again") == []


def test_a_manifest_without_an_order_is_of_a_list_drawn_at_random():
    from digitseq.exporter.recipe import labels_from_plain, labels_to_plain

    plain = labels_to_plain(ds.FixedLabels(["12", "3"]))
    assert labels_from_plain(plain).order == "given"
    del plain["order"]
    assert labels_from_plain(plain).order == "random"


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-32"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path, encoding, end):
    path = tmp_path / "list.txt"
    path.write_bytes(end.join(["350", "", " 0042 ", "3-5"]).encode(encoding))
    assert read_list(path).sequences == [[3, 5, 0], [0, 0, 4, 2], [3, 5]]
    table = tmp_path / "list.csv"
    table.write_bytes(end.join(["id;phone", 'ü;"0 12-3"', "b;(45)6"]).encode(encoding))
    found = read_list(table, "phone", "id")
    assert found == ([[0, 1, 2, 3], [4, 5, 6]], ["ü", "b"], " ()-")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", "3\xfc".encode("latin-1"), "is not UTF-8 text (byte 1); save it as UTF-8"),
        ("a.txt", "35".encode("utf-16-le"), "zero bytes"),
        ("a.txt", b"\xff\xfe3", "is not UTF-16 text"),
        ("a.txt", b"12\nabc\n", "line 2"),
        ("a.txt", b"12\n" + b"9" * 5000 + b"-1\n", "line 2"),
        ("a.txt", b"\n \n", "holds no sequence"),
        ("a.csv", b"phone\n", "line 1: a sequence must be written as 350 or 3-5-0, got 'phone'"),
        ("a.csv", b"phone\n12\nx1\n", "line 3: a sequence must be written as 350 or 3-5-0, got 'x1'"),
        ("a.csv", b'"12\n', "line"),
        ("a.csv", b"", "holds no sequence"),
        ("a.csv", b"phone\n5551234.0\n", "saved as a float"),
        ("a.csv", b"a,b\n1,2\n", "has the columns a, b: name one with --column"),
    ],
)
def test_lists_that_cannot_be_read(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=name) as caught:
        read_list(tmp_path / name)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_columns_by_heading_and_by_number(tmp_path):
    (tmp_path / "a.tsv").write_text("n\tdigits\n1\t350\n2\t0042\n")
    for column in ("digits", "2"):
        assert read_list(tmp_path / "a.tsv", column).sequences == [[3, 5, 0], [0, 0, 4, 2]]
    (tmp_path / "bare.csv").write_text("350\n27\n")
    assert read_list(tmp_path / "bare.csv").sequences == [[3, 5, 0], [2, 7]]
    for column in ("phone", "3", "0"):
        with pytest.raises(ValueError, match=f"no column '{column}'; it has n, digits, numbers 1 to 2"):
            read_list(tmp_path / "a.tsv", column)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_pipe_in_place_of_a_list_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "list.txt")
    failed = []

    def read():
        with pytest.raises(ValueError, match="no regular file"):
            read_list(tmp_path / "list.txt")
        failed.append(False)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(10)
    assert failed == [False]


CLIENTS = 'id,phone\nann,020 7946-0958\n"bob/x",555\n'


@pytest.mark.filterwarnings("default::UserWarning")
def test_names_are_the_users(digitseq, refused, here):
    (here / "clients.csv").write_text(CLIENTS)
    order = ("generate", "file:clients.csv", "0", "5", "auto", "--column", "phone", "--name-column", "id")
    code, out, err = digitseq(*order, "--out", "named")
    assert (code, out.split()) == (0, ["named/ann.png", "named/bob%2Fx.png"])
    said = "what separates the digits (' ' -) is not drawn, as there are no glyphs of it"
    assert err == f"digitseq: clients.csv: {said}\n"
    code, out, _ = digitseq(*order, "--out", "t/{index}_{name}_{text}.png")
    assert out.split() == ["t/000_ann_02079460958.png", "t/001_bob%2Fx_555.png"]
    (here / "clients.csv").write_text(CLIENTS.replace("bob/x", "ANN").replace("020 7946-0958", "1"))
    assert "pictures 0 and 1 would both be 'named2/ANN.png'" in refused(*order, "--out", "named2")
    plain = ("generate", "350", "0", "5", "120")
    assert "{name} wants --name-column" in refused(*plain, "--out", "{name}.png")
    assert "{text}, {index} and {name}, got {nmae}" in refused(*plain, "--out", "{nmae}.png")
    assert "would both be" in refused(*plain, "--count", "2", "--out", "{text}.png")
    assert "file:PATH" in refused(*plain, "--name-column", "id")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b:c", "a%2Fb%3Ac"),
        (" ", "blank"),
        (".hidden", "%2Ehidden"),
        ("con", "_con"),
        ("x.", "x%2E"),
        ("100%", "100%25"),
        ("ü" * 150, "ü" * 100),
    ],
)
def test_names_that_file_systems_refuse(name, safe):
    from digitseq.cli import names

    assert names.safe(name) == safe


def test_pictures_of_one_run_do_not_replace_each_other(digitseq, here):
    """A transform takes digits off the canvas: names are those of the list all the same."""
    shift = '{"Affine": {"rotation": 0, "scale": 0, "slant": 0, "shift": 28}}'
    (here / "away.json").write_text(f'{{"line_transforms": [{shift}]}}')
    lines = [f"{n}2".lstrip("0") for n in range(10)]
    (here / "list.txt").write_text("\n".join(lines))
    order = ("generate", "file:list.txt", "0", "0", "auto", "--augment", "away.json", "--seed", "2")
    code, out, _ = digitseq(*order, "--out", "o/{text}.png")
    assert (code, out.split()) == (0, [f"o/{line}.png" for line in lines])
    assert len(list((here / "o").iterdir())) == 10
