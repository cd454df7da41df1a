"""The command `netchu read`: its output in every format, its errors and its exit status."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pandas as pd
import pillow_heif
import pypdfium2
import pytest
from PIL import Image

from netchu.__main__ import main
from netchu.commands import page_reading as command
from netchu.core.errors import NetchuError
from netchu.pages.image_files import PageFile
from netchu.pages.recognizer import Recognizer
from tests.netchu.tiny_model import write_tiny_model, write_tiny_reader


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_tiny_reader(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def netchu(model, capfd):
    """Return a function that runs `netchu read` and returns exit status, standard output and errors."""

    def run(*arguments):
        status = main(["read", "--model", str(model), *map(str, arguments)])
        out, err = capfd.readouterr()
        return status, out, errors(err)

    return run


def errors(err: str) -> str:
    """Return standard error without progress reports, which appear only on a slow machine."""
    return re.sub(r"^read: \d+ of \d+\n", "", err, flags=re.MULTILINE)


def picture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    image = np.full((80, 900), 250, np.uint8)
    points = np.stack([np.linspace(30, 800, 60), rng.integers(15, 65, 60)], axis=1)
    return cv2.polylines(image, [points.astype(np.int32)], False, 40, 2, cv2.LINE_AA)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with three lines, a blank image and a damaged one."""
    for number in (1, 2, 10):
        Image.fromarray(picture(number)).save(tmp_path / f"{number}.png")
    Image.fromarray(np.full((80, 900), 250, np.uint8)).save(tmp_path / "blank.png")
    (tmp_path / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return tmp_path


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def texts(model, *numbers: int) -> list[str]:
    """Read these pictures one by one, without the command."""
    recognizer = Recognizer.load(model)
    return [recognizer.read(picture(number)).text for number in numbers]


def test_reads_text_of_a_folder(netchu, folder, model):
    status, out, err = netchu(folder)
    assert out.splitlines() == [*texts(model, 1, 2, 10), ""]
    assert status == 1
    assert err.splitlines()[0].startswith(f"netchu read: {folder}/damaged.png: ")
    assert err.splitlines()[1:] == ["netchu read: 1 of 5 images failed"]


def test_prints_only_the_text(netchu, folder, model):
    assert netchu(folder / "2.png") == (0, texts(model, 2)[0] + "\n", "")


def test_writes_jsonl(netchu, folder, model):
    status, out, _ = netchu("--format", "jsonl", "--layout", "line", folder / "1.png", folder / "blank.png")
    rows = [json.loads(row) for row in out.splitlines()]
    assert status == 0
    assert [row["path"] for row in rows] == [str(folder / "1.png"), str(folder / "blank.png")]
    assert [row["text"] for row in rows] == [*texts(model, 1), ""]
    assert all(0 <= row["confidence"] <= 1 and unicodedata.is_normalized("NFC", row["text"]) for row in rows)
    assert rows[0]["confidence"] > 0 == rows[1]["confidence"]


def test_writes_csv(netchu, folder):
    _, out, _ = netchu("--format", "csv", folder / "1.png", folder / "2.png")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["path"] for row in rows] == [str(folder / "1.png"), str(folder / "2.png")]
    assert "\r" not in out


def test_writes_byte_order_mark_only_to_csv_files(netchu, folder, tmp_path):
    """Excel reads a CSV file as UTF-8 only with the mark; other programs take the mark for a part of the text."""
    for kind, suffix in (("csv", "csv"), ("text", "txt"), ("jsonl", "jsonl"), ("alto", "xml")):
        netchu("--format", kind, "--output", tmp_path / "out", folder / "1.png")
        marked = (tmp_path / "out" / f"1.{suffix}").read_bytes().startswith(b"\xef\xbb\xbf")
        assert marked == (kind == "csv")
        _, out, _ = netchu("--format", kind, folder / "1.png")
        assert not out.startswith("\ufeff")


