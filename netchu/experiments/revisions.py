"""Files of a revision: a git commit, branch or tag, a DVC experiment by its name, or the workspace."""

import difflib
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from netchu.core.errors import NetchuError

WORKSPACE = "workspace"
"""The name, as in `dvc exp show`, of the files as they lie in the working tree."""

EXPERIMENT = re.compile(r"refs/exps/([0-9a-f]{2})/([0-9a-f]{38})/([^/]+)")
"""Where DVC keeps an experiment: under the commit from which it started."""


class Revision(NamedTuple):
    """A state of the project."""

    name: str  # as the person gave it
    commit: str | None  # 40 hexadecimal digits; None for the workspace

    def __str__(self) -> str:
        if self.commit is None:
            return self.name
        return self.commit[:7] if self.commit.startswith(self.name) else f"{self.name} ({self.commit[:7]})"


def find_revision(name: str) -> Revision:
    """The revision that `name` means in the current folder's git repository.

    Among experiments of one name, the one that started from HEAD is meant, as in DVC. Raises NetchuError where nothing
    has this name, or where it means different commits.
    """
    if name == WORKSPACE:
        return Revision(name, None)
    refs = references()
    places = [f"refs/{kind}/{name}" for kind in ("tags", "heads", "remotes") if f"refs/{kind}/{name}" in refs]
    experiments = [ref for ref in refs if (match := EXPERIMENT.fullmatch(ref)) and match[3] == name]
    if len(experiments) > 1:
        head = git("rev-parse", "HEAD").stdout.strip()
        of_head = f"refs/exps/{head[:2]}/{head[2:]}/{name}"
        experiments = [of_head] if of_head in experiments else experiments
    places += experiments
    if len({refs[place] for place in places}) > 1:
        raise NetchuError(f"{name!r}: ambiguous; write {' or '.join(_exact(place, refs[place]) for place in places)}")
    if experiments:
        return Revision(name, refs[experiments[0]])
    done = git("rev-parse", "--verify", f"{name}^{{commit}}")
    if done.returncode == 0:
        return Revision(name, done.stdout.strip())
    if "is ambiguous" in done.stderr:
        raise NetchuError(f"{name!r}: several commits begin like this; write more digits")
    raise NetchuError(f"{name!r}: no such commit, branch, tag or experiment here{_suggestion(name, refs)}")


def read_file(revision: Revision, path: str) -> str:
    """The text of `path`, relative to the current folder, in `revision`.

    Raises NetchuError where the revision has no such file or it is not UTF-8.
    """
    if revision.commit is None:
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise NetchuError(f"{path}: {error.strerror}; run `dvc repro`, which makes it") from None
    else:
        done = git("cat-file", "blob", f"{revision.commit}:./{path}", text=False)
        if done.returncode:
            raise NetchuError(f"{revision}: holds no {path}; check it out, run `dvc repro` and commit the results")
        content = done.stdout
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise NetchuError(f"{path} of {revision}: not UTF-8 text") from None


def references() -> dict[str, str]:
    """The commit of every branch, tag and experiment, by the full name of its reference."""
    done = git("for-each-ref", "--format=%(refname) %(objectname) %(*objectname)")
    if done.returncode:
        raise NetchuError(f"the project's history cannot be read: git says: {' '.join(done.stderr.split())}")
    # The third word, of annotated tags alone, is the commit to which the tag object points.
    refs = {words[0]: words[-1] for words in map(str.split, done.stdout.splitlines())}
    return {ref: refs[ref] for ref in refs if not ref.startswith("refs/exps/") or EXPERIMENT.fullmatch(ref)}


def _exact(place: str, commit: str) -> str:
    """A name for the reference `place` that nothing else has, with what it is."""
    if match := EXPERIMENT.fullmatch(place):
        return f"{commit[:10]} (the experiment on {match[1]}{match[2][:5]})"
    return place.removeprefix("refs/")


def _suggestion(name: str, refs: dict[str, str]) -> str:
    known = {match[3] if (match := EXPERIMENT.fullmatch(ref)) else ref.split("/", 2)[-1] for ref in refs}
    elsewhere = [other for other in sorted(known) if other.endswith(f"/{name}")]  # a branch that only a remote has
    # `main~5` is not mistyped: main has no such ancestor here.
    if "~" not in name and (close := elsewhere or difflib.get_close_matches(name, sorted(known), n=3)):
        return f"; did you mean {' or '.join(close)}?"
    if git("rev-parse", "--is-shallow-repository").stdout.strip() == "true":
        return ", and the clone is shallow; `git fetch --unshallow` gets all commits, `dvc exp pull` experiments"
    return "; `git branch --all`, `git tag` and `dvc exp list --all-commits` list them"


def git(*arguments: str, text: bool = True, given: str | bytes | None = None) -> subprocess.CompletedProcess:
    """What git answers in the current folder, as text or as bytes; `given` (of the same type) is its standard input.

    Raises NetchuError where git is not installed.
    """
    try:
        encoding = {"encoding": "utf-8", "errors": "replace"} if text else {}
        # In English, for what is read from its messages.
        environment = os.environ | {"LC_ALL": "C"}
        return subprocess.run(["git", *arguments], input=given, capture_output=True, env=environment, **encoding)
    except FileNotFoundError:
        raise NetchuError("git: not found; install it, comparisons read the project's history") from None
