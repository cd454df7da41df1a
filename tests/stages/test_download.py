"""Tests of the download stage: data/raw contains checked zip archives, or stays as it was."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from netchu.core.errors import NetchuError
from netchu.core.params import read_params
from netchu.intake import sources
from stages import download
from tests.netchu.intake.test_gathering import GOOD, write_zip

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs the stage with its arguments as the group `download` of params.yaml."""
    monkeypatch.chdir(tmp_path)
    synthetic = {"seed": 1, "lines": 1, "writers": 1, "test_lines": 1, "test_writers": 1, "max_characters": 40}

    def run(**values):
        group = {"source": "archive", "archives": [], "synthetic": synthetic} | values
        (tmp_path / "params.yaml").write_text(json.dumps({"download": group}))
        return download.run(read_params(download.Params), download.INPUTS, download.OUTPUTS)

    return run


def raw() -> list[str]:
    return sorted(path.name for path in Path("data/raw").iterdir())


def test_gathers_listed_archives(run, tmp_path):
    path = write_zip(tmp_path / "lines.zip", GOOD)
    assert run(archives=[str(path)]) == f"1 archive, 1 labelled lines, {path.stat().st_size / 1e6:.1f} MB"
    assert raw() == ["lines.zip"]


def test_writes_the_synthetic_archive(run, monkeypatch):
    monkeypatch.setattr(download, "write_archive", lambda path, params: write_zip(path, GOOD))
    assert run(source="synthetic").startswith("1 archive, 1 labelled lines")
    assert raw() == ["synthetic.zip"]


def test_copies_the_cinnamon_archive(run, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "fetch_cinnamon", lambda: write_zip(tmp_path / "fetched.zip", GOOD))
    assert run(source="cinnamon").startswith("1 archive, 1 labelled lines")
    assert raw() == ["cinnamon.zip"]


def test_deletes_a_download_that_is_in_data_raw(run, tmp_path, monkeypatch):
    path = write_zip(tmp_path / "fetched.zip", GOOD)
    monkeypatch.setattr(sources, "fetch_url", lambda url, digest: path)
    run(archives=["https://example.org/lines.zip"])
    assert raw() == ["lines.zip"] and not path.exists()


WRONG = {
    # name: (download.archives, text of the error)
    "missing file": (["good.zip", "none.zip"], "none.zip: cannot be copied"),
    "hash cut short": (["good.zip#sha256=123"], "download.archives: #sha256= should be followed by 64"),
    "number instead of text": ([5], "download.archives.0: should be a valid string"),
    "text instead of a list": ("good.zip", "download.archives: should be a valid list"),
}


@pytest.mark.parametrize(("archives", "message"), WRONG.values(), ids=WRONG.keys())
def test_rejects_wrong_archives_and_keeps_the_folder_as_it_was(run, tmp_path, archives, message):
    write_zip(tmp_path / "good.zip", GOOD)
    Path("data/raw").mkdir(parents=True)
    Path("data/raw/before").touch()
    with pytest.raises(NetchuError) as caught:
        run(archives=archives)
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert [path.name for path in Path("data").rglob("*")] == ["raw", "before"]


def test_imports_neither_gdown_nor_pooch_before_they_are_needed():
    code = (
        "import sys, stages.download; print({'gdown', 'pooch', 'requests', 'pandas', 'tensorflow'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
