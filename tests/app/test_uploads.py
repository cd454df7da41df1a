import io
import uuid

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from app import uploads
from app.uploads import UploadedPage, decode_page
from netchu.core.errors import NetchuError
from netchu.pages import image_files

PICTURES = [np.random.default_rng(seed).integers(0, 256, (40 + seed, 60, 3)).astype(np.uint8) for seed in range(3)]


def encode_pages(kind: str) -> bytes:
    file = io.BytesIO()
    first, *others = (Image.fromarray(picture) for picture in PICTURES)
    first.save(file, kind, save_all=True, append_images=others)
    return file.getvalue()


def encode_heic() -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(PICTURES[0])).save(file)
    return file.getvalue()


def encode_avif() -> bytes:
    file = io.BytesIO()
    Image.fromarray(PICTURES[0]).save(file, "AVIF")
    return file.getvalue()


FILES = {
    "a.png": cv2.imencode(".png", PICTURES[0])[1].tobytes(),
    "a.jpg": cv2.imencode(".jpg", PICTURES[0])[1].tobytes(),
    "a.webp": cv2.imencode(".webp", PICTURES[0])[1].tobytes(),
    "a.gif": encode_pages("GIF"),
    "a.bmp": cv2.imencode(".bmp", PICTURES[0])[1].tobytes(),
    "a.heic": encode_heic(),
    "a.avif": encode_avif(),
    "a.tif": encode_pages("TIFF"),
    "a.pdf": encode_pages("PDF"),
}


def split_into_pages(name: str, data: bytes) -> list[UploadedPage]:
    return uploads.split_into_pages(name, data, uuid.uuid4().hex)


@pytest.mark.parametrize("name", FILES)
def test_splits_and_decodes_like_files(name, tmp_path):
    (tmp_path / name).write_bytes(FILES[name])
    expected = list(image_files.find_pages([tmp_path / name]))
    pages = split_into_pages(name, FILES[name])
    assert len(pages) == len(expected) == (3 if name in ("a.tif", "a.pdf") else 1)
    for page, file in zip(pages, expected, strict=True):
        assert (page.number, page.pages) == (file.number, file.pages)
        np.testing.assert_array_equal(decode_page(page), image_files.open_page(file))


@pytest.mark.parametrize("suffix", ["heic", "heif", "avif", "jpe", "jfif", "bmp", "gif", "png", "jpg", "tif", "pdf"])
def test_accepts_files_of_every_format(suffix):
    assert suffix in uploads.FILE_TYPES


def test_passes_warnings_on():
    messages = []
    decode_page(split_into_pages("a.jpg", FILES["a.jpg"][:-2])[0], messages.append)
    assert messages == ["the end of the file is missing, and with it 0.0% of the picture"]


def test_names_pages():
    assert [str(page) for page in split_into_pages("a.pdf", FILES["a.pdf"])] == [
        "a.pdf, 1/3",
        "a.pdf, 2/3",
        "a.pdf, 3/3",
    ]
    assert [str(page) for page in split_into_pages("a.png", FILES["a.png"])] == ["a.png"]


DAMAGED = {
    "empty": b"",
    "PDF": b"%PDF-1.7",
    "text": b"no picture",
    "TIFF": FILES["a.tif"][:200],
    "PNG": FILES["a.png"][:60],
}


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", DAMAGED)
def test_reports_damage_in_one_line(name):
    for page in split_into_pages(name, DAMAGED[name]):
        with pytest.raises(NetchuError) as caught:
            decode_page(page)
        assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("size", [0, 10, 200, len(FILES["a.tif"]) // 2])
def test_reports_damaged_later_page_like_file(size, tmp_path):
    data = FILES["a.tif"]
    (tmp_path / "a.tif").write_bytes(data[:size])
    messages = []
    for opening in (
        lambda: decode_page(split_into_pages("a.tif", data)[2]._replace(data=data[:size])),
        lambda: image_files.open_page(image_files.PageFile(tmp_path / "a.tif", 3, 3)),
    ):
        with pytest.raises(NetchuError, match="damaged image") as caught:
            opening()
        messages.append(str(caught.value))
    assert messages[0] == messages[1] and "0x" not in messages[0] and str(tmp_path) not in messages[0]


def test_examines_file_once(monkeypatch):
    first = uploads.split_into_pages("a.tif", FILES["a.tif"], "once")
    monkeypatch.setattr(uploads, "count_pages", None)
    monkeypatch.setattr(uploads, "hashlib", None)
    assert uploads.split_into_pages("a.tif", FILES["a.tif"], "once") == first
