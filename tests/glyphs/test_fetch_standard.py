"""The download keeps what is in the user's folders, needs no extra, and says in a line what to do offline."""

import gzip
import re
import subprocess
import sys

import pytest
from conftest import toy_glyphs
from test_fetch import CONTENTS, WHOLE, server, small_files, stored  # noqa: F401

import digitseq as ds
from digitseq.glyphs import download

FASHION = {name: b"other " + data for name, data in CONTENTS.items()}


@pytest.fixture
def fashion(tmp_path):
    """A folder of another set, whose files are called as MNIST's; the first packed, the second plain."""
    images, labels = FASHION.values()
    (tmp_path / "images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
    (tmp_path / "labels-idx1-ubyte").write_bytes(labels)
    return tmp_path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_another_set_of_the_same_names_is_not_replaced(server, fashion):  # noqa: F811
    before = contents(fashion)
    with pytest.raises(ds.BankError, match="images-idx3-ubyte.gz is there and is not MNIST's.*--force"):
        download.fetch_mnist(fashion, mirrors=[server.mirror("good")])
    assert contents(fashion) == before
    assert server.paths == []


def test_a_plain_file_beside_a_genuine_packed_one_is_what_would_be_loaded(server, tmp_path):  # noqa: F811
    """It once said "complete and genuine" while `--bank` went on loading the other set."""
    download.fetch_mnist(tmp_path, mirrors=[server.mirror("good")])
    (tmp_path / "images-idx3-ubyte").write_bytes(FASHION["images-idx3-ubyte"])
    with pytest.raises(ds.BankError, match="images-idx3-ubyte is there and is not MNIST's"):
        download.fetch_mnist(tmp_path, mirrors=[server.mirror("good")])
    assert (tmp_path / "images-idx3-ubyte").read_bytes() == FASHION["images-idx3-ubyte"]
    download.fetch_mnist(tmp_path, mirrors=[server.mirror("good")], force=True)
    assert stored(tmp_path) == WHOLE


def test_force_replaces_the_files_of_those_names_and_no_others(server, fashion):  # noqa: F811
    (fashion / "notes").write_bytes(b"mine")
    download.fetch_mnist(fashion, mirrors=[server.mirror("good")], force=True)
    assert stored(fashion) == WHOLE | {"notes": b"mine"}


def test_force_without_a_mirror_loses_nothing(server, fashion):  # noqa: F811
    before = contents(fashion)
    with pytest.raises(ds.FetchError):
        download.fetch_mnist(fashion, mirrors=[server.mirror("wrong")], force=True)
    assert contents(fashion) == before


@pytest.mark.parametrize("kind", ["folder", "dangling", "file"])
def test_nothing_else_in_the_way_is_replaced(server, tmp_path, kind):  # noqa: F811
    place = tmp_path / "images-idx3-ubyte.gz"
    if kind == "folder":
        place.mkdir()
    elif kind == "dangling":
        place.symlink_to(tmp_path / "gone")
    target = tmp_path
    if kind == "file":
        (target := tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(ds.BankError, match="--to"):
        download.fetch_mnist(target, mirrors=[server.mirror("good")])
    assert server.paths == []


def test_beside_other_digits_mnist_would_not_be_found(server, tmp_path):  # noqa: F811
    images, labels = toy_glyphs()
    ds.write_idx(tmp_path / "extra-train-images-idx3-ubyte", images)
    ds.write_idx(tmp_path / "extra-train-labels-idx1-ubyte", labels)
    with pytest.raises(ds.BankError, match="other digits.*extra-train-images.*--to"):
        download.fetch_mnist(tmp_path, mirrors=[server.mirror("good")], force=True)
    assert server.paths == []


def test_a_failed_download_stays_one_short_line(tmp_path):
    with pytest.raises(ds.FetchError) as caught:
        download.fetch_mnist(
            tmp_path, mirrors=["http://no-such-host.invalid/a/", "http://no-such-host.invalid/b/"]
        )
    said = str(caught.value)
    assert len(said) < 400
    assert re.search(r"\(http://no-such-host.invalid/a/, http://no-such-host.invalid/b/: [^;]+\); name", said)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
def test_a_proxy_of_the_environment_is_asked(server, tmp_path, monkeypatch, variable):  # noqa: F811
    """The proxy that answers here is the same server, asked for a whole address."""
    for name in ("NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, server.mirror("").rstrip("/"))
    with pytest.raises(ds.FetchError):
        download.fetch_mnist(tmp_path, mirrors=["http://mnist.invalid/good/"])
    assert server.paths == ["http://mnist.invalid/good/images-idx3-ubyte.gz"]


def test_the_standard_library_is_enough():
    code = (
        "import sys; from digitseq import cli; from digitseq.glyphs import download as fetch; "
        "print([name for name in ('pooch', 'requests', 'urllib3', 'tqdm') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_the_command_refuses_and_is_told_to(refused, digitseq, here, server, monkeypatch):  # noqa: F811
    (here / "mine").mkdir()
    (here / "mine" / "images-idx3-ubyte.gz").write_bytes(b"mine")
    fetching = ("bank", "fetch", "--to", "mine", "--mirror", server.mirror("good"))
    assert "not MNIST's" in refused(*fetching)
    code, out, err = digitseq(*fetching, "--force")
    assert (code, out) == (0, "mine\n")
    assert "complete and genuine" in err
    assert stored(here / "mine") == WHOLE
