"""Where exports are written: URLs of fsspec's, and what its file systems' errors become."""

import pytest
import skipped

from digitseq.exporter.storage import storage_of


class OfItsOwnKindError(Exception):
    """As the libraries of object stores raise, which derive from no `OSError`."""


CALLS = {
    "makedirs": lambda storage, folder: storage.create(),
    "exists": lambda storage, folder: storage.top(),
    "ls": lambda storage, folder: storage.top(),
    "find": lambda storage, folder: storage.files(),
    "open": lambda storage, folder: storage.open("a"),
    "get_file": lambda storage, folder: storage.local(["a"]).__enter__(),
    "put_file": lambda storage, folder: storage.publish(folder),
    "rm": lambda storage, folder: storage.remove(".export"),
}


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize("kind", [OfItsOwnKindError, PermissionError])
def test_errors_of_a_file_system_are_oserrors(method, kind, tmp_path, monkeypatch):
    skipped.needed("fsspec")
    storage = storage_of("memory://errors")
    storage.create()
    (tmp_path / "a").write_text("a")

    def failing(*_, **__):
        raise kind("no credentials")

    for name, answer in ("exists", lambda path: True), (method, failing):
        monkeypatch.setattr(storage.filesystem, name, answer)
    with pytest.raises(OSError, match="no credentials") as caught:
        CALLS[method](storage, tmp_path)
    assert kind is PermissionError or str(caught.value) == "memory://errors: no credentials"
