"""Worker processes of an export: none outlives it, none hangs it, whatever ends one of them or all."""

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import jax
import pytest
import skipped
from conftest import slow
from exporting import LABELS, SPEC, tree

import digitseq as ds

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="needs /proc to find processes"
)
# Seconds that any of these may take, on a machine with other things to do; a hang is what they test for.
LIMIT = 60
ORDER = (
    "export",
    "random:1-3",
    "out",
    "--count",
    "5000",
    "--format",
    "idx",
    "--shard-size",
    "125",
    "--seed",
    "0",
)

EXPORT = """
import jax, digitseq as ds
{labels}
{guard}ds.export(jax.random.key(0), ds.load_bank("builtin"), {made}, ds.SequenceSpec(), "out", count=60,
{indent}format="npz", shard_size=20, workers=2)
"""
OWN = """
import dataclasses, digitseq as ds, jax.numpy as jnp

@ds.register_pytree
@dataclasses.dataclass(frozen=True)
class Sevens:
    many: int = dataclasses.field(default=3, metadata={"static": True})

    def draw(self, key, batch_size):
        return jnp.full((batch_size, self.many), 7, jnp.int32)
"""
GUARD = 'if __name__ == "__main__":'


def script(own: bool = False, guarded: bool = False) -> str:
    return EXPORT.format(
        labels=OWN if own else "",
        made="Sevens()" if own else "ds.RandomDigits(min_length=1, max_length=3)",
        guard=f"{GUARD}\n    " if guarded else "",
        indent="    " if guarded else "",
    )


def interactive(source: str) -> str:
    """As it is typed at a prompt: an empty line ends a class."""
    return source.replace("\n\n    def", "\n    def")


def ran(folder: Path, *command: str, source: str = "") -> "subprocess.CompletedProcess[str]":
    """Runs Python to its end, which it must reach, leaving no process behind."""
    environment = os.environ | {"DIGITSEQ_CACHE": str(folder.parent / "programs")}
    done = subprocess.run(
        [sys.executable, *command],
        input=source,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=LIMIT,
        check=False,
    )
    assert gone(folder)
    return done


