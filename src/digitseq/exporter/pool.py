"""A pool of worker processes on this machine, each fed with shards and ended with this process."""

import collections
import contextlib
import json
import multiprocessing.spawn
import pickle
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from .job import Job
from .storage import storage_of
from .worker import JOB, START, start_of

# The program of a worker: with this process's sys.path, wherever that came from.
CODE = (
    "import json, sys; start = json.load(open(sys.argv[1])); sys.path[:] = start['path']; "
    "from digitseq.exporter.worker import main; main(start)"
)
# Seconds between checks that all processes are alive, and that a killed one may take to end.
CHECK_SECONDS, KILL_SECONDS = 0.5, 5


def in_processes(job: Job, shards: Sequence[int], workers: int) -> Generator[int, None, None]:
    """Renders the shards in other processes; yields each one's number when it is complete.

    Raises:
        ValueError: what the images depend on can't be pickled.
        RuntimeError: the script can't be imported for its classes.
        OSError: a process died, or a file could not be written.
    """
    with storage_of(job.out).workspace() as folder:
        _write(job, folder)
        pool = _Pool(folder, shards, min(workers, len(shards)))
        try:
            pool.start()
            for _ in shards:
                yield pool.next_finished()
        finally:
            try:
                pool.stop()
            except KeyboardInterrupt:
                pool.stop()
                raise


def _write(job: Job, folder: Path) -> None:
    """Writes the job to a file for all workers; pipes would carry the whole bank to each of them."""
    with open(folder / JOB, "wb") as file:
        try:
            pickle.dump(job, file, protocol=5)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ValueError(
                f"workers: the source, labels or transforms can't be pickled ({error}); define their classes "
                "at the top level of a module, or use workers=1 or engine='ray'"
            ) from None
    (folder / START).write_text(json.dumps(start_of(folder)))


class _Pool:
    """Processes, and for each a thread of this one that starts and feeds it.

    Interrupts reach only the main thread, so none can come between the start
    of a process and its registration.
    """

    def __init__(self, folder: Path, shards: Sequence[int], size: int) -> None:
        self._folder, self._waiting = folder, collections.deque(shards)
        self._results: queue.SimpleQueue[int | BaseException] = queue.SimpleQueue()
        self._lock, self._stopped = threading.Lock(), False
        self._working: list[subprocess.Popen[bytes]] = []
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(size)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def next_finished(self) -> int:
        """Waits for a shard to be complete, and returns its number."""
        while True:
            with contextlib.suppress(queue.Empty):
                result = self._results.get(timeout=CHECK_SECONDS)
                if isinstance(result, BaseException):
                    raise result
                return result
            with self._lock:
                dead = [process for process in self._working if process.poll() is not None]
            # A worker's pipe stays open, if another process has inherited it.
            if dead and self._results.empty():
                raise _died(dead[0].returncode)

    def stop(self) -> None:
        """Kills all processes."""
        self._stopped = True
        with self._lock:
            for process in self._working:
                process.kill()
        end = time.monotonic() + KILL_SECONDS
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, end - time.monotonic()))

    def _serve(self) -> None:
        try:
            with self._lock:
                if self._stopped:
                    return
                process = _started(self._folder)
                self._working.append(process)
            try:
                self._feed(process)
            finally:
                with self._lock:
                    self._working.remove(process)
                _end(process)
        except BaseException as error:
            self._results.put(error)

    def _feed(self, process: "subprocess.Popen[bytes]") -> None:
        tasks, answers = process.stdin, process.stdout
        assert tasks is not None
        assert answers is not None
        while not self._stopped:
            try:
                shard = self._waiting.popleft()
            except IndexError:
                return
            try:
                tasks.write(b"%d\n" % shard)
                tasks.flush()
                kind, *rest = pickle.load(answers)
            except (EOFError, OSError, pickle.UnpicklingError):
                raise _died(_end(process)) from None
            if kind != "done":
                raise _error(kind, rest)
            self._results.put(shard)


def _started(folder: Path) -> "subprocess.Popen[bytes]":
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return subprocess.Popen(
        [multiprocessing.spawn.get_executable(), *flags, "-P", "-c", CODE, str(folder / START)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A terminal's Ctrl-C must reach only the parent.
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _end(process: "subprocess.Popen[bytes]") -> int | None:
    """Ends a process; its exit code, or minus the signal that had ended it."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        if process.stdout is not None and process.stdout.closed:
            return process.returncode
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(CHECK_SECONDS)
        process.kill()
        process.wait(KILL_SECONDS)
    return process.returncode


def _died(code: int | None) -> OSError:
    how = "" if not code else f" (exit code {code})"
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            how = f" (by {signal.Signals(-code).name})"
    return OSError(f"a worker process died{how}; the same command resumes")


def _error(kind: str, rest: list[Any]) -> BaseException:
    if kind == "main":
        return RuntimeError(*rest)
    error, text = rest
    error.add_note(f"In a worker process:\n{text}")
    assert isinstance(error, BaseException)
    return error
