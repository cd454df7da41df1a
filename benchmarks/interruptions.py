"""Kill the pipeline at random moments and repeat it: `python -m benchmarks.interruptions FOLDER [--moments N]`.

It kills (kill -9) all processes of four kinds of runs of a tiny project: `dvc repro`, a queued experiment, a
fine-tuning of the page Teach, and the adoption of its reader. Then it does what a user would do: the same again. It
prints a line for each moment: the kind, the seconds before the kill, the steps that were needed besides the repetition,
and what differs from a run that was not killed. The last lines are a table. Projects stay in FOLDER where something
differs.

A moment takes 20 to 60 seconds on two idle cores. Expect "same" everywhere, and few steps.
"""

import argparse
import contextlib
import hashlib
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ruamel.yaml import YAML

from benchmarks.markdown import print_table
from benchmarks.tiny_project import ENVIRONMENT, TINY, commit, copy_project, run
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import draw_line, sample_writer
from netchu.teaching.adoption import ADOPTED
from netchu.teaching.corrections import save_lines
from netchu.teaching.fine_tuning import SHIPPED

_MARK = "NETCHU_INTERRUPTION"
"""Variable in the environment of all processes of a run, by which they are found."""

_LINES = "lines"
"""Folder of corrected lines, beside the projects."""

_EXPERIMENT = "queued"
_QUEUE = f"dvc exp run --queue --name {_EXPERIMENT} --set-param train.seed=3 && dvc exp run --run-all"
"""The metrics of the experiment differ from those of the project."""

_TEACH = """
import sys, time
from pathlib import Path
from netchu.teaching.fine_tuning import SETTINGS, start
from netchu.teaching.run_state import read_current_run
run = read_current_run()
if not run or run.state == "failed":
    start(Path(sys.argv[1]), SETTINGS | {"train.epochs": 1, "train.batch_size": 16})
while (run := read_current_run()).state == "running":
    time.sleep(0.1)
assert run.state == "done", run.failure
"""

_ADOPT = """
from netchu.teaching import adoption, run_state
run = run_state.read_current_run()
print("ready", flush=True)
if run:
    adoption.adopt(run)
"""


class Kind(NamedTuple):
    """A kind of run."""

    command: list[str]
    prepare: Callable[[Path], None]  # changes a project in which the kinds before have run
    repeat: Callable[[Path], list[str]]  # repeats a killed run in a project; returns the steps needed besides
    results: Callable[[Path], Mapping[str, str]]  # by name
    ready: str = ""  # part of the output from which the seconds before the kill are counted


class Run(NamedTuple):
    """A run that ended or was killed."""

    output: str
    seconds: float  # since `Kind.ready`
    killed: bool


class Interruption(NamedTuple):
    """A run that was killed and repeated."""

    kind: str
    seconds: float  # before the kill
    steps: list[str]  # that were needed besides the repetition
    different: list[str]  # names of results


def interrupt(name: str, snapshot: Path, project: Path, seconds: float, expected: Mapping[str, str]) -> Interruption:
    """Kill a run `seconds` after its start, and repeat it.

    Args:
        name: of the kind.
        snapshot: the project before the run.
        project: a folder to copy it to, which must not exist.
        seconds: halved until the run has not ended before.
        expected: the results of a run that was not killed.
    """
    kind = KINDS[name]
    shutil.copytree(snapshot, project, symlinks=True)
    while not run_and_kill(kind, project, seconds).killed:
        shutil.rmtree(project)
        shutil.copytree(snapshot, project, symlinks=True)
        seconds /= 2
    try:
        steps = kind.repeat(project)
        results = kind.results(project)
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        return Interruption(name, seconds, [], [" ".join(str(error).split())[-300:]])
    different = [key for key in {**expected, **results} if expected.get(key) != results.get(key)]
    return Interruption(name, seconds, steps, different)


