"""A worker process of an export: reads shard numbers from a pipe, renders the shards, and answers."""

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
from .job import Job
from .shards import make_shard

# The files that a worker starts from: settings as JSON, and the job, pickled.
START, JOB = "start.json", "job.pickle"
MAIN = ("__main__", "__mp_main__")
GUARD = 'if __name__ == "__main__":'

_start: dict[str, Any] = {}
_imports_main = False
_own_main = sys.modules.get("__mp_main__")


class UnusableMainError(Exception):
    """The caller's main module can't be imported for the classes it defines."""


def start_of(folder: Path) -> dict[str, Any]:
    """The settings that this process's workers need, in JSON's types."""
    main = sys.modules["__main__"]
    name, path = getattr(getattr(main, "__spec__", None), "name", None), getattr(main, "__file__", None)
    return {
        "path": [entry or str(Path.cwd()) for entry in map(str, sys.path)],
        "argv": [str(argument) for argument in sys.argv],
        "module": name,
        # A program that is read from stdin has a `__file__` that is no file.
        "script": str(Path(path).absolute()) if path and not name and Path(path).is_file() else None,
        "folder": str(folder),
        "parent": os.getpid(),
        "programs": getattr(jax.config, "jax_compilation_cache_dir", None),
    }


def main(start: dict[str, Any]) -> None:
    """Serves until stdin ends. Each line of it is a shard's number, each answer on stdout a pickled tuple.

    Answers are ("done",), ("main", why the caller's script can't be imported)
    and ("failed", the exception, its traceback as text).
    """
    global _start
    _start = start
    # Interrupts are the parent's to handle; workers end with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks, answers = _pipes()
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    threading.Thread(target=_take_tasks, args=(tasks, waiting), daemon=True).start()
    threading.Thread(target=_exit_with, args=(start["parent"],), daemon=True).start()
    # Temporary files that a killed worker leaves are removed with the folder.
    tempfile.tempdir = start["folder"]
    job = None
    while True:
        shard = waiting.get()
        try:
            job = job or _start_up(Path(start["folder"]))
            make_shard(job, shard)
            answer: tuple[Any, ...] = ("done",)
        except UnusableMainError as error:
            answer = ("main", str(error))
        except BaseException as error:
            answer = ("failed", _picklable(error), traceback.format_exc())
        with contextlib.suppress(OSError, ValueError):  # stdout may be closed
            sys.stdout.flush()
        pickle.dump(answer, answers)
        answers.flush()


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Duplicates of stdin and stdout; the originals are redirected, as the caller's classes may use them."""
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
    """Queues the shards that are asked for, and exits this process when the parent closes the pipe."""
    for line in tasks:
        waiting.put(int(line))
    os._exit(0)


def _exit_with(parent: int) -> None:
    """Exits when the parent has died; its pipe may stay open in another process that it forked."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _start_up(folder: Path) -> Job:
    # Images are always rendered on CPUs, so that their bytes don't depend on the machine's accelerator.
    jax.config.update("jax_platforms", "cpu")
    if _start["programs"]:
        keep_programs(_start["programs"])
    take_one_thread()
    job = _loaded(folder / JOB)
    if all(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves(job.plan.run)):
        return job
    # A class of another module, which only the script registers as a pytree.
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
    # Until a script is imported, `__mp_main__` is a second name of the worker's own main module.
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
    except BaseException as error:  # a script may raise anything, or exit
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
    """Raises if the script that a worker imports starts an export when it is imported.

    Raises:
        RuntimeError: names the guard that the script needs.
    """
    if _imports_main:
        raise RuntimeError(f"an export was started while a worker process imports the script: use {GUARD}")


def _picklable(error: BaseException) -> BaseException:
    """The error, or, if it can't be pickled, a RuntimeError with its text."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def take_one_thread() -> None:
    """Starts JAX with a single thread in this worker.

    As many workers as cores are faster than each with threads for all cores
    (`python benchmarks/export.py --only threads`). JAX has no setting for it:
    it starts as many threads as the process may use cores at that moment.
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
