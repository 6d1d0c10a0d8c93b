"""The download of MNIST, from servers on this machine that fail in every way."""

import contextlib
import gzip
import hashlib
import http.server
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import skipped
from conftest import MNIST

import digitseq as ds
from digitseq.glyphs import download
from digitseq.glyphs import mnist as mnist_files

# What stands for MNIST's files: they are to be small, and one of them of several chunks.
CONTENTS = {
    "images-idx3-ubyte": b"".join(b"image %d " % n for n in range(20_000)),
    "labels-idx1-ubyte": b"".join(b"label %d " % n for n in range(100)),
}


class Server(http.server.ThreadingHTTPServer):
    """Serves /BEHAVIOUR/NAME.gz and keeps the paths that were asked for."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.paths = []
        self.closing = threading.Event()

    def mirror(self, behaviour):
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.paths.append(self.path)
        behaviour, name = self.path.strip("/").split("/")
        contents = CONTENTS[name.removesuffix(".gz")]
        packed = gzip.compress(contents)
        body, length, headers = packed, None, {}
        match behaviour:
            case "truncated":
                body, length = packed[:-40], len(packed)
            case "short":
                body = packed[:-40]
            case "wrong":
                body = gzip.compress(contents[:-1] + b"?")
            case "page":
                body = b"<html>captive portal</html>"
            case "empty":
                body = b""
            case "large":
                body = gzip.compress(contents + bytes(1000), 0)
            case "endless":
                body, length = bytes(len(contents) + 1), 1 << 40
            case "fast":
                body = gzip.compress(contents, 1)
            case "plain":
                body = contents
            case "encoded":
                body, headers = packed, {"Content-Encoding": "gzip"}
            case "missing":
                self.send_error(404)
                return
            case "broken":
                self.send_error(500)
                return
            case "silent":
                self.server.closing.wait()
                return
            case "moved":
                self.send_response(301)
                self.send_header("Location", f"/good/{name}")
                self.end_headers()
                return
            case "to_ftp" | "to_file":
                self.send_response(302)
                self.send_header(
                    "Location", "ftp://127.0.0.1/x" if behaviour == "to_ftp" else "file:///etc/hosts"
                )
                self.end_headers()
                return
            case "endless_redirect":
                self.send_response(302)
                self.send_header("Location", f"/missing/{name}")
                self.end_headers()
                with contextlib.suppress(OSError):
                    while not self.server.closing.is_set():
                        self.wfile.write(bytes(1 << 16))
                return
            case "no_http":
                self.wfile.write(b"220 mail.example ESMTP\r\n")
                return
            case "unmeasured":
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)
                return
            case "loop":
                self.send_response(302)
                self.send_header("Location", self.path)
                self.end_headers()
                return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for header, value in headers.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def small_files(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    small = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in CONTENTS.items()}
    for module in (download, mnist_files):
        monkeypatch.setattr(module, "FILES", small)


@pytest.fixture
def closed_port():
    """An address that refuses: the port is taken but nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/"