def workers(folder: Path) -> list[int]:
    """Worker processes of exports into a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:  # it ended meanwhile
            continue
        if any(os.fsencode(folder) in word and word.endswith(b"start.json") for word in words):
            found.append(int(path.parent.name))
    return found


def gone(folder: Path) -> bool:
    return until(lambda: not workers(folder), 5)


def until(condition, seconds: float = LIMIT) -> bool:
    """Waits for a condition; whether it came."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def begun(tmp_path):
    """Starts an export by two workers in a session of its own; ended at last, whatever became of it."""
    # Interrupts reach what is started, also where a shell in the background has them ignored.
    before, running = signal.signal(signal.SIGINT, signal.default_int_handler), []

    def start(*more: str, folder: Path = tmp_path) -> "subprocess.Popen[str]":
        environment = os.environ | {"DIGITSEQ_CACHE": str(tmp_path.parent / "programs")}
        command = [
            sys.executable,
            "-m",
            "digitseq",
            *ORDER,
            "--seed",
            "0",
            "--workers",
            "2",
            "--bank",
            "builtin",
            *more,
        ]
        running.append(
            subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("way", slow("file", "stdin", "argument"))
def test_a_script_without_a_guard_is_exported(way, tmp_path):
    """Nothing of it is imported by the workers, since they need nothing of it."""
    (tmp_path / "script.py").write_text(script())
    command = {"file": ["script.py"], "stdin": ["-"], "argument": ["-c", script()]}[way]
    done = ran(tmp_path, *command, source=script() if way == "stdin" else "")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert ds.verify(tmp_path / "out") == []


@pytest.mark.parametrize("how", slow(((),), (("-m",),)), ids=["file", "module"])
def test_classes_of_a_guarded_script_reach_its_workers(how, tmp_path):
    (tmp_path / "script.py").write_text(script(own=True, guarded=True))
    done = ran(tmp_path, *how, "script" if how else "script.py")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    labels = [text for path in sorted((tmp_path / "out/data").glob("*.npz")) for text in texts(path)]
    assert labels == [[7, 7, 7]] * 60


def texts(path: Path) -> list[list[int]]:
    import numpy as np

    return np.load(path)["digits"].tolist()


def test_classes_of_a_script_without_a_guard_are_an_error_that_names_it(tmp_path):
    (tmp_path / "script.py").write_text(script(own=True))
    done = ran(tmp_path, "script.py")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("RuntimeError: worker processes import the script for its class Sevens")
    assert GUARD in last


@pytest.mark.parametrize("way", ["argument", *slow("stdin", "interactive")])
def test_classes_that_no_worker_can_import_are_an_error_that_says_so(way, tmp_path):
    """As in a notebook, whose `__main__` has no file either."""
    source = script(own=True)
    command = {"stdin": ["-"], "interactive": ["-i"], "argument": ["-c", source]}[way]
    done = ran(tmp_path, *command, source="" if way == "argument" else interactive(source))
    assert re.search(
        r"RuntimeError: workers: Sevens is defined in a notebook.*put it into a module", done.stderr
    )
    assert "resumes" not in done.stderr


def test_a_class_that_can_not_be_pickled_is_refused(bank, tmp_path):
    local = {"__name__": "somewhere", "ds": ds}
    exec(OWN, local)
    with pytest.raises(ValueError, match=r"workers: .*workers=1"):
        ds.export(
            jax.random.key(0), bank, local["Sevens"](), SPEC, tmp_path, count=9, format="npz", workers=2
        )
    assert not list(tmp_path.rglob("job.pickle"))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_the_programs_own_start_method_is_no_matter(method, tmp_path):
    source = f"import multiprocessing\nmultiprocessing.set_start_method({method!r})\n" + script()
    (tmp_path / "script.py").write_text(source)
    done = ran(tmp_path, "script.py")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


MOMENTS = [0.0, 0.05, 0.5, 1.0, 2.0]


@pytest.mark.parametrize("moment", [0.2, *slow(*MOMENTS)])
def test_a_worker_that_dies_ends_the_export_at_once(moment, begun, tmp_path):
    running = begun("--count", "200000")
    assert until(lambda: workers(tmp_path))
    time.sleep(moment)
    os.kill(workers(tmp_path)[0], signal.SIGKILL)
    at = time.monotonic()
    _, err = running.communicate(timeout=LIMIT)
    assert time.monotonic() - at < 5
    assert err == "digitseq: a worker process died (by SIGKILL); the same command resumes\n"
    assert running.returncode == 1
    assert gone(tmp_path)


@pytest.mark.slow
def test_what_a_dead_worker_left_is_completed(begun, tmp_path):
    for folder in "whole", "killed":
        (tmp_path / folder).mkdir()
    assert begun(folder=tmp_path / "whole").communicate(timeout=LIMIT)[1] == ""
    running = begun(folder=tmp_path / "killed")
    assert until(lambda: list(tmp_path.glob("killed/out/.export/0*.json")))
    os.kill(workers(tmp_path / "killed")[0], signal.SIGKILL)
    assert "died" in running.communicate(timeout=LIMIT)[1]
    assert begun(folder=tmp_path / "killed").communicate(timeout=LIMIT)[1] == ""
    assert tree(tmp_path / "killed" / "out") == tree(tmp_path / "whole" / "out")


@pytest.mark.parametrize(("times", "whom"), [(1, "group"), *slow((1, "parent"), (4, "group"), (4, "parent"))])
def test_interrupts_at_any_time_end_all_and_count_what_is_there(times, whom, begun, tmp_path):
    """Of the terminal's group, as Ctrl-C sends them, and of the one process, as notebooks do."""
    moments = random.Random(times)
    for _ in range(times):
        running = begun("--count", "200000")
        assert until(lambda: workers(tmp_path))
        time.sleep(moments.uniform(0, 4 if times > 2 else 1))
        (os.killpg if whom == "group" else os.kill)(running.pid, signal.SIGINT)
        at = time.monotonic()
        _, err = running.communicate(timeout=LIMIT)
        assert time.monotonic() - at < 5
        shards = len(list(tmp_path.glob("out/.export/0*.json")))
        assert err == (
            f"digitseq: interrupted; {125 * shards} of 200000 images are there, "
            "and the same command resumes\n"
        )
        assert running.returncode == 130
        assert gone(tmp_path)
        assert not list(tmp_path.rglob("job.pickle"))


@pytest.mark.slow
def test_workers_end_with_a_parent_that_is_killed(begun, tmp_path):
    running = begun("--count", "200000")
    assert until(lambda: len(workers(tmp_path)) == 2)
    running.kill()
    assert gone(tmp_path)


@pytest.mark.slow
def test_an_error_in_a_worker_is_raised_as_it_is(tmp_path):
    """With its own kind and words, and where it happened."""
    source = script(own=True, guarded=True).replace(
        "return jnp.full",
        "import os\n        if os.environ.get('X'): raise KeyError('mine')\n        return jnp.full",
    )
    source = source.replace(
        f"{GUARD}",
        "import os, multiprocessing\nif __name__ != '__main__':\n    os.environ['X'] = '1'\n" + GUARD,
    )
    (tmp_path / "script.py").write_text(source)
    done = ran(tmp_path, "script.py")
    assert done.returncode == 1
    assert "mine" in done.stderr
    assert "In a worker process" in done.stderr


@pytest.mark.parametrize("out", ["out", *slow("local://{}/url")], ids=["folder", "url"])
def test_threads_pipes_and_files_are_gone_after_an_interrupt(out, bank, tmp_path, monkeypatch):
    if "//" in out:
        skipped.needed("fsspec")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def progress(done):
        if done:
            raise KeyboardInterrupt

    def pipes():
        return sum(str(path.readlink()).startswith("pipe:") for path in folder.iterdir() if path.is_symlink())

    folder, options = Path("/proc/self/fd"), {"count": 80, "format": "npz", "shard_size": 20, "workers": 2}
    threads, before = threading.active_count(), pipes()
    with pytest.raises(KeyboardInterrupt, match="interrupted") as ended:
        ds.export(jax.random.key(5), bank, LABELS, SPEC, out.format(tmp_path), progress=progress, **options)
    # Though the error, and so the frames that it passed, are kept.
    assert ended.value is not None
    assert until(lambda: threading.active_count() == threads, 5)
    assert pipes() == before
    assert gone(tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("tmp")]
    ds.export(jax.random.key(5), bank, LABELS, SPEC, out.format(tmp_path), **options)
    assert ds.verify(out.format(tmp_path)) == []
