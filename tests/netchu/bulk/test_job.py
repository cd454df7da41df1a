"""Tests of the output folder of a bulk run: atomic writes, the plan, and the manifest."""

import pytest
from pyarrow.fs import LocalFileSystem

from netchu.bulk.file_systems import UNFINISHED, write_atomically
from netchu.bulk.inputs import locate_input
from netchu.bulk.job import Job, Slice, prepare_job, read_plan, write_shard
from netchu.bulk.output_files import MANIFEST
from netchu.core.errors import NetchuError


@pytest.fixture
def prepare(tmp_path):
    """Return a function that prepares a job for five files, and returns it with the result."""
    for number in range(5):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{number}.png").write_bytes(b"x" * number)

    def run(shard_size=2, name="in", decoder="beam"):
        source = locate_input(str(tmp_path / name))
        job = Job(source.base, str(tmp_path / "out"), None, "hash", "auto", decoder)
        return job, *prepare_job(job, source, shard_size)

    return run


def test_writes_all_or_nothing(tmp_path):
    target = tmp_path / "x" / "a"
    with write_atomically(LocalFileSystem(), str(target)) as stream:
        stream.write(b"first")
        assert not target.exists()
    with pytest.raises(KeyError), write_atomically(LocalFileSystem(), str(target)) as stream:
        stream.write(b"second")
        raise KeyError
    assert target.read_bytes() == b"first"
    assert list((target.parent / UNFINISHED).iterdir()) == []


def test_cuts_input_into_shards(prepare):
    job, shards, missing = prepare()
    assert (shards, missing) == (3, [0, 1, 2])
    assert read_plan(job, 0) == [Slice("0.png", 0, 1), Slice("1.png", 0, 1)]
    assert read_plan(job, 2) == [Slice("4.png", 0, 1)]


def test_lists_missing_shards_and_removes_unfinished_files(prepare, tmp_path):
    job, _, _ = prepare()
    write_shard(job, 1, [])
    (tmp_path / "out" / UNFINISHED / "part").touch()
    assert prepare()[1:] == (3, [0, 2])
    assert list((tmp_path / "out" / UNFINISHED).iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shard_size": 3}, "has results with images in a shard: 2, not 3; name another output folder"),
        ({"decoder": "greedy"}, "decoder: 'beam', not 'greedy'"),
        ({"name": "in/[0-4].png"}, r"pattern: '\*\*/\*', not '\[0-4\].png'"),
        ({"name": "in/4.png"}, r"pattern: '\*\*/\*', not '4.png'"),
    ],
)
def test_rejects_other_settings_in_the_same_folder(prepare, tmp_path, change, message):
    prepare()
    before = {path: path.read_bytes() for path in (tmp_path / "out").glob("*.*")}
    with pytest.raises(NetchuError, match=message):
        prepare(**change)
    assert before == {path: path.read_bytes() for path in (tmp_path / "out").glob("*.*")}


def test_rejects_changed_input(prepare, tmp_path):
    prepare()
    (tmp_path / "in" / "4.png").write_bytes(b"longer")
    with pytest.raises(NetchuError, match="with hash of names and sizes: "):
        prepare()
    (tmp_path / "in" / "5.png").touch()
    with pytest.raises(NetchuError, match="images: 5, not 6"):
        prepare()


def test_rejects_folder_that_it_did_not_write(prepare, tmp_path):
    job, _, _ = prepare()
    write_shard(job, 0, [])
    manifest = tmp_path / "out" / MANIFEST
    manifest.write_text("[1]")
    with pytest.raises(NetchuError, match="not a manifest of netchu bulk"):
        prepare()
    manifest.unlink()
    with pytest.raises(NetchuError, match=f"has shards but no {MANIFEST}"):
        prepare()
