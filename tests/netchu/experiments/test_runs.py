import json
import subprocess

import pytest

from benchmarks.tiny_project import commit, run
from netchu.core.errors import NetchuError
from netchu.experiments import runs
from netchu.experiments.revisions import find_revision
from netchu.experiments.runs import find_differing_parameters, list_runs
from tests.netchu.experiments.repository import add_experiment, git

PARAMS = "train:\n  rate: 1e-05  # a comment\n  augment: {noise: 1}\nlabels:\n  folded: []\n"


def write(folder, cer: float, params: str = PARAMS, predictions: str | None = "x") -> None:
    (folder / "metrics").mkdir(exist_ok=True)
    (folder / "metrics" / "metrics.json").write_text(json.dumps({"cer": cer, "lines": 3}))
    (folder / "params.yaml").write_text(params, encoding="utf-8")
    if predictions is not None:
        (folder / "metrics" / "predictions.csv").write_text(predictions)


def save(folder, cer: float, **changes) -> str:
    """Commit a run with `cer`, and return the commit."""
    write(folder, cer, **changes)
    commit(folder, f"CER {cer}")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Make a repository with one commit without metrics the current folder."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "README").write_text("x")
    commit(folder, "start")
    monkeypatch.chdir(folder)
    # Commits made in the same second have no order.
    clock = iter(range(1_700_000_000, 1_800_000_000, 1000))
    real = subprocess.run

    def later(command, **options):
        if tuple(command[:2]) == ("git", "commit"):
            options["env"] = options["env"] | {"GIT_COMMITTER_DATE": f"{next(clock)} +0000"}
        return real(command, **options)

    monkeypatch.setattr(subprocess, "run", later)
    return folder


def named(found) -> list[tuple[str, str, float]]:
    return [(run.label, run.kind, run.metrics["cer"]) for run in found]


def test_lists_every_kind_of_run(repository):
    first = save(repository, 5)
    git(repository, "tag", "--annotate", "--message", "v1", "v1", first)
    second = save(repository, 4)
    git(repository, "branch", "team/old", second)
    third = save(repository, 3)
    git(repository, "checkout", "--quiet", "--detach")
    add_experiment(repository, second, "sunny-lamp", save(repository, 2))
    git(repository, "checkout", "--quiet", "main")
    nameless = save(repository, 1)
    last = save(repository, 0.5)
    write(repository, 0.25)
    found = list_runs()
    assert named(found) == [
        ("workspace", "workspace", 0.25),
        ("main", "branch", 0.5),
        (nameless[:7], "commit", 1),
        ("sunny-lamp", "experiment", 2),
        (third[:7], "commit", 3),
        ("team/old", "branch", 4),
        ("v1", "tag", 5),
    ]
    assert [run.revision.commit for run in found[:3]] == [None, last, nameless]
    assert [run.subject for run in found[:2]] == ["", "CER 0.5"]
    assert found[1].time - found[2].time == 1000
    # Every label is a name that `compare` knows.
    assert [find_revision(run.label).commit for run in found] == [run.revision.commit for run in found]


def test_merges_runs_with_same_results(repository):
    first = save(repository, 5)
    write(repository, 5, params=PARAMS.replace("# a comment", "# another"))
    commit(repository, "comment")
    git(repository, "tag", "v1")
    git(repository, "update-ref", "refs/remotes/origin/main", first)
    add_experiment(repository, first, "lamp", first)
    _, only = list_runs()
    assert (only.label, only.kind, only.other_names) == ("main", "branch", ("origin/main", "v1", "lamp"))
    assert only.subject == "CER 5"  # the commit that made them
    save(repository, 5, predictions="others")
    assert len(list_runs()) == 3


def test_prefers_local_branch_in_clone(repository, tmp_path, monkeypatch):
    save(repository, 5)
    git(repository, "branch", "--move", "trunk")
    git(repository, "branch", "also")
    run(tmp_path, "git", "clone", "--quiet", str(repository), "clone")
    monkeypatch.chdir(tmp_path / "clone")
    _, found = list_runs()
    assert (found.label, found.kind, found.other_names) == ("trunk", "branch", ("origin/also", "origin/trunk"))


