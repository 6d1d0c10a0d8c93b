"""Engines: shards are rendered by this process, by worker processes on this machine, or by a Ray cluster."""

import contextlib
import itertools
import logging
import warnings
from collections.abc import Generator, Sequence
from typing import Any, Literal

import jax

from ..errors import extra
from ..internal.pytrees import unknown_to_others
from .job import Job
from .pool import in_processes
from .shards import make_shard
from .worker import refuse_in_import, take_one_thread

Engine = Literal["local", "ray"]
# The least number of tasks queued in Ray at a time, and how often one that lost its worker is retried.
WAITING, RETRIES = 256, 20


def run(job: Job, shards: Sequence[int], engine: Engine, workers: int) -> Generator[int, None, None]:
    """Renders the shards; yields each one's number when it is complete. Closing it ends all workers."""
    refuse_in_import()
    if engine == "ray":
        return _on_ray(job, shards)
    return in_processes(job, shards, workers) if workers > 1 else _in_this_process(job, shards)


def _in_this_process(job: Job, shards: Sequence[int]) -> Generator[int, None, None]:
    for shard in shards:
        make_shard(job, shard)
        yield shard


def ray_or_error() -> Any:
    """The module `ray`.

    Raises:
        ImportError: it is not installed; names the extra.
    """
    try:
        import ray
    except ImportError:
        raise ImportError(f"engine 'ray' needs {extra('ray')}") from None
    return ray


def _on_ray(job: Job, shards: Sequence[int]) -> Generator[int, None, None]:
    ray = ray_or_error()
    if unknown := unknown_to_others(job.plan.run.nodes):
        raise ValueError(
            f"engine 'ray': {', '.join(unknown)} can't be registered as a pytree on the cluster's machines; "
            "decorate it with digitseq.register_pytree, put it into a module that they have, or use "
            "engine='local'"
        )
    with contextlib.ExitStack() as stack:
        if not ray.is_initialized():
            with warnings.catch_warnings():
                # Ray forks only to start other programs, which is safe after JAX has started.
                warnings.filterwarnings("ignore", "os.fork", RuntimeWarning)
                ray.init(log_to_driver=False, logging_level=logging.ERROR)
            stack.callback(ray.shutdown)
        make = ray.remote(max_retries=RETRIES)(_make_on_ray)
        shared = ray.put(job)
        ahead, most = iter(shards), max(WAITING, 2 * int(ray.cluster_resources().get("CPU", 0)))
        waiting: list[Any] = []
        stack.callback(lambda: [ray.cancel(task) for task in waiting])
        while True:
            waiting += [make.remote(shared, shard) for shard in itertools.islice(ahead, most - len(waiting))]
            if not waiting:
                return
            done, waiting = ray.wait(waiting)
            try:
                yield from ray.get(done)
            except ray.exceptions.RayTaskError as error:
                # The task's own error, as the local engine would raise it.
                raise error.cause from None
            except ray.exceptions.RayError as error:
                raise OSError(f"Ray lost a shard too often; the same command resumes ({error})") from None


def _make_on_ray(job: Job, shard: int) -> int:
    jax.config.update("jax_platforms", "cpu")
    take_one_thread()
    make_shard(job, shard)
    return shard
