"""Who makes the shards: this process, others on this machine, or a cluster of Ray's."""

import concurrent.futures
import contextlib
import functools
import itertools
import logging
import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import jax

from ..programs import keep_programs
from .shards import Job, make_shard

Engine = Literal["local", "ray"]
# Tasks that Ray holds at a time, at least, and how often one that lost its worker is begun again.
WAITING, RETRIES = 256, 20

_job: Job | None = None


def run(job: Job, shards: Sequence[int], engine: Engine, workers: int) -> Iterator[int]:
    """Makes the shards; gives each one's number of images when it is there."""
    if engine == "ray":
        return _on_ray(job, shards)
    return _in_processes(job, shards, workers) if workers > 1 else (make_shard(job, n) for n in shards)


def _in_processes(job: Job, shards: Sequence[int], workers: int) -> Iterator[int]:
    programs = getattr(jax.config, "jax_compilation_cache_dir", None)
    pool = concurrent.futures.ProcessPoolExecutor(
        min(workers, len(shards)),
        multiprocessing.get_context("spawn"),
        initializer=functools.partial(_begin, job, programs),
    )
    try:
        with _interrupts_wait():
            waiting = [pool.submit(_make, shard) for shard in shards]
        for done in concurrent.futures.as_completed(waiting):
            yield done.result()
    except concurrent.futures.BrokenExecutor:
        raise OSError("a worker process died; the same command goes on from what is there") from None
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _interrupts_wait() -> Iterator[None]:
    """So that processes begun meanwhile never see one; they would die of it, loudly, while they start."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(job: Job, programs: str | None) -> None:
    """In a new worker process."""
    global _job
    _job = job
    # An interrupt is for the process that began it all to act on; when that is gone, so are the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Accelerators are left alone: all bytes come from CPUs, whoever makes them.
    jax.config.update("jax_platforms", "cpu")
    if programs:
        keep_programs(programs)
    _take_one_thread()


def _take_one_thread() -> None:
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


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(shard: int) -> int:
    assert _job is not None
    return make_shard(_job, shard)


def ray_or_error() -> Any:
    """Ray's module.

    Raises:
        ImportError: it is not installed.
    """
    try:
        import ray
    except ImportError:
        raise ImportError("engine 'ray' needs the extra digitseq[ray]: pip install 'digitseq[ray]'") from None
    return ray


def _on_ray(job: Job, shards: Sequence[int]) -> Iterator[int]:
    ray = ray_or_error()
    with contextlib.ExitStack() as stack:
        if not ray.is_initialized():
            with warnings.catch_warnings():
                # It forks in order to start other programs, not to go on with JAX.
                warnings.filterwarnings("ignore", "os.fork", RuntimeWarning)
                ray.init(log_to_driver=False, logging_level=logging.ERROR)
            stack.callback(ray.shutdown)
        make = ray.remote(max_retries=RETRIES)(_make_on_ray)
        held = ray.put(job)
        ahead, most = iter(shards), max(WAITING, 2 * int(ray.cluster_resources().get("CPU", 0)))
        waiting: list[Any] = []
        stack.callback(lambda: [ray.cancel(task) for task in waiting])
        while True:
            waiting += [make.remote(held, shard) for shard in itertools.islice(ahead, most - len(waiting))]
            if not waiting:
                return
            done, waiting = ray.wait(waiting)
            try:
                yield from ray.get(done)
            except ray.exceptions.RayTaskError as error:
                # What went wrong in it, as it would go wrong here.
                raise error.cause from None
            except ray.exceptions.RayError as error:
                raise OSError(f"Ray lost a shard too often; the same command goes on ({error})") from None


def _make_on_ray(job: Job, shard: int) -> int:
    jax.config.update("jax_platforms", "cpu")
    _take_one_thread()
    return make_shard(job, shard)
