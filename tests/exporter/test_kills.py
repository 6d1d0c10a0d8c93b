"""Exports in processes that are killed, interrupted, or meet a full disk."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
import skipped
from exporting import started, tree

import digitseq as ds

COMMAND = ("export", "random:1-3", "out", "--bank", "builtin", "--seed", 0)
SIZES = ("--count", 2000, "--format", "idx", "--shard-size", 125)


def finished(folder, *arguments):
    """Runs a command that must end well and print nothing but paths."""
    done = started(folder, *arguments)
    assert (done.communicate()[1], done.returncode) == ("", 0)


@pytest.mark.slow
def test_workers_and_kills_change_no_byte(tmp_path):
    """One worker, two, and two that are killed again and again; transformed, so that rounding tells."""
    order = (*COMMAND, *SIZES, "--augment", "light")
    for folder, more in (("one", ()), ("two", ("--workers", 2)), ("killed", None)):
        (tmp_path / folder).mkdir()
        if more is not None:
            finished(tmp_path / folder, *order, *more)
    whole = tree(tmp_path / "one" / "out")
    assert tree(tmp_path / "two" / "out") == whole
    wait, kills, records = random.Random(3), 0, tmp_path / "killed" / "out" / ".export"
    running = started(tmp_path / "killed", *order, "--workers", 2)
    while running.poll() is None:
        # Not before it has finished a shard, so that each run gets further.
        there = len(list(records.glob("0*.json")))
        while running.poll() is None and len(list(records.glob("0*.json"))) <= there:
            time.sleep(0.02)
        time.sleep(wait.uniform(0, 0.3))
        if running.poll() is None and kills < 2:
            running.kill()  # only the parent: its workers must notice
            running.communicate()
            kills += 1
            running = started(tmp_path / "killed", *order, "--workers", 2)
    assert (running.communicate()[1], running.returncode) == ("", 0)
    assert kills
    assert tree(tmp_path / "killed" / "out") == whole


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc to find Ray's workers")
def test_ray_makes_the_same_bytes_though_a_worker_is_killed(tmp_path):
    skipped.needed("ray")
    for folder in "local", "ray":
        (tmp_path / folder).mkdir()
    finished(tmp_path / "local", *COMMAND, *SIZES)
    running, killed = started(tmp_path / "ray", *COMMAND, *SIZES, "--engine", "ray"), 0
    while running.poll() is None:
        time.sleep(0.01)
        if not killed and list((tmp_path / "ray" / "out").glob(".export/0*.json")):
            for pid in ray_workers():
                os.kill(pid, signal.SIGKILL)
                killed += 1
    assert (running.communicate()[1], running.returncode) == ("", 0)
    assert killed
    assert tree(tmp_path / "ray" / "out") == tree(tmp_path / "local" / "out")


def ray_workers():
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(b"ray::_make_on_ray"):
                yield int(path.parent.name)
        except OSError:  # it ended meanwhile
            continue


@pytest.fixture
def heeded():
    """Interrupts reach what a test starts, also where a shell in the background has them ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("heeded")
def test_ctrl_c_leaves_a_resumable_export(tmp_path):
    order = (*COMMAND, "--count", 12000, "--format", "webdataset", "--shard-size", 250, "--workers", 2)
    (tmp_path / "run").mkdir()
    running = started(tmp_path / "run", *order, start_new_session=True)
    while not list(tmp_path.glob("run/out/data/*")):
        assert running.poll() is None
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, "")
    assert err.startswith("digitseq: interrupted; ")
    assert err.endswith(" of 12000 images are there, and the same command resumes\n")
    assert err.count("\n") == 1
    finished(tmp_path / "run", *order)
    assert ds.verify(tmp_path / "run" / "out") == []


@pytest.mark.slow
@pytest.mark.parametrize(("format", "workers"), [("npz", 1), ("npz", 2), ("lmdb", 1)])
def test_a_full_disk_is_one_line(format, workers, tmp_path):
    """A limit on the size of files stands for it: both are errors of writing."""
    sizes = ("--count", 500, "--shard-size", 500, "--format", format, "--workers", workers)
    (tmp_path / "run").mkdir()
    limited = ("bash", "-c", 'ulimit -f 100; exec "$@"', "bash")
    failed = started(tmp_path / "run", *COMMAND, *sizes, before=limited)
    out, err = failed.communicate()
    assert (failed.returncode, out) == (1, ""), err
    assert err.startswith("digitseq: ")
    assert err.count("\n") == 1
    finished(tmp_path / "run", *COMMAND, *sizes)
    assert ds.verify(tmp_path / "run" / "out") == []