def run_and_kill(kind: Kind, project: Path, seconds: float | None) -> Run:
    """Start a run in `project`, and kill all its processes after `seconds`; without `seconds`, wait for its end."""
    log, mark = project.with_suffix(".log"), f"{project}-{time.monotonic_ns()}"
    with log.open("w") as output:
        process = subprocess.Popen(
            kind.command, cwd=project, env=ENVIRONMENT | {_MARK: mark}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        while kind.ready not in log.read_text():
            assert process.poll() is None or kind.ready in log.read_text(), f"ended before {kind.ready!r}"
            time.sleep(0.01)
        started = time.perf_counter()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        passed = time.perf_counter() - started
    finally:
        killed = process.poll() is None
        kill_marked(mark)
        process.wait()
    assert killed or process.returncode == 0, log.read_text()
    return Run(log.read_text(), passed, killed)


def kill_marked(mark: str) -> None:
    """Kill all processes with this mark in their environment; some have left the session of the command."""
    while marked := [process for process in Path("/proc").glob("[0-9]*") if _has_mark(process, mark)]:
        for process in marked:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process.name), signal.SIGKILL)
        time.sleep(0.05)


def _has_mark(process: Path, mark: str) -> bool:
    try:
        return f"{_MARK}={mark}\0".encode() in (process / "environ").read_bytes()
    except OSError:  # of another user, or ended
        return False


def restore_damaged_lock(project: Path) -> bool:
    """Restore dvc.lock from git, and return True, if DVC cannot read it: DVC writes it in place, and was killed."""
    done = subprocess.run(["dvc", "status"], cwd=project, env=ENVIRONMENT, capture_output=True, text=True)
    damaged = done.returncode != 0 and "dvc.lock" in done.stderr
    if damaged:
        run(project, "git", "checkout", "dvc.lock")
    return damaged


def delete_damaged_rwlock(project: Path) -> bool:
    """Delete .dvc/tmp/rwlock, and return True, if DVC cannot read it: DVC writes this file in place, too."""
    done = subprocess.run(["dvc", "status"], cwd=project, env=ENVIRONMENT, capture_output=True, text=True)
    damaged = done.returncode != 0 and "rwlock" in done.stderr
    if damaged:
        (project / ".dvc" / "tmp" / "rwlock").unlink()
    return damaged


def _repeat_repro(project: Path) -> list[str]:
    steps = []
    if delete_damaged_rwlock(project):
        steps.append("rwlock deleted")
    if restore_damaged_lock(project):
        steps.append("dvc.lock restored")
    run(project, "dvc", "repro")
    assert "Running stage" not in run(project, "dvc", "repro"), "stages run again"
    return steps


def _repeat_queue(project: Path) -> list[str]:
    """Run the queue again; queue the experiment again if it is in no list."""
    steps = []
    if delete_damaged_rwlock(project):
        steps.append("rwlock deleted")
    status = _list_tasks(project)
    if status == "Running":
        run(project, "dvc", "queue", "kill", "--force", _EXPERIMENT)
        steps.append("queue kill")
        status = _list_tasks(project)
    if status == "Failed":
        run(project, "dvc", "queue", "remove", "--failed")
    if _list_experiment(project):
        return steps
    command = "dvc exp run --run-all" if status == "Queued" else _QUEUE
    run(project, "sh", "-c", command)
    return steps


def _list_tasks(project: Path) -> str:
    """Return the status of the queued experiment, "" if it is in no list."""
    rows = [line.split() for line in run(project, "dvc", "queue", "status").splitlines()]
    return next((row[-1] for row in rows if _EXPERIMENT in row), "")


def _list_experiment(project: Path) -> bool:
    return _EXPERIMENT in run(project, "dvc", "exp", "list", "--name-only").split()


def _repeat_teach(project: Path) -> list[str]:
    run(project, *KINDS["teach"].command)
    return []


def _repeat_adopt(project: Path) -> list[str]:
    # Whatever the moment, there is a whole reader.
    run(project, sys.executable, "-c", "from netchu import Recognizer; Recognizer.load()")
    run(project, sys.executable, "-c", _ADOPT)
    return []


