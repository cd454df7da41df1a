"""Tests of the model registry: other projects fetch released readers with DVC and read with them."""

import shutil

import pytest
from ruamel.yaml import YAML

from benchmarks.tiny_project import ROOT, commit, run
from tests.netchu.tiny_model import write_tiny_reader

SHIPPED = ROOT / "models" / "pretrained"


@pytest.fixture(scope="module")
def registry(project, tmp_path_factory):
    """Return a clone with three readers: the shipped one as 1.0.0, one as 1.1.0, and one in the last commit."""
    shared = tmp_path_factory.mktemp("shared")
    run(project, "dvc", "remote", "add", "--default", "storage", str(shared / "storage"))
    run(project, "git", "tag", "--annotate", "reader@v1.0.0", "--message", "As shipped")
    for name, height in ("1.1.0", 32), ("later", 40):
        write_tiny_reader(shared / name, height=height)
        shutil.rmtree(project / "models" / "pretrained")
        shutil.copytree(shared / name, project / "models" / "pretrained")
        commit(project, name)
        if name == "1.1.0":
            run(project, "git", "tag", "--annotate", f"reader@v{name}", "--message", "Another")
    run(project, "dvc", "push")
    run(shared, "git", "clone", "--quiet", str(project), "netchu")
    return shared / "netchu"


def files(folder) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def read(model) -> str:
    return run(ROOT, "python", "-m", "netchu", "read", "--model", str(model), "docs/synthetic.png").strip()


def test_fetches_a_release_by_its_name(registry, tmp_path):
    run(tmp_path, "dvc", "artifacts", "get", str(registry), "reader", "--rev", "v1.0.0", "--out", "first")
    assert files(tmp_path / "first") == files(SHIPPED)
    assert read(tmp_path / "first") == read(SHIPPED) != ""
    run(tmp_path, "dvc", "artifacts", "get", str(registry), "reader")
    # The newest release, not the newest commit.
    assert files(tmp_path / "pretrained") == files(registry.parent / "1.1.0")


def test_fetches_any_revision_of_the_reader_by_its_path(registry, tmp_path):
    run(tmp_path, "dvc", "get", str(registry), "models/pretrained")
    assert files(tmp_path / "pretrained") == files(registry.parent / "later")
    run(tmp_path, "dvc", "get", str(registry), "models/pretrained", "--rev", "reader@v1.0.0", "--out", "first")
    assert files(tmp_path / "first") == files(SHIPPED)


def test_fetches_the_pushed_reader_of_the_pipeline(registry, project, tmp_path):
    run(tmp_path, "dvc", "get", str(registry), "models/reader")
    assert files(tmp_path / "reader") == files(project / "models" / "reader")
    read(tmp_path / "reader")


def test_declares_the_reader_in_git_as_artifact():
    artifact = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["artifacts"]["reader"]
    assert artifact["path"] == "models/pretrained" and artifact["type"] == "model"
    assert artifact["desc"] and artifact["labels"]
    assert run(ROOT, "git", "ls-files", artifact["path"])
