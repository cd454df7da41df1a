"""A process that reads shards: rows of JSON on its standard input are requests, those on its output answers.

Reading in a process of its own keeps a run alive if an image ends the process, and uses one core for each process.
`python -m netchu.bulk.worker` is started by netchu.bulk.reading_process alone.
"""

import json
import os
import queue
import sys
import threading
import warnings
from dataclasses import fields

import cv2
import pyarrow as pa

from netchu.bulk.job import Job
from netchu.bulk.shard_reading import ShardReader
from netchu.core.errors import NetchuError


def main() -> None:
    """Answer requests until standard input ends, which it also does if the parent process is killed."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # nothing else may write into the answers
    cv2.setNumThreads(1)
    pa.set_cpu_count(1)
    warnings.filterwarnings("ignore", module="PIL")  # Pillow also warns about files that it can read

    def answer(**values) -> None:
        answers.write(json.dumps(values) + "\n")
        answers.flush()

    requests: queue.SimpleQueue[dict] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests,), daemon=True).start()
    reader = None
    while True:
        request = requests.get()
        try:
            if reader is None:
                reader = ShardReader(Job(**{field.name: request[field.name] for field in fields(Job)}))
                continue
            result = reader.read(request["shard"], lambda index: answer(started=index), request["fatal"])
            answer(result=result)
        except NetchuError as error:
            answer(error=str(error))
        except OSError as error:
            answer(error=f"shard {request.get('shard')}: {error}")


def _receive(requests: "queue.SimpleQueue[dict]") -> None:
    """Put the requests into a queue; end the process when there are no more, even while it reads."""
    for row in sys.stdin.buffer:
        requests.put(json.loads(row))
    os._exit(0)


if __name__ == "__main__":
    main()
