"""The download stage: whatever the source, data/raw holds checked zip archives, or is as it was before."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from netchu.core.errors import NetchuError
from netchu.core.params import read_params
from netchu.intake import sources
from stages import download

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "../shared/data"
FOLDERS = ("0825_DataSamples 1", "deep/0916_Data Samples 2")


def write_zip(path: Path, files: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the stage in an empty folder with these values for the group `download`, read as params.yaml."""
    monkeypatch.chdir(tmp_path)
    synthetic = {
        "seed": 1,
        "lines": 1,
        "writers": 1,
        "test_lines": 1,
        "test_writers": 1,
        "max_characters": 40,
        "texts": ["addresses"],
        "sentences": None,
    }

    def run(**values):
        strokes = {"seed": 1, "renderings": 2}
        group = {"source": "archive", "archives": [], "strokes": strokes, "synthetic": synthetic} | values
        (tmp_path / "params.yaml").write_text(json.dumps({"download": group}))
        return download.run(read_params(download.Params), download.INPUTS, download.OUTPUTS)

    return run


def raw() -> list[str]:
    return sorted(path.name for path in Path("data/raw").iterdir())


GOOD = {"a/labels.json": '{"1.png": "Số 1"}', "a/1.png": b"pixels"}


STROKES = '{"id": "a-1", "writer": "w", "text": "n", "strokes": [[0, 0, 0, 20, 0, -15, 10, -5, 5, 20]]}\n'


@pytest.mark.parametrize("digest", ["", "#sha256=" + hashlib.sha256(STROKES.encode()).hexdigest().upper()])
def test_draws_pen_strokes(run, tmp_path, digest):
    (tmp_path / "pen.jsonl").write_text(STROKES)
    assert run(archives=[str(tmp_path / "pen.jsonl") + digest]).startswith("1 archive, 2 labelled lines")
    assert raw() == ["pen.zip"]


def test_rejects_pen_strokes_with_another_hash(run, tmp_path):
    (tmp_path / "pen.jsonl").write_text(STROKES + STROKES.replace("a-1", "a-2"))
    with pytest.raises(NetchuError, match="its SHA-256 is"):
        run(archives=[str(tmp_path / "pen.jsonl#sha256=") + hashlib.sha256(STROKES.encode()).hexdigest()])


def test_a_zip_is_copied_byte_for_byte(run, tmp_path):
    path = write_zip(tmp_path / "lines.zip", GOOD)
    assert run(archives=[str(path)]) == f"1 archive, 1 labelled lines, {path.stat().st_size / 1e6:.1f} MB"
    assert raw() == ["lines.zip"]
    assert Path("data/raw/lines.zip").read_bytes() == path.read_bytes()


def test_a_folder_is_packed_under_its_name(run, tmp_path):
    (tmp_path / "Private Test").mkdir()
    (tmp_path / "Private Test" / "labels.json").write_text('{"1.png": "Số 1"}')
    (tmp_path / "Private Test" / "1.png").write_bytes(b"pixels")
    run(archives=["Private Test/"])
    assert raw() == ["Private Test.zip"]
    packed = sha256(Path("data/raw/Private Test.zip"))
    run(archives=[f"Private Test#sha256={packed.upper()}"])
    assert sha256(Path("data/raw/Private Test.zip")) == packed