def test_reads_its_csv_file_in_pandas_and_with_quotes(netchu, folder, tmp_path, model):
    (folder / "1.png").rename(folder / 'tờ "1", An.png')
    netchu("--format", "csv", "--output", tmp_path / "out", folder / 'tờ "1", An.png')
    table = pd.read_csv(tmp_path / "out" / 'tờ "1", An.csv')
    assert list(table.columns[:4]) == ["path", "page", "line", "text"]
    assert list(table["path"]) == [str(folder / 'tờ "1", An.png')] and list(table["text"]) == texts(model, 1)


@pytest.mark.parametrize(
    ("kind", "suffix", "line"),
    [
        ("alto", ".xml", ".//{*}TextLine"),
        ("page", ".xml", ".//{*}TextLine"),
        ("hocr", ".hocr", ".//{*}span[@class='ocr_line']"),
    ],
)
def test_writes_one_xml_document_per_image(netchu, folder, tmp_path, kind, suffix, line):
    status, out, _ = netchu("--format", kind, folder / "1.png")
    assert status == 0 and len(ElementTree.fromstring(out.encode()).findall(line)) == 1
    status, out, err = netchu("--format", kind, folder)
    assert (status, out) == (2, "")
    assert err == f"netchu read: error: --format {kind} writes one document per image; name a folder with --output\n"
    status, out, _ = netchu("--format", kind, "--output", tmp_path / "xml", folder)
    assert (status, out) == (1, "")
    assert names(tmp_path / "xml") == [name + suffix for name in ("1", "10", "2", "blank")]
    assert len(ElementTree.parse(tmp_path / "xml" / f"2{suffix}").findall(line)) == 1
    assert ElementTree.parse(tmp_path / "xml" / f"blank{suffix}").findall(line) == []


def test_writes_one_pdf_per_file_with_all_its_pages(netchu, folder, tmp_path, model):
    images = [Image.fromarray(picture(number)) for number in (1, 2)]
    images[0].save(folder / "x.tif", save_all=True, append_images=images[1:])
    status, out, err = netchu("--format", "pdf", "--output", tmp_path / "pdf", folder)
    assert (status, out) == (1, "") and "damaged.png" in err
    assert names(tmp_path / "pdf") == ["1.pdf", "10.pdf", "2.pdf", "blank.pdf", "x.pdf"]
    assert read_pdf(tmp_path / "pdf" / "x.pdf") == texts(model, 1, 2)
    assert read_pdf(tmp_path / "pdf" / "10.pdf") == texts(model, 10)
    assert read_pdf(tmp_path / "pdf" / "blank.pdf") == [""]


def read_pdf(path) -> list[str]:
    """Return the text of each page."""
    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]


@pytest.mark.parametrize(("damaged", "readable"), [(2, (1, 10)), (3, (1, 2))], ids=["within", "at the end"])
def test_writes_the_readable_pages_of_a_file_to_its_pdf(netchu, tmp_path, model, monkeypatch, damaged, readable):
    images = [Image.fromarray(picture(number)) for number in (1, 2, 10)]
    images[0].save(tmp_path / "x.tif", save_all=True, append_images=images[1:])
    real = command.open_page

    def open_page(file):
        if file.number == damaged:
            raise NetchuError("damaged image")
        return real(file)

    monkeypatch.setattr(command, "open_page", open_page)
    status, _, err = netchu("--format", "pdf", "--output", tmp_path / "pdf", tmp_path / "x.tif")
    assert status == 1 and f"x.tif, page {damaged}: damaged image" in err and "1 of 3 images failed" in err
    assert f"warning: {tmp_path}/pdf/x.pdf lacks the pages that could not be read: {damaged}\n" in err
    assert read_pdf(tmp_path / "pdf" / "x.pdf") == texts(model, *readable)


def test_pdf_needs_an_output_folder(netchu, folder):
    status, out, err = netchu("--format", "pdf", folder / "1.png")
    assert (status, out) == (2, "")
    assert err == "netchu read: error: --format pdf writes one PDF per file; name a folder with --output\n"


