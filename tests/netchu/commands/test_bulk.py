"""The command `netchu bulk`: its rows, its continuation after interruptions, and its errors."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.tiny_project import ENVIRONMENT, ROOT
from netchu.__main__ import main
from netchu.bulk import reading_process
from netchu.pages.recognizer import Recognizer
from tests.netchu.tiny_model import write_tiny_reader

IMAGES = 24
"""Images of the folder, two of which cannot be read."""


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    return write_tiny_reader(tmp_path_factory.mktemp("reader") / "tiny")


def draw_picture(seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    image = np.full((60, 200), 250, np.uint8)
    points = np.stack([np.linspace(10, 180, 20), rng.integers(10, 50, 20)], axis=1).astype(np.int32)
    return cv2.imencode(".png", cv2.polylines(image, [points], False, 40, 2, cv2.LINE_AA))[1].tobytes()


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """Return a folder of pictures, of which one is damaged and one is empty."""
    folder = tmp_path_factory.mktemp("scans")
    for number in range(IMAGES):
        (folder / f"{number:02}.png").write_bytes(draw_picture(number))
    (folder / "05.png").write_bytes(draw_picture(5)[:200])
    (folder / "11.png").write_bytes(b"")
    return folder


@pytest.fixture
def netchu(reader, capfd):
    """Return a function that runs `netchu bulk` and returns its exit status and standard error."""

    def run(*arguments):
        status = main(["bulk", "--model", str(reader), *map(str, arguments)])
        return status, capfd.readouterr().err

    return run


def start(reader, scans, output, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "netchu", "bulk", "--model", str(reader), str(scans), str(output)]
    return subprocess.Popen([*command, *arguments], cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.DEVNULL)


def list_shards(output: Path) -> dict[str, int]:
    """Return the shards with their inodes, which change if a file is written again."""
    return {path.name: path.stat().st_ino for path in output.glob("part-*.parquet")}


def wait_until(condition) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def list_workers(driver: subprocess.Popen) -> list[psutil.Process]:
    children = psutil.Process(driver.pid).children(recursive=True)
    return [child for child in children if child.cmdline()[1:] == reading_process.COMMAND[1:]]


def read_rows(output: Path) -> dict[str, dict]:
    """Return the rows by id; fail if an id occurs twice."""
    rows = [row for path in sorted(output.glob("part-*.parquet")) for row in pq.read_table(path).to_pylist()]
    found = {row["id"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def check_rows(output: Path, reader: Path, scans: Path) -> None:
    """Check every row against the recognizer."""
    rows, recognizer = read_rows(output), Recognizer.load(reader)
    assert list(rows) == [f"{number:02}.png" for number in range(IMAGES)]
    for id, row in rows.items():
        if id in ("05.png", "11.png"):
            assert row["text"] is row["confidence"] is row["words"] is None
            assert "empty file" in row["error"] or "damaged image" in row["error"]
            continue
        page = recognizer.read(scans / id)
        assert (row["text"], row["confidence"], row["error"]) == (page.text, round(page.confidence, 4), None)
        words = [(word["text"], tuple(word["box"])) for word in json.loads(row["words"])]
        assert words == [(word.text, word.box) for word in page.words]


def test_reads_a_folder_and_reads_nothing_twice(netchu, reader, scans, tmp_path):
    status, err = netchu(scans, tmp_path, "--shard-size", 7, "--processes", 2)
    assert status == 1 and f"{IMAGES} rows written, 2 of them with an error" in err
    check_rows(tmp_path, reader, scans)
    assert [len(pd.read_parquet(file)) for file in sorted(tmp_path.glob("part-*"))] == [7, 7, 7, 3]
    assert len(pd.read_parquet(tmp_path)) == IMAGES  # the plan is not among the rows
    first = list_shards(tmp_path)
    status, err = netchu(scans, tmp_path, "--shard-size", 7)
    assert status == 0 and "4 of 4 shards exist" in err and "0 rows written" in err
    assert list_shards(tmp_path) == first
    (tmp_path / "part-0000002.parquet").unlink()
    status, err = netchu(scans, tmp_path, "--shard-size", 7)
    assert "3 of 4 shards exist" in err and "7 rows written" in err
    check_rows(tmp_path, reader, scans)
    assert {name for name, inode in list_shards(tmp_path).items() if first[name] == inode} >= first.keys() - {
        "part-0000002.parquet"
    }


def test_reads_parquet(netchu, reader, scans, tmp_path):
    """In row groups that do not agree with the shards, with and without ids."""
    images = [(scans / f"{number:02}.png").read_bytes() for number in range(10)]
    ids = [*(f"line {number}" for number in range(9)), None]
    pq.write_table(pa.table({"id": ids, "image": [*images[:9], None]}), tmp_path / "a.parquet", row_group_size=4)
    pq.write_table(pa.table({"image": [{"bytes": image, "path": ""} for image in images]}), tmp_path / "b.parquet")
    netchu(tmp_path / "*.parquet", tmp_path / "out", "--shard-size", 7, "--processes", 1)
    rows, recognizer = read_rows(tmp_path / "out"), Recognizer.load(reader)
    assert list(rows) == [*ids[:9], "a.parquet, row 9", *(f"b.parquet, row {number}" for number in range(10))]
    assert rows["a.parquet, row 9"]["error"] == "cannot be opened (no image)"
    for number in set(range(9)) - {5}:
        text = recognizer.read(images[number]).text
        assert text == rows[f"line {number}"]["text"] == rows[f"b.parquet, row {number}"]["text"]


def test_reads_every_page_of_a_file(netchu, reader, scans, tmp_path):
    from PIL import Image

    pages = [Image.open(scans / f"{number:02}.png") for number in range(2)]
    pages[0].save(tmp_path / "two.tif", save_all=True, append_images=pages[1:])
    assert netchu(tmp_path / "two.tif", tmp_path / "out")[0] == 0
    assert list(read_rows(tmp_path / "out")) == ["two.tif, page 1", "two.tif, page 2"]


@pytest.mark.parametrize("seed", range(2))
def test_goes_on_after_its_driver_was_killed(netchu, reader, scans, tmp_path, seed):
    driver = start(reader, scans, tmp_path, "--shard-size", "2", "--processes", "2")
    wait_until(lambda: len(list_shards(tmp_path)) > seed)
    time.sleep(random.Random(seed).random() / 10)
    workers = psutil.Process(driver.pid).children(recursive=True)
    driver.kill()
    driver.wait()
    wait_until(lambda: not any(worker.is_running() for worker in workers))
    existing = list_shards(tmp_path)
    netchu(scans, tmp_path, "--shard-size", 2, "--processes", 2)
    check_rows(tmp_path, reader, scans)
    assert existing.items() <= list_shards(tmp_path).items()


def test_ends_at_ctrl_c_while_its_processes_start(reader, scans, tmp_path):
    command = [sys.executable, "-m", "netchu", "bulk", "--model", str(reader), str(scans), str(tmp_path)]
    driver = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, process_group=0)
    wait_until(lambda: list_workers(driver))
    assert all(os.getpgid(worker.pid) != driver.pid for worker in list_workers(driver))
    os.killpg(driver.pid, signal.SIGINT)  # as a terminal sends it
    assert driver.communicate(timeout=60)[1] == "netchu bulk: interrupted\n"
    assert driver.returncode == 130


def test_repeats_the_shard_of_a_killed_worker(reader, scans, tmp_path):
    driver = start(reader, scans, tmp_path, "--shard-size", "2", "--processes", "2")
    for count in (0, 3):
        wait_until(lambda: len(list_shards(tmp_path)) >= count)  # noqa: B023
        with contextlib.suppress(psutil.NoSuchProcess, IndexError):
            os.kill(psutil.Process(driver.pid).children()[0].pid, signal.SIGKILL)
    assert driver.wait() == 1
    check_rows(tmp_path, reader, scans)


def test_gives_an_error_to_an_image_that_ends_every_process(netchu, reader, scans, tmp_path, monkeypatch):
    script = """