def test_a_link_keeps_its_own_name(run, tmp_path):
    """A test set that is a link into a store must stay a test set."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "labels.json").write_text('{"1.png": "Số 1"}')
    (tmp_path / "store" / "1.png").write_bytes(b"pixels")
    (tmp_path / "my test").symlink_to("store")
    write_zip(tmp_path / "c0ffee", GOOD)
    (tmp_path / "kalapa.zip").symlink_to("c0ffee")
    run(archives=["my test", "kalapa.zip"])
    assert raw() == ["kalapa.zip", "my test.zip"]


def test_several_archives_with_and_without_hash(run, tmp_path):
    first, second = write_zip(tmp_path / "a.ZIP", GOOD), write_zip(tmp_path / "b.data", GOOD)
    assert run(archives=[f"{first}#sha256={sha256(first)}", str(second)]).startswith("2 archives, 2 labelled lines")
    assert raw() == ["a.zip", "b.data.zip"]


def test_a_url(run, tmp_path, monkeypatch):
    path = write_zip(tmp_path / "fetched.zip", GOOD)
    monkeypatch.setattr(sources, "fetch_url", lambda url, digest: path)
    run(archives=["https://example.org/Qu%E1%BA%ADn.zip"])
    assert raw() == ["Quận.zip"]
    assert not path.exists(), "what is in data/raw need not be kept twice"


def test_synthetic_is_the_archive_that_the_generator_writes(run, monkeypatch):
    monkeypatch.setattr(download, "write_archive", lambda path, params: write_zip(path, GOOD))
    assert run(source="synthetic").startswith("1 archive, 1 labelled lines")
    assert raw() == ["synthetic.zip"]


CASES = {
    # name: (download.archives, what the message must say)
    "nothing listed": ([], "download.archives: empty"),
    "not there": (["none.zip"], "none.zip: cannot be copied to data/raw: No such file"),
    "another hash": (["good.zip#sha256=" + "0" * 64], "good.zip: its SHA-256 is"),
    "hash cut short": (["good.zip#sha256=123"], "download.archives: #sha256= should be followed by 64"),
    "no path": (["#sha256=" + "0" * 64], "download.archives: an entry names no file"),
    "no text": ([""], "download.archives: an entry names no file"),
    "zero byte": (["a\0.zip"], "download.archives: an entry names no file"),
    "host not closed": (["https://[::1/x.zip"], "download.archives: Invalid IPv6"),
    "number in place of text": ([5], "download.archives.0: should be a valid string"),
    "text in place of a list": ("good.zip", "download.archives: should be a valid list"),
    "another protocol": (["ftp://example.org/a.zip"], "should begin with http"),
    "one archive twice": (["good.zip", "good.zip"], "two would be named good.zip"),
    "two of one name": (["good.zip", "other/GOOD.zip"], "two would be named GOOD.zip"),
    "empty folder": (["other"], "other: holds no files"),
    "truncated": (["cut.zip"], "cut.zip: truncated or damaged"),
    "escapes": (["good.zip", "escapes.zip"], "escapes.zip: refused, since its entry '../1.png' escapes"),
    "no labels": (["unlabelled.zip"], "unlabelled.zip: no labels found"),
    "malformed labels": (["malformed.zip"], "malformed.zip: a/labels.json: line 1: not valid JSON"),
    "damaged contents": (["damaged.zip"], "damaged.zip: a/1.png: damaged"),
}


@pytest.mark.parametrize(("archives", "says"), CASES.values(), ids=CASES.keys())
def test_refused_in_one_line_and_the_folder_stays_as_it_was(run, tmp_path, archives, says):
    (tmp_path / "other").mkdir()
    good = write_zip(tmp_path / "good.zip", GOOD).read_bytes()
    write_zip(tmp_path / "escapes.zip", GOOD | {"../1.png": b""})
    write_zip(tmp_path / "unlabelled.zip", {"1.png": b""})
    write_zip(tmp_path / "malformed.zip", GOOD | {"a/labels.json": "{"})
    (tmp_path / "cut.zip").write_bytes(good[:-30])
    (tmp_path / "damaged.zip").write_bytes(good.replace(b"pixels", b"pixelz"))
    if archives == ["good.zip", "other/GOOD.zip"]:
        write_zip(tmp_path / "other" / "GOOD.zip", GOOD)
    Path("data/raw").mkdir(parents=True)
    Path("data/raw/before").touch()
    with pytest.raises(NetchuError) as caught:
        run(archives=archives)
    message = str(caught.value)
    assert says in message and "\n" not in message and ".raw." not in message
    assert [path.name for path in Path("data").rglob("*")] == ["raw", "before"]


@pytest.fixture
def manifest(tmp_path, monkeypatch):
    """A manifest of four files, and the archive that fulfils it."""
    files = {f"{folder}/{name}": f"{folder} {name}".encode() for folder in FOLDERS for name in ("1.jpg", "2.png")}
    files[f"{FOLDERS[0]}/labels.json"] = b'{"1.jpg": "a"}'
    lines = []
    for name, data in files.items():
        short = "/".join(name.split("/")[-2:]).replace(" ", "_")
        lines.append(f"{hashlib.sha256(data).hexdigest()}  {short}\n")
    (tmp_path / "manifest").write_text("".join(lines))
    monkeypatch.setattr(download, "CINNAMON_MANIFEST", tmp_path / "manifest")
    return files


def test_cinnamon_at_any_depth_and_with_spaces_in_names(run, tmp_path, monkeypatch, manifest):
    path = write_zip(tmp_path / "drive.zip", manifest)
    monkeypatch.setattr(sources, "fetch_drive", lambda file_id: path)
    assert run(source="cinnamon").startswith("1 archive, 1 labelled lines")
    assert raw() == ["cinnamon.zip"]


def test_cinnamon_takes_the_second_copy_where_the_first_fails(run, tmp_path, monkeypatch, manifest):
    path = write_zip(tmp_path / "drive.zip", manifest)

    def fetch_drive(file_id):
        if file_id == download.CINNAMON_IDS[0]:
            raise NetchuError("Google Drive file: too many users")
        return path

    monkeypatch.setattr(sources, "fetch_drive", fetch_drive)
    run(source="cinnamon")
    assert raw() == ["cinnamon.zip"]


def test_cinnamon_names_what_differs_and_what_to_do(run, tmp_path, monkeypatch, manifest):
    manifest[f"{FOLDERS[0]}/1.jpg"] = b"other"
    del manifest[f"{FOLDERS[1]}/2.png"]

    def fetch_drive(file_id):
        return write_zip(tmp_path / f"{file_id}.zip", manifest)

    monkeypatch.setattr(sources, "fetch_drive", fetch_drive)
    with pytest.raises(NetchuError) as caught:
        run(source="cinnamon")
    message = str(caught.value)
    assert "2 of 5 files are not as published: 0825_DataSamples_1/1.jpg (differs), 0916_Data_Samples_2/2.png" in message
    assert f"https://drive.google.com/file/d/{download.CINNAMON_IDS[0]}" in message
    assert "download.source=archive and download.archives=[" in message and "\n" not in message
    assert list(tmp_path.glob("*.zip")) == [], "a wrong file must not be taken for complete by the next run"
    assert not Path("data/raw").exists()


def test_the_committed_manifest_lists_the_published_images():
    names = [line.split("  ")[1] for line in download.CINNAMON_MANIFEST.read_text().splitlines()]
    assert sum(not name.endswith("labels.json") for name in names) == 1838
    assert len(set(names)) == 1840 and not any("Private" in name for name in names)


@pytest.mark.skipif(not SHARED.exists(), reason="the real data is not here")
def test_real_archive_against_the_manifest():
    """Of the shared copy only the first 115 images and the labels are as published."""
    with pytest.raises(NetchuError, match=r"1,723 of 1,840 files are not as published"):
        download._verify_cinnamon(SHARED / "cinnamon-train.zip")


def test_neither_gdown_nor_pooch_is_imported_before_it_is_needed():
    code = (
        "import sys, stages.download; print({'gdown', 'pooch', 'requests', 'pandas', 'tensorflow'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
