import hashlib

import pytest
from dvc.repo.experiments.refs import ExpRefInfo

from benchmarks.tiny_project import commit, run
from netchu.core.errors import NetchuError
from netchu.experiments.revisions import Revision, find_revision, read_file
from tests.netchu.experiments.repository import add_experiment, git

FILE = "metrics/predictions.csv"


def save(folder, text: str) -> str:
    """Write `text` to FILE, commit it, and return the commit."""
    (folder / FILE).write_bytes(text.encode())
    commit(folder, text)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Make an empty repository the current folder."""
    folder = tmp_path / "repository"
    (folder / "metrics").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    monkeypatch.chdir(folder)
    return folder


def test_finds_every_kind_of_name(repository):
    first, second = save(repository, "first\r\n"), save(repository, "Huế")
    git(repository, "branch", "old", first)
    git(repository, "branch", "team/old", first)
    git(repository, "tag", "v1", first)
    git(repository, "tag", "--annotate", "--message", "v2", "v2", second)
    add_experiment(repository, first, "sunny-lamp", second)
    (repository / FILE).write_text("work", encoding="utf-8")
    expected = {
        first: ("old", "team/old", "v1", "main~1", "HEAD^", "heads/old", "refs/tags/v1", first, first[:7], "@~1"),
        second: ("main", "HEAD", "v2", "sunny-lamp", str(ExpRefInfo(first, "sunny-lamp")), second[:4], second.upper()),
    }
    for sha, names in expected.items():
        for name in names:
            assert find_revision(name) == Revision(name, sha), name
    assert read_file(find_revision("old"), FILE) == "first\r\n"
    assert read_file(find_revision("sunny-lamp"), FILE) == "Huế"
    assert read_file(find_revision("workspace"), FILE) == "work"
    assert str(find_revision("old")) == f"old ({first[:7]})"
    assert str(find_revision(first[:4])) == str(find_revision(first)) == first[:7]
    assert str(find_revision("workspace")) == "workspace"


def test_finds_experiment_saved_by_dvc(repository):
    run(repository, "dvc", "init", "--quiet")
    save(repository, "before")
    (repository / FILE).write_text("after")
    run(repository, "dvc", "exp", "save", "--name", "bright")
    git(repository, "checkout", "--quiet", "--", ".")
    assert read_file(find_revision("bright"), FILE) == "after"


def test_reads_project_in_subfolder_of_repository(repository, monkeypatch):
    (repository / "sub" / "metrics").mkdir(parents=True)
    (repository / "sub" / FILE).write_text("sub")
    save(repository, "top")
    monkeypatch.chdir(repository / "sub")
    assert read_file(find_revision("main"), FILE) == "sub"


def test_rejects_unknown_name(repository):
    save(repository, "x")
    for name in ("nothing", "", "-x", "--all", "main..main", f"main:{FILE}", "main~5", "0" * 40, "à b"):
        with pytest.raises(NetchuError, match="no such commit, branch, tag or experiment here; `git branch --all`"):
            find_revision(name)


def test_suggests_similar_names(repository):
    first = save(repository, "x")
    git(repository, "tag", "release-1")
    git(repository, "update-ref", "refs/remotes/origin/paper", first)
    add_experiment(repository, first, "sunny-lamp", first)
    git(repository, "update-ref", "refs/exps/exec/EXEC_HEAD", first)  # internal to DVC, not an experiment
    for typed, meant in {"mian": "main", "sunny_lamp": "sunny-lamp", "release": "release-1"}.items():
        with pytest.raises(NetchuError, match=rf"did you mean {meant}\?$"):
            find_revision(typed)
    with pytest.raises(NetchuError, match=r"did you mean origin/paper\?$"):
        find_revision("paper")
    with pytest.raises(NetchuError, match="no such"):
        find_revision("EXEC_HEAD")


def test_mentions_shallow_clone(repository, tmp_path, monkeypatch):
    save(repository, "x"), save(repository, "y")
    git(tmp_path, "clone", "--quiet", "--depth=1", repository.as_uri(), "clone")
    monkeypatch.chdir(tmp_path / "clone")
    with pytest.raises(NetchuError, match="the clone is shallow; `git fetch --unshallow`"):
        find_revision("HEAD~1")


def test_rejects_ambiguous_name(repository):
    first, second = save(repository, "x"), save(repository, "y")
    git(repository, "tag", "a", first)
    git(repository, "branch", "a", second)
    with pytest.raises(NetchuError, match=r"^'a': ambiguous; write tags/a or heads/a$"):
        find_revision("a")
    assert find_revision("tags/a").commit == first and find_revision("heads/a").commit == second
    add_experiment(repository, second, "main", first)
    with pytest.raises(NetchuError, match=rf"write heads/main or {first[:10]} \(the experiment on {second[:7]}\)"):
        find_revision("main")
    # Two references to the same commit are not ambiguous.
    git(repository, "tag", "b", first)
    git(repository, "branch", "b", first)
    add_experiment(repository, second, "b", first)
    assert find_revision("b").commit == first


def test_prefers_experiment_of_head(repository):
    first, second, third = save(repository, "x"), save(repository, "y"), save(repository, "z")
    add_experiment(repository, first, "a", second)
    add_experiment(repository, second, "a", third)
    with pytest.raises(NetchuError, match=rf"{third[:10]} \(the experiment on {second[:7]}\)"):
        find_revision("a")
    git(repository, "checkout", "--quiet", second)
    assert find_revision("a").commit == third


def test_rejects_prefix_of_two_commits(repository):
    first = save(repository, "x")
    text = git(repository, "cat-file", "commit", first)
    for number in range(10**6):
        content = f"{text} {number}\n".encode()
        if hashlib.sha1(b"commit %d\0" % len(content) + content).hexdigest()[:4] == first[:4]:
            break
    (repository.parent / "twin").write_bytes(content)
    git(repository, "hash-object", "-t", "commit", "-w", str(repository.parent / "twin"))
    with pytest.raises(NetchuError, match="several commits begin like this; write more digits"):
        find_revision(first[:4])
    assert find_revision(first[:12]).commit == first


def test_names_missing_file(repository):
    empty = save(repository, "x")
    revision = find_revision("main")
    with pytest.raises(NetchuError, match=rf"main \({empty[:7]}\): holds no other\.csv; check it out, run `dvc repro`"):
        read_file(revision, "other.csv")
    with pytest.raises(NetchuError, match=r"other\.csv: No such file or directory; run `dvc repro`"):
        read_file(find_revision("workspace"), "other.csv")
    with pytest.raises(NetchuError, match="metrics: Is a directory"):
        read_file(find_revision("workspace"), "metrics")
    with pytest.raises(NetchuError, match="holds no metrics"):
        read_file(revision, "metrics")


def test_rejects_file_that_is_not_utf8(repository):
    (repository / FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(NetchuError, match=f"{FILE} of workspace: not UTF-8"):
        read_file(find_revision("workspace"), FILE)


def test_reports_missing_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NetchuError, match="git says: fatal: not a git repository"):
        find_revision("main")


def test_reports_missing_git(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NetchuError, match="git: not found"):
        find_revision("main")
    assert find_revision("workspace") == Revision("workspace", None)


def test_rejects_head_without_commit(repository):
    with pytest.raises(NetchuError, match="no such commit"):
        find_revision("HEAD")
