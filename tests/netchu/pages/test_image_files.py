"""Image files: the order in which they are found, and every kind of page decoded or rejected."""

import io
import os
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pytest
from PIL import Image, TiffImagePlugin

from netchu.core.errors import NetchuError
from netchu.pages import image_files
from netchu.pages.image_files import PageFile, find_pages, open_page
from netchu.pictures.images import PictureWarning
from netchu.pictures.pillow_images import convert_pillow_image

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (24, 60, 3), np.uint8)
GREYS = [np.full((20, 30 + number), 40 * number, np.uint8) for number in range(3)]


def save(path, *arrays, **options):
    images = [Image.fromarray(array) for array in arrays]
    path.parent.mkdir(parents=True, exist_ok=True)
    images[0].save(path, **({"save_all": True, "append_images": images[1:]} if images[1:] else {}), **options)
    return path


def test_finds_images_at_any_depth_in_natural_order(tmp_path):
    names = ["2.png", "10.JPG", "b/1.webp", "b/c/x.tif", "a 9.png", "a 10.png", "1.png"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in [".hidden.png", "notes.txt", "labels.json", "b/Thumbs.db"]:
        (tmp_path / name).touch()
    found = [str(page.path.relative_to(tmp_path)) for page in find_pages([tmp_path])]
    assert found == ["1.png", "2.png", "10.JPG", "a 9.png", "a 10.png", "b/1.webp", "b/c/x.tif"]


def test_counts_pages_whatever_the_suffix(tmp_path):
    for name, number in {"a.jpg": 1, "b.jpg": 2, "c": 3}.items():
        save(tmp_path / "x.tif", *[PHOTO] * number).rename(tmp_path / name)
    save(tmp_path / "x.pdf", PHOTO, PHOTO).rename(tmp_path / "d.png")
    found = [(page.path.name, page.number) for page in find_pages([tmp_path])]
    assert found == [
        ("a.jpg", 1),
        *(("b.jpg", n) for n in (1, 2)),
        *(("c", n) for n in (1, 2, 3)),
        ("d.png", 1),
        ("d.png", 2),
    ]


@pytest.mark.parametrize("name", ["x.jpe", "x.JFIF", "x.heic", "x.hif", "x.avif", "x.pnm", "x"])
def test_finds_pictures_of_every_suffix(tmp_path, name):
    save(tmp_path / "x.jpg", PHOTO).rename(tmp_path / name)
    (page,) = find_pages([tmp_path])
    assert page.path.name == name and open_page(page).shape == PHOTO.shape


def test_leaves_pipes_and_unreadable_files_alone(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # reading it would wait forever
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    save(tmp_path / "1.png", PHOTO)
    assert [page.path.name for page in find_pages([tmp_path])] == ["1.png"]


@pytest.mark.parametrize("name", ["x.dng", "x.CR2", "x.svg"])
def test_rejects_pictures_that_cannot_be_read(tmp_path, name):
    """A raw photograph is a TIFF file, in which Pillow finds a small preview."""
    save(tmp_path / "x.tif", PHOTO).rename(tmp_path / name)
    (page,) = find_pages([tmp_path])
    with pytest.raises(NetchuError, match=f"^{name[1:].lower()} files cannot be read; convert the picture"):
        open_page(page)


def test_warns_with_the_name_of_a_cut_file(tmp_path):
    path = save(tmp_path / "x.jpg", cv2.resize(PHOTO, (600, 400)))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.warns(PictureWarning, match=f"^{path}: the end of the file is missing"):
        open_page(PageFile(path))


def test_keeps_order_of_named_files_with_any_suffix(tmp_path):
    named = [tmp_path / "z.png", tmp_path / "scan", tmp_path / "a.png", tmp_path / "missing.png"]
    assert [page.path for page in find_pages(map(str, named))] == named


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".ppm", ".dat"])
def test_decodes_lossless_files(tmp_path, suffix):
    path = save(tmp_path / f"x{suffix}", PHOTO, format="PNG" if suffix == ".dat" else None)
    (page,) = find_pages([path])
    np.testing.assert_array_equal(open_page(page), PHOTO)
    assert str(page) == str(path)


@pytest.mark.parametrize("suffix", [".webp", ".jpg"])
def test_decodes_lossy_files(tmp_path, suffix):
    smooth = cv2.GaussianBlur(PHOTO, (0, 0), 5)
    path = save(tmp_path / f"x{suffix}", smooth, quality=100)
    assert np.abs(open_page(PageFile(path)).astype(int) - smooth).max() < 12


