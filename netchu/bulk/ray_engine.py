"""Reads shards with Ray Data, on this machine or on all machines of a cluster."""

import logging
import os
from collections.abc import Iterator, Sequence

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would send reports on its use to its maker

import ray
from ray.data import ActorPoolStrategy, DataContext

from netchu.bulk.job import Job
from netchu.bulk.local_engine import count_cores
from netchu.bulk.reading_process import ReadingProcess
from netchu.bulk.shard_reading import ShardResult
from netchu.core.errors import NetchuError
from netchu.core.printing import describe_error

_OBJECT_STORE = 100_000_000
"""Bytes of Ray's shared memory on this machine: only indices and counts of shards pass through it."""


class _Actor:
    """Reads shards in a process of its own, on one CPU."""

    def __init__(self, job: Job):
        self._process = ReadingProcess(job)

    def __call__(self, row: dict) -> dict:
        """Return the counts of a shard, or the error that ends the run."""
        try:
            rows, failed = self._process.read(int(row["shard"]))
        except NetchuError as error:
            return {"rows": 0, "failed": 0, "error": str(error)}
        return {"rows": rows, "failed": failed, "error": ""}


def read_with_ray(
    job: Job, shards: Sequence[int], processes: int | None = None, address: str | None = None
) -> Iterator[ShardResult]:
    """Yield the result of each shard, read by at most `processes` actors, by default one for each CPU.

    Args:
        address: of a running cluster, such as "auto"; None starts Ray on this machine.

    Raises:
        NetchuError: there is no such cluster, or as `ReadingProcess.read` does.
    """
    if address is None:
        cores = processes or count_cores()
        options = {
            "address": "local",
            "num_cpus": cores,
            "object_store_memory": _OBJECT_STORE,
            "include_dashboard": False,
            "_system_config": {"worker_niceness": 0},  # that of this process; else other programs would get its time
        }
    else:
        options = {"address": address}
    try:
        ray.init(**options, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise NetchuError(f"Ray cannot be started ({describe_error(error)})") from None
    try:
        cpus = int(ray.cluster_resources().get("CPU", 1))
        count = min(processes or cpus, cpus, len(shards))
        DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        tasks = ray.data.from_items([{"shard": shard} for shard in shards], override_num_blocks=len(shards))
        results = tasks.map(_Actor, fn_constructor_args=(job,), num_cpus=1, compute=ActorPoolStrategy(size=count))
        for row in results.iter_rows():
            if row["error"]:
                raise NetchuError(row["error"])
            yield ShardResult(row["rows"], row["failed"])
    finally:
        ray.shutdown()