def test_distinguishes_experiments_with_same_name(repository):
    first, second = save(repository, 5), save(repository, 4)
    git(repository, "checkout", "--quiet", "--detach")
    for baseline, cer in ((first, 3), (second, 2)):
        add_experiment(repository, baseline, "lamp", save(repository, cer))
    git(repository, "checkout", "--quiet", "main")
    labels = [run.label for run in list_runs()]
    assert len(set(labels)) == len(labels) == 5
    assert sum(label.startswith("lamp (") for label in labels) == 2


def test_flattens_parameters_and_reads_yaml_1_2(repository):
    save(repository, 5)
    assert list_runs()[1].params == {"train.rate": 1e-05, "train.augment.noise": 1, "labels.folded": []}
    save(repository, 5, params=PARAMS.replace("noise: 1", "noise: 2") + "new: 1\n")
    write(repository, 5)
    found = list_runs()
    assert find_differing_parameters(found) == ["new", "train.augment.noise"]
    assert find_differing_parameters(found[:1]) == find_differing_parameters([]) == []


@pytest.mark.parametrize("metrics", ["", "[1]", "{", '{"cer": "x", "wer": NaN, "ser": true}'])
def test_ignores_damaged_files(repository, metrics):
    write(repository, 5, params="a: [", predictions=None)
    (repository / "metrics" / "metrics.json").write_text(metrics)
    commit(repository, "damaged")
    for found in list_runs():
        assert (found.metrics, found.params, found.predictions) == ({}, {}, False)


def test_omits_workspace_while_evaluate_runs(repository):
    save(repository, 5)
    (repository / "metrics" / "metrics.json").unlink()  # DVC removes the outputs of a stage before running it
    assert [run.label for run in list_runs()] == ["main"]


def test_lists_nothing_without_runs(repository):
    assert list_runs() == []


def test_lists_workspace_without_commit(tmp_path, monkeypatch):
    git(tmp_path, "init", "--quiet")
    write(tmp_path, 5)
    monkeypatch.chdir(tmp_path)
    assert [run.label for run in list_runs()] == ["workspace"]


def test_reports_missing_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NetchuError, match="not a git repository"):
        list_runs()


def test_lists_workspace_without_git(tmp_path, monkeypatch):
    write(tmp_path, 5)
    monkeypatch.chdir(tmp_path)
    assert named(list_runs()) == [("workspace", "workspace", 5)]
    monkeypatch.setenv("PATH", "")
    assert named(list_runs()) == [("workspace", "workspace", 5)]
    (tmp_path / "metrics" / "metrics.json").unlink()
    with pytest.raises(NetchuError, match="git: not found"):
        list_runs()


def test_lists_project_in_subfolder_of_repository(repository, monkeypatch):
    (repository / "sub").mkdir()
    save(repository / "sub", 5)
    monkeypatch.chdir(repository / "sub")
    assert [run.label for run in list_runs()] == ["workspace", "main"]


def test_omits_references_to_other_objects(repository):
    save(repository, 5)
    git(repository, "tag", "blob", git(repository, "rev-parse", "HEAD:README"))
    git(repository, "tag", "tree", "HEAD^{tree}")
    assert [run.label for run in list_runs()] == ["workspace", "main"]


def test_limits_number_of_commits(repository, monkeypatch):
    monkeypatch.setattr(runs, "LISTED_COMMITS", 3)
    for cer in range(10):
        save(repository, cer)
    assert [run.metrics["cer"] for run in list_runs()] == [9, 9, 8, 7]


def test_ignores_settings_of_git_output(repository):
    save(repository, 5)
    for setting in ("log.showSignature=true", "log.decorate=full", "color.ui=always", "log.date=relative"):
        git(repository, "config", *setting.split("="))
    assert [run.label for run in list_runs()] == ["workspace", "main"]


def test_keeps_unusual_line_ends_of_message(repository):
    write(repository, 5)
    commit(repository, "one\u2028two\x85three")
    assert list_runs()[1].subject == "one\u2028two\x85three"


def test_calls_git_equally_often_for_any_number_of_runs(repository, monkeypatch):
    calls = []
    real = runs.run_git
    monkeypatch.setattr(runs, "run_git", lambda *words, **options: calls.append(words) or real(*words, **options))
    for cer in range(5):
        save(repository, cer)
        git(repository, "branch", f"b{cer}")
    assert len(list_runs()) == 6
    assert len(calls) == 4
