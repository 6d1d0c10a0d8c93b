"""A worker process of an export: takes numbers of shards from a pipe, makes them, and says so."""

import contextlib
import multiprocessing.spawn
import os
import pickle
import queue
import signal
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import Any, BinaryIO

import jax
import numpy as np

from ..io.compilation_cache import keep_programs
from .shards import Job, make_shard

# What a worker is told at its start, as JSON, and the job, pickled.
START, JOB = "start.json", "job.pickle"
MAIN = ("__main__", "__mp_main__")
GUARD = 'if __name__ == "__main__":'

_start: dict[str, Any] = {}
_imports_main = False
_own_main = sys.modules.get("__mp_main__")


class UnusableMainError(Exception):
    """The caller's main module can't be imported for the classes it defines."""


def start_of(folder: Path) -> dict[str, Any]:
    """What the workers of an export by this process need to know, as JSON's types."""
    main = sys.modules["__main__"]
    name, path = getattr(getattr(main, "__spec__", None), "name", None), getattr(main, "__file__", None)
    return {
        "path": [entry or str(Path.cwd()) for entry in map(str, sys.path)],
        "argv": [str(argument) for argument in sys.argv],
        "module": name,
        # What a program that was read from stdin calls its file is none.
        "script": str(Path(path).absolute()) if path and not name and Path(path).is_file() else None,
        "folder": str(folder),
        "parent": os.getpid(),
        "programs": getattr(jax.config, "jax_compilation_cache_dir", None),
    }


def main(start: dict[str, Any]) -> None:
    """Serves until stdin ends. Each line of it is a shard's number, each answer on stdout a pickled tuple.

    Answers are ("made",), ("main", why the caller's script is of no use) and
    ("failed", the exception, its traceback as text).
    """
    global _start
    _start = start
    # An interrupt is for the process that began it all to act on; when that is gone, so are the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks, answers = _pipes()
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    threading.Thread(target=_take_tasks, args=(tasks, waiting), daemon=True).start()
    threading.Thread(target=_end_with, args=(start["parent"],), daemon=True).start()
    # What is left there when this process is killed is removed with the folder.
    tempfile.tempdir = start["folder"]
    job = None
    while True:
        shard = waiting.get()
        try:
            job = job or _begin(Path(start["folder"]))
            make_shard(job, shard)
            answer: tuple[Any, ...] = ("made",)
        except UnusableMainError as error:
            answer = ("main", str(error))
        except BaseException as error:
            answer = ("failed", _that_travels(error), traceback.format_exc())
        with contextlib.suppress(OSError, ValueError):  # a stream that is closed
            sys.stdout.flush()
        pickle.dump(answer, answers)
        answers.flush()


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Stdin and stdout, out of the way of what the caller's classes read and print."""
    tasks, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.dup2(2, 1)
    except OSError:
        os.dup2(nothing, 1)
    os.close(nothing)
    return open(tasks, "rb"), open(answers, "wb")


def _take_tasks(tasks: BinaryIO, waiting: "queue.SimpleQueue[int]") -> None:
    """Also ends this process, whatever it is at, when the other end is closed."""
    for line in tasks:
        waiting.put(int(line))
    os._exit(0)


def _end_with(parent: int) -> None:
    """For a parent's death that closes no pipe, since a fork of it holds the other end."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _begin(folder: Path) -> Job:
    # Accelerators are left alone: all bytes come from CPUs, whoever makes them.
    jax.config.update("jax_platforms", "cpu")
    if _start["programs"]:
        keep_programs(_start["programs"])
    take_one_thread()
    job = _loaded(folder / JOB)
    if all(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves(job.plan.run)):
        return job
    # A class of a module that the script registers as a pytree.
    _import_main("what it registers")
    return _loaded(folder / JOB)


class _Unpickler(pickle.Unpickler):
    """Imports the caller's script for classes that it defines, and for nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if module in MAIN:
            _import_main(f"its class {name}")
            try:
                return super().find_class("__main__", name)
            except AttributeError:
                raise UnusableMainError(_not_importable(name)) from None
        return super().find_class(module, name)


def _loaded(path: Path) -> Job:
    with open(path, "rb") as file:
        job: Job = _Unpickler(file).load()
        return job


def _import_main(wanted: str) -> None:
    global _imports_main
    # Multiprocessing itself makes it a second name of the main module, until a script is imported.
    if sys.modules.get("__mp_main__") is not _own_main:
        return
    source = {"init_main_from_name": _start["module"]} if _start["module"] else {}
    if not source and _start["script"]:
        source = {"init_main_from_path": _start["script"]}
    if not source:
        raise UnusableMainError(_not_importable(wanted.split()[-1]))
    _imports_main = True
    try:
        multiprocessing.spawn.prepare(source | {"sys_argv": _start["argv"]})
    except BaseException as error:  # a script may raise, and exit
        raise UnusableMainError(
            f"worker processes import the script for {wanted}, which failed ({type(error).__name__}: "
            f"{error}); put what the script runs under {GUARD}, the class itself above it"
        ) from error
    finally:
        _imports_main = False


def _not_importable(name: str) -> str:
    return (
        f"workers: {name} is defined in a notebook, at a prompt, or under {GUARD}, from where worker "
        "processes can't import it; put it into a module, or use workers=1 or engine='ray'"
    )


def refuse_in_import() -> None:
    """Raises where a worker imports a script that starts an export as it is imported.

    Raises:
        RuntimeError: names the guard that the script needs.
    """
    if _imports_main:
        raise RuntimeError(f"an export was started while a worker process imports the script: use {GUARD}")


def _that_travels(error: BaseException) -> BaseException:
    """The error, or where it can't be pickled, what it says."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def take_one_thread() -> None:
    """Starts JAX with one thread a worker: more would only be in each other's way.

    It takes as many as the process may run on cores when it starts.
    """
    if not hasattr(os, "sched_setaffinity"):
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    jax.devices()
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            os.sched_setaffinity(int(thread.name), cores)
    os.sched_setaffinity(0, cores)