def stored(folder):
    """The files in the folder, inflated, by name."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return {name: gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data for name, data in files.items()}


WHOLE = {f"{name}.gz": contents for name, contents in CONTENTS.items()}
FAULTS = [
    "truncated",
    "short",
    "wrong",
    "page",
    "empty",
    "large",
    "endless",
    "missing",
    "broken",
    "silent",
    "loop",
    "to_ftp",
    "to_file",
    "endless_redirect",
    "no_http",
]


def test_the_files_come_and_the_folder_is_returned(server, tmp_path):
    folder = tmp_path / "a" / "b"
    assert download.fetch_mnist(folder, mirrors=[server.mirror("good")]) == folder
    assert stored(folder) == WHOLE
    assert server.paths == [f"/good/{name}" for name in WHOLE]


def test_without_a_folder_they_go_where_load_bank_looks(server, own_cache):
    assert download.fetch_mnist(mirrors=[server.mirror("good").rstrip("/")]) == own_cache / "mnist"
    assert stored(mnist_files.fetched_folder()) == WHOLE


@pytest.mark.parametrize("behaviour", ["fast", "plain", "encoded", "moved", "unmeasured"])
def test_any_compression_of_the_contents_will_do(server, tmp_path, behaviour):
    download.fetch_mnist(tmp_path, mirrors=[server.mirror(behaviour)])
    assert stored(tmp_path) == WHOLE


@pytest.mark.parametrize("fault", FAULTS)
def test_a_mirror_that_fails_is_followed_by_the_next(server, tmp_path, fault):
    mirrors = [server.mirror(fault), server.mirror("good")]
    download.fetch_mnist(tmp_path, mirrors=mirrors, timeout=0.3)
    assert stored(tmp_path) == WHOLE
    assert [path for path in server.paths if "good" in path] == [f"/good/{name}" for name in WHOLE]


@pytest.mark.parametrize(
    "address", ["http://[broken/", "no scheme", "ftp://127.0.0.1/", "http://127.0.0.1:99999/"]
)
def test_an_address_that_is_none_is_followed_by_the_next(server, tmp_path, address):
    download.fetch_mnist(tmp_path, mirrors=[address, server.mirror("good")])
    assert stored(tmp_path) == WHOLE


def test_a_refused_connection_is_followed_by_the_next(server, tmp_path, closed_port):
    download.fetch_mnist(tmp_path, mirrors=[closed_port, server.mirror("good")])
    assert stored(tmp_path) == WHOLE


def test_when_all_fail_the_error_names_every_mirror_and_nothing_is_left(server, tmp_path, closed_port):
    mirrors = [closed_port, *map(server.mirror, FAULTS)]
    with pytest.raises(ds.FetchError) as caught:
        download.fetch_mnist(tmp_path, mirrors=mirrors, timeout=0.3)
    assert str(caught.value).startswith("no mirror has images-idx3-ubyte.gz (")
    for mirror in mirrors:
        assert re.search(rf"{re.escape(mirror)}(, |: )", str(caught.value))
    for said in ("404 Not Found", "Connection refused", "DIGITSEQ_MNIST", "--mirror", "--bank builtin"):
        assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_no_mirrors_at_all(tmp_path):
    with pytest.raises(ds.FetchError, match="images-idx3-ubyte"):
        download.fetch_mnist(tmp_path, mirrors=[])


def test_a_failure_keeps_what_came_before(server, tmp_path):
    download.fetch_mnist(tmp_path, mirrors=[server.mirror("good")])
    (tmp_path / "labels-idx1-ubyte.gz").write_bytes(b"old")
    with pytest.raises(ds.FetchError):
        download.fetch_mnist(tmp_path, mirrors=[server.mirror("wrong")], force=True)
    assert stored(tmp_path) == WHOLE | {"labels-idx1-ubyte.gz": b"old"}


def test_what_is_genuine_is_not_fetched_again(server, tmp_path):
    (tmp_path / "images-idx3-ubyte").write_bytes(CONTENTS["images-idx3-ubyte"])
    for _ in range(2):
        download.fetch_mnist(tmp_path, mirrors=[server.mirror("good")])
    assert server.paths == ["/good/labels-idx1-ubyte.gz"]
    download.fetch_mnist(tmp_path, mirrors=[])


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-9], lambda data: b"", lambda data: data[:50] + b"!" + data[51:]]
)
def test_a_damaged_file_of_the_cache_is_fetched_again(server, own_cache, damage):
    path = own_cache / "mnist" / "images-idx3-ubyte.gz"
    download.fetch_mnist(mirrors=[server.mirror("good")])
    path.write_bytes(damage(path.read_bytes()))
    download.fetch_mnist(own_cache / "mnist", mirrors=[server.mirror("good")])
    assert stored(path.parent) == WHOLE
    assert server.paths[2:] == ["/good/images-idx3-ubyte.gz"]


def test_threads_at_once_all_end_well(server, tmp_path):
    with ThreadPoolExecutor(4) as pool:
        fetches = [
            pool.submit(download.fetch_mnist, tmp_path, mirrors=[server.mirror("good")]) for _ in range(4)
        ]
        assert [one.result() for one in fetches] == [tmp_path] * 4
    assert stored(tmp_path) == WHOLE


class Progress:
    def __init__(self):
        self.total = 0
        self.totals, self.updates = [], []

    def update(self, size):
        self.updates.append(size)

    def close(self):
        self.totals.append(self.total)


def test_progress_is_told(server, tmp_path):
    progress = Progress()
    download.fetch_mnist(tmp_path, mirrors=[server.mirror("good")], progress=progress)
    assert progress.totals == [len(gzip.compress(contents)) for contents in CONTENTS.values()]
    assert len(progress.updates) > len(CONTENTS)
    assert all(size > 0 for size in progress.updates)


NAME, TRUTH = "images-idx3-ubyte", CONTENTS["images-idx3-ubyte"]


@pytest.mark.parametrize(
    ("data", "genuine"),
    [
        (TRUTH, True),
        (gzip.compress(TRUTH), True),
        (gzip.compress(TRUTH, 0), True),
        (TRUTH[:-1], False),
        (TRUTH + b"\0", False),
        (gzip.compress(TRUTH + b"\0"), False),
        (gzip.compress(TRUTH)[:-1], False),
        (gzip.compress(TRUTH) + b"junk", False),
        (gzip.compress(gzip.compress(TRUTH)), False),
        (b"", False),
        (b"\x1f", False),
        (b"\x1f\x8b", False),
        (b"\x1f\x8b\x08\0" + bytes(40), False),
    ],
)
def test_what_is_genuine(tmp_path, data, genuine):
    (tmp_path / "file").write_bytes(data)
    assert mnist_files.is_genuine(tmp_path / "file", NAME) is genuine


def test_what_is_not_there_is_not_genuine(tmp_path):
    assert not mnist_files.is_genuine(tmp_path / "none", NAME)
    assert not mnist_files.is_genuine(tmp_path, NAME)


@pytest.mark.skipif(not MNIST, reason=skipped.NO_MNIST)
def test_mnist_itself_is_genuine(monkeypatch):
    monkeypatch.undo()
    for name in mnist_files.FILES:
        path = next(path for path in Path(MNIST).iterdir() if path.name.startswith(name))
        assert mnist_files.is_genuine(path, name)
        assert not any(mnist_files.is_genuine(path, other) for other in mnist_files.FILES if other != name)


def test_the_known_mirrors_are_encrypted_and_several():
    assert len(mnist_files.MIRRORS) > 1
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in mnist_files.MIRRORS)