import os, sys
from netchu.bulk import shard_reading, worker
load = shard_reading._load_file
shard_reading._load_file = lambda filesystem, path: os.abort() if path.endswith("02.png") else load(filesystem, path)
worker.main()
"""
    monkeypatch.setattr(reading_process, "COMMAND", [sys.executable, "-c", script])
    assert netchu(f"{scans}/0[1-3].png", tmp_path, "--processes", 1)[0] == 1
    errors = {id: row["error"] for id, row in read_rows(tmp_path).items()}
    assert errors == {
        "01.png": None,
        "02.png": "the process that read this image was ended several times",
        "03.png": None,
    }


def test_reports_a_worker_that_cannot_start(netchu, scans, tmp_path, monkeypatch):
    monkeypatch.setattr(reading_process, "COMMAND", [sys.executable, "-c", "raise SystemExit(7)"])
    status, err = netchu(scans, tmp_path)
    assert status == 2 and "3 processes that read it ended (status " in err


def test_reports_output_that_cannot_be_written(netchu, scans, tmp_path):
    (tmp_path / "file").touch()
    status, err = netchu(scans, tmp_path / "file" / "out")
    assert status == 2 and "cannot be written" in err and err.count("\n") == 1


def test_rejects_output_inside_the_input(netchu, scans):
    status, err = netchu(scans, scans / "texts")
    assert status == 2 and "inside the input; name a folder outside it" in err


def test_names_the_missing_package(netchu, scans, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    status, err = netchu(scans, tmp_path, "--engine", "ray")
    assert status == 2 and "needs the package ray; install netchu with its extra: pip install '.[ray]'" in err
    status, err = netchu(scans, tmp_path, "--address", "auto")
    assert status == 2 and "--address needs --engine ray" in err


def test_ray_writes_the_same_files(netchu, reader, scans, tmp_path):
    """And goes on after a kill of one of its processes."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-ray.txt")
    netchu(scans, tmp_path / "local", "--shard-size", 7)
    driver = start(reader, scans, tmp_path / "ray", "--shard-size", "7", "--engine", "ray", "--processes", "2")
    wait_until(lambda: list_shards(tmp_path / "ray"))
    for process in psutil.Process(driver.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.cmdline()[1:] == reading_process.COMMAND[1:]:
                process.kill()
                break
    assert driver.wait() == 1
    for name in list_shards(tmp_path / "local"):
        assert (tmp_path / "local" / name).read_bytes() == (tmp_path / "ray" / name).read_bytes()
    check_rows(tmp_path / "ray", reader, scans)