def test_decodes_every_page_of_a_tiff(tmp_path):
    path = save(tmp_path / "x.tiff", *GREYS, compression="tiff_deflate")
    pages = list(find_pages([path]))
    assert [(page.number, page.pages) for page in pages] == [(1, 3), (2, 3), (3, 3)]
    assert str(pages[1]) == f"{path}, page 2"
    for page, expected in zip(pages, GREYS, strict=True):
        np.testing.assert_array_equal(open_page(page), expected)


def test_turns_each_page_of_a_tiff_upright(tmp_path):
    file = tmp_path / "x.tif"
    with TiffImagePlugin.AppendingTiffWriter(str(file), True) as writer:
        for orientation in (1, 6):
            Image.fromarray(PHOTO).save(writer, "TIFF", tiffinfo={274: orientation})
            writer.newFrame()
    first, second = find_pages([file])
    np.testing.assert_array_equal(open_page(first), PHOTO)
    np.testing.assert_array_equal(open_page(second), np.rot90(PHOTO, -1))


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "jpeg"])
def test_rejects_a_damaged_page_of_a_tiff(tmp_path, compression):
    path = save(tmp_path / "x.tif", *GREYS, compression=compression)
    with Image.open(path) as image:
        image.seek(1)
        start = image.tag_v2[TiffImagePlugin.STRIPOFFSETS][0]
    data = path.read_bytes()
    path.write_bytes(data[:start] + b"\0\1\2\3" + data[start + 4 :])
    first, second, third = find_pages([path])
    assert (open_page(first) == GREYS[0]).all() and open_page(third).shape == GREYS[2].shape
    with pytest.raises(NetchuError, match="damaged image"):
        open_page(second)
    with pytest.raises(NetchuError, match="damaged image"), Image.open(path) as image:
        image.seek(1)
        convert_pillow_image(image)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_reports_the_pages_that_a_cut_tiff_lacks(tmp_path):
    path = save(tmp_path / "x.tif", *GREYS, compression="tiff_deflate")
    data = path.read_bytes()
    with Image.open(path) as image:
        image.seek(1)
        start = image.tag_v2[TiffImagePlugin.STRIPOFFSETS][0]
    for missing in (data[:start], data[:start] + bytes(len(data) - start)):
        path.write_bytes(missing)
        first, second = find_pages([path])
        assert (open_page(first) == GREYS[0]).all()
        with pytest.raises(NetchuError, match="damaged image"):
            open_page(second)


def test_renders_every_page_of_a_pdf(tmp_path):
    """The resolution is 300 dots per inch for pictures of any resolution."""
    pictures = [np.full((60, 100 + 10 * number, 3), 90 * number, np.uint8) for number in range(3)]
    path = save(tmp_path / "x.pdf", *pictures, resolution=100, quality=100)
    pages = list(find_pages([path]))
    assert [page.number for page in pages] == [1, 2, 3]
    for page, picture in zip(pages, pictures, strict=True):
        rendered = open_page(page)
        height, width = picture.shape[:2]
        assert rendered.dtype == np.uint8 and np.abs(np.subtract(rendered.shape, (3 * height, 3 * width, 3))).max() <= 1
        assert abs(int(rendered[90, 150, 0]) - int(picture[0, 0, 0])) < 4


def test_renders_colour_pdf_with_another_suffix(tmp_path):
    picture = np.zeros((30, 40, 3), np.uint8)
    picture[:] = 200, 100, 30
    path = save(tmp_path / "x.pdf", picture, quality=100).rename(tmp_path / "scan.jpg")
    np.testing.assert_allclose(open_page(PageFile(path))[20, 20].astype(int), (200, 100, 30), atol=4)


def test_renders_a_poster_at_lower_resolution(tmp_path, monkeypatch):
    monkeypatch.setattr(image_files, "MAX_PIXELS", 500_000)
    document = pypdfium2.PdfDocument.new()
    document.new_page(2500, 4500)
    document.save(tmp_path / "x.pdf")
    height, width = open_page(PageFile(tmp_path / "x.pdf")).shape[:2]
    assert 490_000 < height * width < 502_000 and height / width == pytest.approx(1.8, rel=0.01)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.png", b"", "empty file"),
        ("x.png", b"no image", r"not an image in a known format \(.*\), and no PDF"),
        ("x.png", b"\x89PNG\r\n\x1a\n" + bytes(40), "damaged|not an image"),
        ("x.pdf", b"%PDF-1.7 nothing more", "damaged PDF, or one without pages"),
        ("x.tif", b"II*\0" + bytes(30), "damaged|not an image"),
    ],
)
def test_rejects_damaged_files_in_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    (page,) = find_pages([tmp_path / name])
    with pytest.raises(NetchuError, match=message) as caught:
        open_page(page)
    assert "\n" not in str(caught.value) and "0x" not in str(caught.value)


