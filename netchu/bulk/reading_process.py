"""The parent's side of a process that reads shards: starts it, and starts it again if it is killed."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import asdict

from netchu.bulk.job import Job
from netchu.bulk.shard_reading import ShardResult
from netchu.core.errors import NetchuError

COMMAND = [sys.executable, "-m", "netchu.bulk.worker"]

TRIES = 3
"""Processes that may end at the same image, before it counts as unreadable."""

_MOST_ENDED = 30
"""Processes that may end in one shard before the run ends with an error."""


class ReadingProcess:
    """A process that reads one shard at a time, with one thread. It is started when it is first needed."""

    def __init__(self, job: Job):
        self._job = job
        self._process: subprocess.Popen | None = None
        self._stopped = False
        self._lock = threading.Lock()

    def read(self, shard: int) -> ShardResult:
        """Read a shard and write its file, in a new process if one is killed.

        Raises:
            NetchuError: the reader cannot be loaded, the file cannot be written, or too many processes have ended.
        """
        ended: Counter[int | None] = Counter()  # processes by the index of the image that they were reading
        while True:
            fatal = [index for index, count in ended.items() if index is not None and count >= TRIES]
            index = None
            process = self._start()
            try:
                process.stdin.write(json.dumps({"shard": shard, "fatal": fatal}).encode() + b"\n")
                process.stdin.flush()
                for row in process.stdout:
                    answer = json.loads(row)
                    if "error" in answer:
                        raise NetchuError(answer["error"])
                    if "result" in answer:
                        return ShardResult(*answer["result"])
                    index = answer["started"]
            except (BrokenPipeError, json.JSONDecodeError):  # killed while it waited, or while it answered
                pass
            status = self._end()
            ended[index] += 1
            if ended[None] >= TRIES or ended.total() >= _MOST_ENDED:
                raise NetchuError(f"shard {shard}: {ended.total()} processes that read it ended (status {status})")

    def stop(self) -> None:
        """End the process for good, even if another thread waits in `read`, which then raises NetchuError."""
        with self._lock:
            self._stopped = True
            if self._process:
                self._process.kill()
                self._process.wait()

    def _start(self) -> subprocess.Popen:
        """Return the running process, or a new one."""
        with self._lock:
            if self._stopped:
                raise NetchuError("stopped")
            if self._process is None:
                environment = os.environ | {
                    "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),  # noqa: PTH109
                    "OMP_NUM_THREADS": "1",
                    "OPENBLAS_NUM_THREADS": "1",
                }
                self._process = subprocess.Popen(
                    COMMAND,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env=environment,
                    process_group=0,  # so Ctrl-C reaches this process alone, which then ends the other one
                )
                self._process.stdin.write(json.dumps(asdict(self._job)).encode() + b"\n")
            return self._process

    def _end(self) -> int:
        """Wait for the end of the process; return its exit status."""
        with self._lock:
            process, self._process = self._process, None
        process.kill()
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):  # it has bytes that nobody will read
            process.stdin.close()
        return process.wait()