def test_pdf_needs_its_packages(netchu, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pikepdf", None)
    for module in ("netchu.commands.pdf_files", "netchu.pages.searchable_pdf"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    status, _, err = netchu("--format", "pdf", "--output", folder, folder / "1.png")
    assert status == 2 and "--format pdf needs the package pikepdf; install netchu with its extra" in err


def test_does_not_replace_a_pdf_that_it_reads(netchu, folder):
    Image.fromarray(picture(1)).save(folder / "x.pdf", resolution=300)
    before = (folder / "x.pdf").read_bytes()
    status, _, err = netchu("--format", "pdf", "--output", folder, folder / "x.pdf")
    assert status == 1 and f"{folder}/x.pdf exists; remove it, or name another folder" in err
    assert (folder / "x.pdf").read_bytes() == before


def test_writes_the_pdf_of_a_file_named_twice_once(netchu, folder, tmp_path, model):
    status, _, err = netchu("--format", "pdf", "--output", tmp_path / "pdf", *[folder / "1.png"] * 2)
    assert (status, err) == (0, "") and read_pdf(tmp_path / "pdf" / "1.pdf") == texts(model, 1)


def test_names_the_pdf_that_cannot_be_written_and_writes_the_others(netchu, folder):
    (folder / "out" / "1.pdf").mkdir(parents=True)
    status, _, err = netchu("--format", "pdf", "--output", folder / "out", folder / "1.png", folder / "2.png")
    assert status == 1 and names(folder / "out") == ["1.pdf", "2.pdf"]
    assert err.splitlines() == [
        f"netchu read: {folder}/1.png: cannot be written to {folder}/out/1.pdf (Is a directory)",
        "netchu read: 1 of 2 images failed",
    ]


def test_writes_other_formats_to_output_folder(netchu, folder, tmp_path, model):
    assert netchu("--output", tmp_path / "out", folder / "1.png") == (0, "", "")
    assert (tmp_path / "out" / "1.txt").read_text(encoding="utf-8") == texts(model, 1)[0] + "\n"
    netchu("--format", "csv", "--output", tmp_path / "out", folder / "1.png")
    assert (tmp_path / "out" / "1.csv").read_bytes().startswith(b"\xef\xbb\xbfpath,")


def test_rejects_two_images_with_the_same_output_file(netchu, folder, tmp_path):
    Image.fromarray(picture(1)).save(folder / "1.jpg")
    status, out, err = netchu("--format", "alto", "--output", tmp_path / "xml", folder)
    assert (status, out) == (2, "") and "1.jpg and " in err and "would both be written to" in err
    assert not (tmp_path / "xml").exists()


def save_lines(folder, *names: str) -> None:
    for number, name in enumerate(names, 1):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture(number)).save(folder / name)


def written(folder) -> dict[str, str]:
    """Return the text of each file at any depth of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8").strip() for path in files}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["scans"], ["w1/1.txt", "w2/1.txt", "w2/b/1.txt"]),
        (["scans/w1", "scans/w2"], ["w1/1.txt", "w2/1.txt", "w2/b/1.txt"]),
        (["scans/w1/1.png", "scans/w2/1.png", "./scans/w1/../w2/b/1.png"], ["w1/1.txt", "w2/1.txt", "w2/b/1.txt"]),
        (["scans/w2"], [None, "1.txt", "b/1.txt"]),
        (["scans/w2/b", "scans/w1/1.png"], ["w1/1.txt", None, "w2/b/1.txt"]),
    ],
    ids=["one folder", "two folders", "files", "a folder with a subfolder", "a folder and a file"],
)
def test_keeps_folders_of_the_input(netchu, tmp_path, model, monkeypatch, arguments, expected):
    monkeypatch.chdir(tmp_path)
    save_lines(tmp_path, "scans/w1/1.png", "scans/w2/1.png", "scans/w2/b/1.png")
    assert netchu("--output", "out", *arguments) == (0, "", "")
    assert written(tmp_path / "out") == {
        name: text for name, text in zip(expected, texts(model, 1, 2, 3), strict=True) if name
    }


def test_keeps_folders_of_files_named_on_standard_input(netchu, tmp_path, model, monkeypatch):
    save_lines(tmp_path, "w1/1.png", "w2/1.png")
    listing = "\n".join(str(tmp_path / name) for name in ("w1/1.png", "w2/1.png"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(listing.encode())))
    assert netchu("--output", tmp_path / "out", "-") == (0, "", "")
    assert list(written(tmp_path / "out").values()) == texts(model, 1, 2)


def test_overwrites_no_file(netchu, folder, tmp_path, model):
    out = tmp_path / "out"
    out.mkdir()
    (out / "1.txt").write_text("corrected by hand")
    status, printed, err = netchu("--output", out, folder / "1.png", folder / "2.png", folder / "2.png")
    assert (status, printed) == (1, "")
    assert err.splitlines() == [
        f"netchu read: {folder}/1.png: {out}/1.txt exists; remove it, or name another folder with --output",
        "netchu read: 1 of 3 images failed",
    ]
    assert written(out) == {"1.txt": "corrected by hand", "2.txt": texts(model, 2)[0]}


def test_overwrites_no_file_of_an_earlier_run(netchu, tmp_path, model):
    """The second run writes the text of the new picture alone."""
    save_lines(tmp_path, "scans/a/1.png")
    netchu("--output", tmp_path / "out", tmp_path / "scans")
    (tmp_path / "out" / "a" / "1.txt").write_text("corrected by hand")
    save_lines(tmp_path, "scans/a/1.png", "scans/a/2.png")
    assert netchu("--output", tmp_path / "out", tmp_path / "scans")[0] == 1
    assert written(tmp_path / "out") == {"a/1.txt": "corrected by hand", "a/2.txt": texts(model, 2)[0]}


def test_overwrites_no_picture_in_its_own_folder(netchu, folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    netchu("--output", folder, folder)
    assert {name: (folder / name).read_bytes() for name in before} == before


@pytest.mark.parametrize("name", ["1.heic", "1.HEIF", "1.avif", "1.jpe", "1.jfif", "1.bmp", "1.gif"])
def test_reads_every_format_in_a_folder(netchu, tmp_path, model, name):
    pillow_heif.register_heif_opener()
    kind = {"jpe": "JPEG", "jfif": "JPEG", "heic": "HEIF"}.get(name[2:].lower(), name[2:].upper())
    Image.fromarray(picture(1)).save(tmp_path / name, kind, quality=95)
    status, out, err = netchu("--layout", "line", "--format", "jsonl", tmp_path)
    assert (status, err) == (0, "") and json.loads(out)["path"] == str(tmp_path / name)
    assert json.loads(out)["text"]


def test_names_pictures_of_a_folder_that_cannot_be_read(netchu, folder, model):
    (folder / "damaged.png").unlink()
    for name in ("scan.jp2", "drawing.svg", "raw.DNG", "cut.heic", "notes.txt", "table.xlsx"):
        (folder / name).write_bytes(b"II*\0 no picture")
    (folder / "table.xlsx").write_bytes(b"PK\3\4")
    (folder / "notes.txt").write_text("Số 5")
    status, out, err = netchu(folder)
    assert status == 1 and out.splitlines() == [*texts(model, 1, 2, 10), ""]
    *named, last = err.splitlines()
    assert last == "netchu read: 4 of 8 images failed"
    assert [row.split(": ")[1] for row in named] == [
        f"{folder}/{name}" for name in ("cut.heic", "drawing.svg", "raw.DNG", "scan.jp2")
    ]
    assert named[2].endswith(".dng files cannot be read; convert the picture to JPEG or PNG")


def test_reads_pictures_of_a_folder_without_their_suffix(netchu, tmp_path, model):
    save_lines(tmp_path, "1.png")
    (tmp_path / "1.png").rename(tmp_path / "scan")
    Image.fromarray(picture(2)).save(tmp_path / "x.pdf", save_all=True, append_images=[Image.fromarray(picture(3))])
    (tmp_path / "x.pdf").rename(tmp_path / "x.pdf_1")
    status, out, _ = netchu("--format", "jsonl", tmp_path)
    rows = [json.loads(row) for row in out.splitlines()]
    assert status == 0
    assert [(Path(row["path"]).name, row["page"]) for row in rows] == [("scan", 1), ("x.pdf_1", 1), ("x.pdf_1", 2)]


def test_warns_of_a_jpeg_without_its_end(netchu, tmp_path):
    Image.fromarray(picture(1)).save(tmp_path / "ảnh.jpg")
    data = (tmp_path / "ảnh.jpg").read_bytes()
    (tmp_path / "ảnh.jpg").write_bytes(data[:-20])
    status, out, err = netchu(tmp_path)
    assert status == 0 and out.strip()
    message = r"the end of the file is missing, and with it \d+\.\d% of the picture"
    assert re.fullmatch(rf"netchu read: warning: {tmp_path}/ảnh\.jpg: {message}\n", err)
    (tmp_path / "ảnh.jpg").write_bytes(data[: len(data) // 2])
    status, out, err = netchu(tmp_path)
    assert (status, out) == (1, "") and "damaged image (a large part of it is missing)" in err


def test_reads_all_pages_of_a_tiff_and_a_pdf(netchu, tmp_path, model):
    images = [Image.fromarray(picture(number)) for number in (1, 2)]
    images[0].save(tmp_path / "x.tif", save_all=True, append_images=images[1:])
    images[0].save(tmp_path / "x.pdf", save_all=True, append_images=images[1:], resolution=300)
    status, out, _ = netchu("--format", "jsonl", tmp_path / "x.tif", tmp_path / "x.pdf")
    rows = [json.loads(row) for row in out.splitlines()]
    assert status == 0 and [row["page"] for row in rows] == [1, 2, 1, 2]
    assert [row["text"] for row in rows[:2]] == texts(model, 1, 2)
    netchu("--format", "alto", "--output", tmp_path / "xml", tmp_path / "x.pdf")
    assert names(tmp_path / "xml") == ["x-0001.xml", "x-0002.xml"]


@pytest.mark.parametrize("delay", [0.0, 1000.0], ids=["slow", "fast"])
@pytest.mark.parametrize("separator", ["\n", "\r\n", "\0"])
def test_reads_files_named_on_standard_input(netchu, folder, model, monkeypatch, separator, delay):
    monkeypatch.setattr("netchu.core.progress._DELAY", delay)
    names = separator.join([str(folder / "10.png"), str(folder / "1.png"), ""])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(names.encode())))
    status, out, err = netchu("-", folder / "2.png")
    assert (status, out.splitlines(), err) == (0, texts(model, 10, 1, 2), "")


@pytest.mark.parametrize("others", [[], ["1.png"]], ids=["alone", "beside a name"])
def test_rejects_empty_standard_input(netchu, folder, monkeypatch, others):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n")))
    status, out, err = netchu(*others, "-")
    assert (status, out, err) == (2, "", "netchu read: error: standard input names no files\n")


def test_reports_missing_images_and_reads_the_others(netchu, folder, model):
    (folder / "empty").mkdir()
    status, out, err = netchu(folder / "nothing.png", folder / "1.png", folder / "empty")
    assert (status, out.splitlines()) == (1, texts(model, 1))
    first, second, last = err.splitlines()
    assert first == f"netchu read: {folder}/nothing.png: no such file or folder"
    assert second.startswith(f"netchu read: {folder}/empty: no images in this folder")
    assert last == "netchu read: 2 of 3 images failed"


def test_leaves_out_lines_of_low_confidence(netchu, folder, model):
    confidences = {number: Recognizer.load(model).read(picture(number)).confidence for number in (1, 2, 10)}
    best = max(confidences, key=confidences.get)
    limit = sorted(confidences.values())[1] + 1e-6
    status, out, err = netchu("--min-confidence", limit, *(folder / f"{number}.png" for number in (1, 2, 10)))
    assert status == 0
    assert [row for row in out.splitlines() if row] == texts(model, best) and out.count("\n") == 3
    assert err == f"netchu read: lines left out, of confidence below {limit}: 2\n"


@pytest.mark.parametrize("value", ["-0.1", "1.1", "x", "nan", ""])
def test_rejects_invalid_confidence(netchu, folder, capfd, value):
    with pytest.raises(SystemExit) as caught:
        netchu("--min-confidence", value, folder)
    assert caught.value.code == 2
    assert f"--min-confidence: '{value}' is not a number from 0 to 1" in capfd.readouterr().err


@pytest.mark.parametrize("decoder", ["greedy", "beam"])
def test_reads_with_each_decoder(netchu, folder, decoder):
    status, out, _ = netchu("--decoder", decoder, "--format", "jsonl", folder / "1.png")
    assert status == 0 and json.loads(out)["confidence"] > 0


def test_prefers_words_of_a_file(netchu, folder, model):
    words = ["qử"]
    (folder / "words.txt").write_text("\n".join(words), encoding="utf-8")
    status, out, _ = netchu("--words", folder / "words.txt", folder / "1.png")
    expected = Recognizer.load(model, words).read(folder / "1.png").text
    assert (status, out) == (0, expected + "\n")
    assert "qử" in expected and "qử" not in texts(model, 1)[0]


def test_names_the_words_file_that_is_no_text(netchu, folder):
    status, out, err = netchu("--words", folder / "1.png", folder / "1.png")
    assert (status, out) == (2, "")
    assert err == (
        f"netchu read: error: {folder}/1.png: is no UTF-8 text; save it as plain text with the encoding UTF-8\n"
    )


def test_rejects_words_without_the_beam_search(netchu, folder):
    (folder / "words.txt").write_text("Huế", encoding="utf-8")
    status, out, err = netchu("--words", folder / "words.txt", "--decoder", "greedy", folder / "1.png")
    assert (status, out) == (2, "")
    assert err == "netchu read: error: --words has no effect with --decoder greedy; leave out one of them\n"


def test_names_the_model_that_cannot_be_loaded(folder, tmp_path, capfd):
    assert main(["read", "--model", str(tmp_path / "none"), str(folder)]) == 2
    out, err = capfd.readouterr()
    assert out == "" and err == (
        f"netchu read: error: {tmp_path}/none: no such folder, or no model.json in it; name the folder of a reader\n"
    )
    assert main(["read", "--model", str(tmp_path / "none"), "--format", "csv", str(folder)]) == 2
    assert capfd.readouterr().out == ""
    network = write_tiny_model(tmp_path / "network")
    assert main(["read", "--model", str(network), str(folder)]) == 2
    assert capfd.readouterr().err.startswith(f"netchu read: error: {network}/language_model.bin: no readable language")


@pytest.mark.parametrize("format", ["text", "pdf"])
def test_names_the_output_folder_that_cannot_be_written_before_it_reads(netchu, folder, monkeypatch, format):
    (folder / "taken").write_text("a file")
    monkeypatch.setattr(command, "open_page", lambda page: pytest.fail("a picture was opened"))
    for output, reason in ((folder / "taken", "File exists"), (Path("/proc"), "No such file or directory")):
        status, out, err = netchu("--format", format, "--output", output, folder / "1.png")
        assert (status, out) == (2, "")
        assert err == (
            f"netchu read: error: {output}: cannot be written ({reason}); name another folder with --output\n"
        )


def test_writes_the_text_of_a_file_that_is_named_in_two_ways(netchu, folder, tmp_path, model, monkeypatch):
    monkeypatch.chdir(folder)
    assert netchu("--output", tmp_path / "out", "1.png", folder / "1.png") == (0, "", "")
    assert written(tmp_path / "out") == {"1.txt": texts(model, 1)[0]}


def test_names_the_file_that_cannot_be_written_and_writes_the_others(netchu, folder, model):
    long = "ộ" * 83  # 249 bytes: the name of the text is nearly as long as a name may be
    (folder / "2.png").rename(folder / f"{long}.p")
    (folder / "out" / "1.txt").mkdir(parents=True)
    status, out, err = netchu("--output", folder / "out", folder / "1.png", folder / f"{long}.p", folder / "10.png")
    assert (status, out) == (1, "")
    assert err.splitlines() == [
        f"netchu read: {folder}/1.png: cannot be written to {folder}/out/1.txt (Is a directory)",
        "netchu read: 1 of 3 images failed",
    ]
    assert (folder / "out" / "10.txt").read_text() == texts(model, 10)[0] + "\n"
    assert (folder / "out" / f"{long}.txt").read_text() == texts(model, 2)[0] + "\n"


def test_reads_a_picture_from_a_pipe(model, folder):
    with process("--model", model, "/dev/stdin", stdin=subprocess.PIPE) as running:
        out, err = running.communicate((folder / "1.png").read_bytes())
    assert (out.decode().splitlines(), errors(err.decode())) == (texts(model, 1), "")


@pytest.mark.parametrize("buffered", ["", "1"])
def test_reports_a_full_disk_in_one_line(model, folder, buffered):
    """Python raises the error at the first write or at the last flush."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "netchu", "read", "--model", str(model), "--format", "csv", str(folder / "1.png")],
            stdout=full, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": buffered},
        )  # fmt: skip
    assert errors(done.stderr) == "netchu read: error: standard output: cannot be written (No space left on device)\n"
    assert done.returncode == 2