def test_rejects_truncated_files(tmp_path):
    for name, arrays in {"x.tif": GREYS, "x.pdf": [PHOTO, PHOTO], "x.jpg": [PHOTO]}.items():
        path = save(tmp_path / name, *arrays)
        pages = list(find_pages([path]))
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
        with pytest.raises(NetchuError):
            open_page(pages[-1])
        assert len(list(find_pages([path]))) >= 1


def test_yields_a_folder_that_cannot_be_listed(tmp_path, monkeypatch):
    save(tmp_path / "1.png", PHOTO)
    (tmp_path / "locked").mkdir()
    (tmp_path / "more").symlink_to(tmp_path)  # a loop
    scandir, iterdir = os.scandir, Path.iterdir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return path

    monkeypatch.setattr(os, "scandir", lambda path: scandir(refuse(path)))
    monkeypatch.setattr(Path, "iterdir", lambda path: iterdir(refuse(path)))
    first, second = find_pages([tmp_path])
    assert (first.path, second.path) == (tmp_path / "1.png", tmp_path / "locked")
    with pytest.raises(NetchuError, match=r"cannot be opened \(Permission denied"):
        open_page(second)


def test_reports_missing_files_and_empty_folders(tmp_path):
    with pytest.raises(NetchuError, match="no such file or folder"):
        open_page(PageFile(tmp_path / "nothing.png"))
    with pytest.raises(NetchuError, match=r"cannot be opened \(embedded null byte"):
        open_page(PageFile(tmp_path / "a\0b.png"))
    (empty,) = find_pages([tmp_path])
    with pytest.raises(NetchuError, match=r"no images in this folder \(their names end in .*\.png"):
        open_page(empty)


def modes():
    rgb = Image.fromarray(PHOTO)
    alpha = Image.fromarray(np.dstack([PHOTO, PHOTO[:, :, 0]]))
    palette = rgb.quantize(16)
    transparent = palette.copy()
    transparent.info["transparency"] = 3
    return {
        "1": rgb.convert("1"),
        "L": rgb.convert("L"),
        "P": palette,
        "P transparent": transparent,
        "RGB": rgb,
        "RGBA": alpha,
        "LA": alpha.convert("LA"),
        "CMYK": rgb.convert("CMYK"),
        "YCbCr": rgb.convert("YCbCr"),
        "HSV": rgb.convert("HSV"),
        "I;16": Image.fromarray(PHOTO[:, :, 0].astype(np.uint16) * 257),
    }


@pytest.mark.parametrize("mode", modes())
def test_converts_pillow_images_of_every_mode(mode):
    image = modes()[mode]
    pixels = convert_pillow_image(image)
    assert pixels.dtype == np.uint8 and pixels.shape[:2] == PHOTO.shape[:2]
    if mode in ("1", "L", "I;16"):
        expected = PHOTO[:, :, 0] if mode == "I;16" else np.asarray(image.convert("L"))
    else:
        expected = np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))
    assert pixels.shape == expected.shape
    assert np.abs(pixels.astype(int) - expected).max() == 0


def test_turns_a_pillow_image_upright_without_changing_it():
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(PHOTO).save(file, "PNG", exif=exif)
    image = Image.open(file)
    np.testing.assert_array_equal(convert_pillow_image(image), np.rot90(PHOTO, -1))
    assert image.size == (60, 24)


def test_ignores_damaged_exif_of_a_pillow_image():
    file = io.BytesIO()
    Image.fromarray(PHOTO).save(file, "PNG", exif=b"Exif\0\0garbage!")
    np.testing.assert_array_equal(convert_pillow_image(Image.open(file)), PHOTO)


def test_rejects_pillow_images_that_are_too_large_or_of_floats():
    with pytest.raises(NetchuError, match="more than 200 million"):
        convert_pillow_image(Image.new("1", (20_000, 10_001)))
    with pytest.raises(NetchuError, match="floating-point"):
        convert_pillow_image(Image.new("F", (10, 6)))
