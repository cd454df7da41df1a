"""Helpers for tests with git repositories."""

from dvc.repo.experiments.refs import ExpRefInfo

from benchmarks.tiny_project import run


def git(folder, *arguments: str) -> str:
    return run(folder, "git", *arguments).strip()


def add_experiment(folder, baseline: str, name: str, commit: str) -> None:
    git(folder, "update-ref", str(ExpRefInfo(baseline, name)), commit)