def test_accepts_closed_output_and_rejects_closed_input(model, folder):
    command = f"{sys.executable} -m netchu read --model {model} --output {folder}/out"
    done = subprocess.run(f"{command} {folder}/1.png >&-", shell=True, capture_output=True, text=True)
    assert (done.returncode, errors(done.stderr)) == (0, "")
    assert (folder / "out" / "1.txt").read_text() == texts(model, 1)[0] + "\n"
    done = subprocess.run(f"{command} - <&-", shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "netchu read: error: standard input is closed\n")


def test_help_names_every_option(capfd):
    with pytest.raises(SystemExit) as caught:
        main(["read", "--help"])
    assert caught.value.code == 0
    text = capfd.readouterr().out
    for word in (
        "--layout",
        "--format",
        "--output",
        "--decoder",
        "--min-confidence",
        "--model",
        "--lang",
        "exit status",
    ):
        assert word in text
    assert max(map(len, text.splitlines())) <= 100


def process(*arguments, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "netchu", "read", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def test_ends_quietly_when_its_output_is_closed(model, folder):
    many = [folder / "1.png"] * 400
    with process("--model", model, "--format", "jsonl", *many) as running:
        running.stdout.readline()
        running.stdout.close()
        assert "Traceback" not in (err := running.stderr.read().decode()) and "Exception" not in err
        assert running.wait() == 0


def test_writes_utf_8_in_any_locale(model, folder):
    (folder / "1.png").rename(folder / "tờ.png")
    with process(
        "--model", model, "--format", "jsonl", folder / "tờ.png", env={**os.environ, "LC_ALL": "C"}
    ) as running:
        out, _ = running.communicate()
    assert json.loads(out)["path"].endswith("tờ.png") and "tờ" in out.decode("utf-8")


def test_imports_no_heavy_package(model, folder):
    slow = ("tensorflow", "keras", "pandas", "pyarrow", "scipy", "sklearn", "pypdfium2", "pillow_heif", "jiwer", "onnx")
    slow += (
        "pydantic",
        "ruamel.yaml",
        "tqdm",
        "xml.etree.ElementTree",
        "multiprocessing",
        "netchu.pages.word_features",
    )
    code = f"from netchu.__main__ import main; main(['read', '--model', {str(model)!r}, {str(folder / '1.png')!r}])"
    code += f"; import sys; assert not set({slow}) & set(sys.modules), set({slow}) & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_reports_progress_on_standard_error(model, folder, monkeypatch, capfd):
    monkeypatch.setattr("netchu.core.progress._DELAY", 0.0)
    main(["read", "--model", str(model), str(folder / "1.png"), str(folder / "2.png")])
    out, err = capfd.readouterr()
    assert "read: 0 of 2\n" in err and errors(err) == "" and "read:" not in out


def test_memory_does_not_grow_with_the_number_of_images(netchu, folder, monkeypatch):
    """At most a few hundred of 1,000 images are in memory at any time."""
    opened, written, waiting = [], [], []
    line = picture(1)[10:70, :100]

    def open_page(file):
        opened.append(file)
        return line

    def write(file, page):
        written.append(file)
        waiting.append(len(opened) - len(written))

    monkeypatch.setattr(command, "open_page", open_page)
    monkeypatch.setattr(command, "_make_writer", lambda arguments, targets: write)
    monkeypatch.setattr(command, "find_pages", lambda paths: [PageFile(folder)] * 1000)
    assert netchu("--layout", "line", folder)[0] == 0
    assert len(written) == 1000 and max(waiting) < 400
