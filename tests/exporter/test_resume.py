"""Interrupted exports: they resume, and end byte-identical; what is damaged or foreign is rendered again."""

import json

import pytest
from exporting import SPEC, exported, interrupt_at, tree

import digitseq as ds
from digitseq.exporter import engines, execution, shards
from digitseq.exporter.formats import NAMES


@pytest.mark.parametrize("format", NAMES)
def test_an_interrupted_export_resumes_to_byte_identical_files(format, bank, tmp_path):
    exported(bank, tmp_path / "whole", format=format)

    class Stop(Exception):
        pass

    def stop(done):
        if done >= 25:
            raise Stop

    with pytest.raises(Stop):
        exported(bank, tmp_path / "broken", format=format, progress=stop)
    begun = tree(tmp_path / "broken")
    assert "__digitseq__/manifest.json" not in begun
    # A shard that was damaged since is rendered again.
    name = next(name for name in begun if name.startswith("data/"))
    (tmp_path / "broken" / name).write_bytes(b"damaged")
    seen = []
    exported(bank, tmp_path / "broken", format=format, progress=seen.append)
    assert seen == [0, 25, 50, 60]
    assert tree(tmp_path / "broken") == tree(tmp_path / "whole")


def test_sound_shards_are_not_rendered_again(bank, tmp_path):
    with pytest.raises(
        KeyboardInterrupt, match=r"interrupted; 25 of 60 images are there, and the same command"
    ):
        exported(bank, tmp_path / "out", progress=interrupt_at(25))
    first = (tmp_path / "out" / "data" / "00000.npz").stat()
    seen = []
    exported(bank, tmp_path / "out", progress=seen.append)
    assert seen == [25, 50, 60]
    assert (tmp_path / "out" / "data" / "00000.npz").stat().st_mtime_ns == first.st_mtime_ns


def test_a_finished_one_is_left_alone(bank, tmp_path):
    made = exported(bank, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    seen = []
    assert exported(bank, tmp_path / "out", progress=seen.append) == made
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    assert seen == [60]


def test_another_export_is_refused(bank, tmp_path):
    exported(bank, tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        exported(bank, tmp_path / "begun", progress=interrupt_at(25))
    before = tree(tmp_path)
    for out in "out", "begun":
        for change, named in (
            ({"key": 6}, "another key;"),
            ({"count": 61}, "another count;"),
            ({"format": "idx", "shard_size": 30}, "another format, shard_size;"),
            ({"labels": ds.FixedLabels(["12"])}, "another labels;"),
            ({"spec": SPEC.replace(image_width=101)}, "another spec;"),
        ):
            with pytest.raises(ValueError, match=named):
                exported(bank, tmp_path / out, **change)
    assert tree(tmp_path) == before


def test_what_other_libraries_made_is_rendered_again(bank, tmp_path, monkeypatch):
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        exported(bank, out, progress=interrupt_at(25))
    first = out / ".export" / "00000.json"
    monkeypatch.setattr(execution, "libraries", lambda: "jax 99")
    with pytest.raises(OSError, match="begun with jax 99"):
        exported(bank, out)
    monkeypatch.setattr(shards, "libraries", lambda: "jax 99")
    times = []
    exported(bank, out, progress=lambda done: times.append(first.stat().st_mtime_ns))
    assert times[-1] != times[0]


@pytest.mark.parametrize("damage", ["{", "[]", "{}", "glyphs", "files", "former"])
def test_a_damaged_completion_record_has_its_shard_rendered_again(damage, bank, tmp_path):
    """Also one that the version before wrote, which carried images."""
    with pytest.raises(KeyboardInterrupt):
        exported(bank, tmp_path / "out", progress=interrupt_at(50))
    path = tmp_path / "out" / ".export" / "00000.json"
    fields = json.loads(path.read_text())
    former = {"of": fields["job"], "files": fields["files"], "glyphs": "eJwDAAAAAAE=", "shown": {"texts": []}}
    changed = {
        "glyphs": fields | {"glyphs": fields["glyphs"][:-2]},
        "files": fields | {"files": {"../up": "0" * 64}},
        "former": former,
    }.get(damage)
    path.write_text(damage if changed is None else json.dumps(changed))
    seen = []
    exported(bank, tmp_path / "out", progress=seen.append)
    assert seen == [25, 50, 60]
    exported(bank, tmp_path / "whole")
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_a_contact_sheet_that_is_lost_is_rendered_again(bank, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        exported(bank, tmp_path / "out", progress=interrupt_at(50))
    (tmp_path / "out" / ".export" / "sheet.svg").unlink()
    exported(bank, tmp_path / "out")
    exported(bank, tmp_path / "whole")
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_what_another_export_left_is_not_taken(bank, tmp_path):
    """As a task of a cluster may, whose command was killed and whose folder was removed."""
    for key in 5, 6:
        with pytest.raises(KeyboardInterrupt):
            exported(bank, tmp_path / str(key), key=key, progress=interrupt_at(25))
    for name in ".export/00000.json", "data/00000.npz":
        (tmp_path / "5" / name).write_bytes((tmp_path / "6" / name).read_bytes())
    exported(bank, tmp_path / "5")
    exported(bank, tmp_path / "whole")
    assert tree(tmp_path / "5") == tree(tmp_path / "whole")


def test_what_stands_beside_a_begun_export_is_not_overwritten(bank, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        exported(bank, tmp_path / "out", progress=interrupt_at(25))
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"holds other things \(notes.txt\)"):
        exported(bank, tmp_path / "out")
    (tmp_path / "own" / ".export").mkdir(parents=True)
    (tmp_path / "own" / ".export" / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match=r"holds other things \(.export\)"):
        exported(bank, tmp_path / "own")
    assert (tmp_path / "own" / ".export" / "thesis.txt").exists()


def test_an_interrupt_counts_the_shards_that_are_there(bank, tmp_path, monkeypatch):
    """Finished and not yet reported; found by a scan that did not end; but none that is damaged."""

    def interrupted(function, at):
        calls = iter(range(at))

        def call(*arguments):
            found = function(*arguments)
            if next(calls, None) is None:
                raise KeyboardInterrupt
            return found

        return call

    def message(module, name, at):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, interrupted(getattr(module, name), at))
            with pytest.raises(KeyboardInterrupt) as ended:
                exported(bank, tmp_path, **options)
        return str(ended.value)

    options = {"count": 110, "format": "npz", "shard_size": 25}
    assert "interrupted; 50 of 110 images" in message(engines, "make_shard", 1)
    assert "interrupted; 50 of 110 images" in message(execution, "is_complete", 0)
    (tmp_path / "data" / "00000.npz").write_bytes(b"damaged")
    assert "interrupted; 25 of 110 images" in message(engines, "refuse_in_import", 0)
    # The damaged one is re-rendered first.
    assert "interrupted; 50 of 110 images" in message(engines, "make_shard", 0)
