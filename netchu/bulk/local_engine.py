"""Reads shards on this machine, with one process for each core."""

import contextlib
import os
import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from netchu.bulk.job import Job
from netchu.bulk.reading_process import ReadingProcess
from netchu.bulk.shard_reading import ShardResult
from netchu.core.parallel import pool_map


def count_cores() -> int:
    """Return the number of cores that this process may use."""
    with contextlib.suppress(AttributeError):  # macOS and Windows have no affinity
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def read_locally(job: Job, shards: Sequence[int], processes: int | None = None) -> Iterator[ShardResult]:
    """Yield the result of each shard; by default with one process for each core. A closed iterator ends them."""
    count = min(processes or count_cores(), len(shards))
    started = [ReadingProcess(job) for _ in range(count)]
    idle: queue.SimpleQueue[ReadingProcess] = queue.SimpleQueue()
    for process in started:
        idle.put(process)

    def read(shard: int) -> ShardResult:
        process = idle.get()
        try:
            return process.read(shard)
        finally:
            idle.put(process)

    with ThreadPoolExecutor(count) as pool:  # its threads only wait for the processes
        try:
            yield from pool_map(pool, read, shards)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in started:
                process.stop()
