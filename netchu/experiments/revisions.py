"""Finds revisions (commits, branches, tags, DVC experiments and the workspace), and reads their files."""

import difflib
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from netchu.core.errors import NetchuError

WORKSPACE = "workspace"
"""The name of the files in the working tree, as in `dvc exp show`."""

EXPERIMENT_REFERENCE = re.compile(r"refs/exps/([0-9a-f]{2})/([0-9a-f]{38})/([^/]+)")
"""The reference of a DVC experiment: it contains the commit from which the experiment started, and the name."""


class Revision(NamedTuple):
    """A state of the project's files."""

    name: str  # as the user wrote it
    commit: str | None  # 40 hexadecimal digits; None for the workspace

    def __str__(self) -> str:
        if self.commit is None:
            return self.name
        return self.commit[:7] if self.commit.startswith(self.name) else f"{self.name} ({self.commit[:7]})"


def find_revision(name: str) -> Revision:
    """Return the revision with this name in the git repository of the current folder.

        find_revision("main~1")

    Of experiments with the same name, it is the one that started from HEAD, as in DVC.

    Raises:
        NetchuError: nothing has this name, or several commits have it.
    """
    if name == WORKSPACE:
        return Revision(name, None)
    refs = list_references()
    found = [f"refs/{kind}/{name}" for kind in ("tags", "heads", "remotes") if f"refs/{kind}/{name}" in refs]
    experiments = [ref for ref in refs if (match := EXPERIMENT_REFERENCE.fullmatch(ref)) and match[3] == name]
    if len(experiments) > 1:
        head = run_git("rev-parse", "HEAD").stdout.strip()
        of_head = f"refs/exps/{head[:2]}/{head[2:]}/{name}"
        experiments = [of_head] if of_head in experiments else experiments
    found += experiments
    if len({refs[reference] for reference in found}) > 1:
        names = (_make_exact(reference, refs[reference]) for reference in found)
        raise NetchuError(f"{name!r}: ambiguous; write {' or '.join(names)}")
    if experiments:
        return Revision(name, refs[experiments[0]])
    done = run_git("rev-parse", "--verify", f"{name}^{{commit}}")
    if done.returncode == 0:
        return Revision(name, done.stdout.strip())
    if "is ambiguous" in done.stderr:
        raise NetchuError(f"{name!r}: several commits begin like this; write more digits")
    raise NetchuError(f"{name!r}: no such commit, branch, tag or experiment here{_suggest_names(name, refs)}")


def read_file(revision: Revision, path: str) -> str:
    """Return the text of the file `path`, relative to the current folder, in `revision`.

    Raises:
        NetchuError: the revision has no such file, or it is not UTF-8.
    """
    if revision.commit is None:
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise NetchuError(f"{path}: {error.strerror}; run `dvc repro`, which makes it") from None
    else:
        done = run_git("cat-file", "blob", f"{revision.commit}:./{path}", text=False)
        if done.returncode:
            raise NetchuError(f"{revision}: holds no {path}; check it out, run `dvc repro` and commit the results")
        content = done.stdout
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise NetchuError(f"{path} of {revision}: not UTF-8 text") from None


def list_references() -> dict[str, str]:
    """Return the commit of each branch, tag and experiment by full reference; raise NetchuError where git fails."""
    done = run_git("for-each-ref", "--format=%(refname) %(objectname) %(*objectname)")
    if done.returncode:
        raise NetchuError(f"the project's history cannot be read: git says: {' '.join(done.stderr.split())}")
    # Only annotated tags have a third word: the commit to which the tag object points.
    refs = {words[0]: words[-1] for words in map(str.split, done.stdout.splitlines())}
    return {ref: refs[ref] for ref in refs if not ref.startswith("refs/exps/") or EXPERIMENT_REFERENCE.fullmatch(ref)}


def _make_exact(reference: str, commit: str) -> str:
    """Return a name that only this reference has."""
    if match := EXPERIMENT_REFERENCE.fullmatch(reference):
        return f"{commit[:10]} (the experiment on {match[1]}{match[2][:5]})"
    return reference.removeprefix("refs/")


def _suggest_names(name: str, refs: dict[str, str]) -> str:
    """Return the end of a message: names that are like `name`, or the commands that list all names."""
    known = sorted(
        {match[3] if (match := EXPERIMENT_REFERENCE.fullmatch(ref)) else ref.split("/", 2)[-1] for ref in refs}
    )
    remote_branches = [branch for branch in known if branch.endswith(f"/{name}")]
    # A name such as `main~5` is not mistyped: main has fewer ancestors here.
    if "~" not in name and (close := remote_branches or difflib.get_close_matches(name, known, n=3)):
        return f"; did you mean {' or '.join(close)}?"
    if run_git("rev-parse", "--is-shallow-repository").stdout.strip() == "true":
        return ", and the clone is shallow; `git fetch --unshallow` gets all commits, `dvc exp pull` experiments"
    return "; `git branch --all`, `git tag` and `dvc exp list --all-commits` list them"


def run_git(*arguments: str, text: bool = True, stdin: str | bytes | None = None) -> subprocess.CompletedProcess:
    """Run a git command in the current folder, with standard input and output as text or as bytes.

    Raises:
        NetchuError: git is not installed.
    """
    try:
        encoding = {"encoding": "utf-8", "errors": "replace"} if text else {}
        # In English, because messages are parsed.
        environment = os.environ | {"LC_ALL": "C"}
        return subprocess.run(["git", *arguments], input=stdin, capture_output=True, env=environment, **encoding)
    except FileNotFoundError:
        raise NetchuError("git: not found; install it, the project's history is read with it") from None