def hash_files(folder: Path, *parts: str) -> dict[str, str]:
    """Return the SHA-256 of each file below some folders of `folder`, by its path."""
    files = [file for part in parts for file in (folder / part).rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _hash_outputs(project: Path) -> dict[str, str]:
    return hash_files(project, "data", "models", "metrics") | {"dvc.lock": (project / "dvc.lock").read_text()}


def _read_experiment(project: Path) -> dict[str, str]:
    """Return the metrics of the queued experiment, and its dvc.lock, which has the hashes of all outputs."""
    ref = next(
        line for line in run(project, "git", "for-each-ref", "--format=%(refname)", "refs/exps").splitlines()
        if line.endswith(f"/{_EXPERIMENT}")
    )  # fmt: skip
    return {name: run(project, "git", "show", f"{ref}:{name}") for name in ("dvc.lock", "metrics/metrics.json")}


def _hash_run(project: Path) -> dict[str, str]:
    """Return the hashes of the result and of the reader of the current fine-tuning."""
    logs = sorted((project / ".netchu" / "teaching").glob("*/log.txt"))
    folder = logs[-1].parent
    return {**hash_files(folder, "reader"), "result.json": (folder / "result.json").read_text(), "runs": str(len(logs))}


def _hash_adopted(project: Path) -> dict[str, str]:
    return hash_files(project, "models") | hash_files(project, ".netchu/teaching")


def _prepare_repro(project: Path) -> None:
    set_parameters(project, TINY)
    commit(project, "tiny")


def _prepare_queue(project: Path) -> None:
    commit(project, "results")


def _prepare_teach(project: Path) -> None:
    shutil.rmtree(project / SHIPPED)
    shutil.copytree(project / "models" / "reader", project / SHIPPED)
    commit(project, "a tiny reader to fine-tune")
    rng = np.random.default_rng(5)
    writer = sample_writer(rng)
    texts = [address_line(rng, 20) for _ in range(24)]
    save_lines(project.parent / _LINES, [(draw_line(text, writer, rng), text) for text in texts], "Lan")


def _prepare_adopt(project: Path) -> None:
    shutil.copytree(project / "models" / "reader", project / ADOPTED)  # one that was adopted before


KINDS = {
    "repro": Kind(["dvc", "repro"], _prepare_repro, _repeat_repro, _hash_outputs),
    "queue": Kind(["sh", "-c", _QUEUE], _prepare_queue, _repeat_queue, _read_experiment),
    "teach": Kind([sys.executable, "-c", _TEACH, f"../{_LINES}"], _prepare_teach, _repeat_teach, _hash_run),
    "adopt": Kind([sys.executable, "-c", _ADOPT], _prepare_adopt, _repeat_adopt, _hash_adopted, ready="ready"),
}


def set_parameters(project: Path, values: Mapping[str, object]) -> None:
    """Change values of params.yaml, given by dotted keys."""
    yaml, path = YAML(), project / "params.yaml"
    parameters = yaml.load(path.read_text(encoding="utf-8"))
    for key, value in values.items():
        *groups, name = key.split(".")
        reduce(getitem, groups, parameters)[name] = YAML(typ="safe").load(str(value))
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(parameters, file)


def measure(folder: Path, kinds: Sequence[str], moments: int, rng: random.Random) -> Iterator[Interruption]:
    """Yield one interruption at a time, at random moments of the kinds in turn."""
    project = copy_project(folder / "project")
    expected, durations = {}, {}
    for name, kind in KINDS.items():
        kind.prepare(project)
        shutil.copytree(project, folder / name, symlinks=True)
        durations[name] = run_and_kill(kind, project, None).seconds
        expected[name] = kind.results(project)
    for number, name in enumerate(itertools.islice(itertools.cycle(kinds), moments)):
        project = folder / f"{name}-{number}"
        interruption = interrupt(name, folder / name, project, rng.uniform(0, durations[name]), expected[name])
        if not interruption.different:
            shutil.rmtree(project)
        yield interruption


def tabulate(interruptions: Iterable[Interruption]) -> Iterator[list[str]]:
    """Yield the cells of a table row for each kind."""
    by_kind = defaultdict(list)
    for interruption in interruptions:
        by_kind[interruption.kind].append(interruption)
    for name, members in by_kind.items():
        steps = Counter(step for member in members for step in member.steps)
        same = sum(not member.different for member in members)
        yield [name, str(len(members)), str(same), ", ".join(f"{step}: {n}" for step, n in steps.items()) or "none"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--moments", type=int, default=8)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    done = []
    for moment in measure(
        arguments.folder.resolve(), arguments.kinds, arguments.moments, random.Random(arguments.seed)
    ):
        done.append(moment)
        steps, different = (", ".join(items) for items in (moment.steps, moment.different))
        print(f"{moment.kind} {moment.seconds:.2f} s: {steps or 'no step'}; {different or 'same'}", flush=True)
    print_table(["kind", "moments", "same", "steps"], tabulate(done))


if __name__ == "__main__":
    main()
