"""Decoding: images of every kind become 8-bit grey, RGB or RGBA; damaged files give a one-line error."""

import io
import struct
import subprocess
import sys
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.tiny_project import ROOT
from netchu.core.errors import NetchuError
from netchu.pictures import images, pillow_images
from netchu.pictures.images import PictureWarning, decode_image
from netchu.pictures.pillow_images import convert_pillow_image

pillow_heif.register_heif_opener()  # to save HEIF files

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (24, 60, 3), np.uint8)


def encode(image: Image.Image | np.ndarray, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(file, kind, **options)
    return file.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(bytes(9)))


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".ppm", ".webp"])
def test_decodes_lossless_colour_like_opencv(suffix):
    options = [cv2.IMWRITE_WEBP_QUALITY, 101] if suffix == ".webp" else []
    data = cv2.imencode(suffix, PHOTO[:, :, ::-1], options)[1].tobytes()
    np.testing.assert_array_equal(decode_image(data), PHOTO)


def test_decodes_jpeg_like_opencv():
    data = encode(PHOTO, "JPEG", quality=90)
    expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.abs(decode_image(data).astype(int) - expected).max() <= 2


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        # Grey remains grey, with or without an alpha channel.
        (Image.fromarray(PHOTO[:, :, 0]), PHOTO[:, :, 0]),
        (Image.fromarray(PHOTO[:, :, :2], "LA"), PHOTO[:, :, [0, 0, 0, 1]]),
        # One bit per pixel, from scanners.
        (Image.fromarray(PHOTO[:, :, 0] > 99), np.where(PHOTO[:, :, 0] > 99, 255, 0)),
        # 16 bits: 0 to 65535 becomes 0 to 255.
        (Image.fromarray(PHOTO[:, :, 0].astype(np.uint16) * 257), PHOTO[:, :, 0]),
        # Palette.
        (Image.fromarray(PHOTO // 64 * 64).quantize(256), PHOTO // 64 * 64),
        # RGBA keeps its alpha channel.
        (Image.fromarray(np.dstack([PHOTO, PHOTO[:, :, 0]])), np.dstack([PHOTO, PHOTO[:, :, 0]])),
    ],
    ids=["grey", "grey-alpha", "one-bit", "16-bit", "palette", "rgba"],
)
def test_decodes_png_of_every_mode(image, expected):
    decoded = decode_image(encode(image))
    assert decoded.dtype == np.uint8
    np.testing.assert_array_equal(decoded, expected)


SMOOTH = cv2.GaussianBlur(cv2.resize(PHOTO, (600, 240)), (0, 0), 8)


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_decodes_photographs_of_phones(kind):
    image = Image.fromarray(SMOOTH)
    data = encode(image, kind, quality=95)
    decoded = decode_image(data)
    assert decoded.shape == SMOOTH.shape and np.abs(decoded.astype(int) - SMOOTH).max() < 12


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_turns_photographs_of_phones_upright(kind):
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(SMOOTH)
    image.info["exif"] = exif.tobytes()  # from which the encoder of HEIF takes the turn, as phones store it
    data = encode(image, kind, quality=95, **({"exif": exif} if kind == "AVIF" else {}))
    upright = np.rot90(SMOOTH, -1)
    decoded = decode_image(data)
    assert decoded.shape == upright.shape and np.abs(decoded.astype(int) - upright).max() < 12


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_keeps_transparency_of_phone_formats(kind):
    image = Image.fromarray(np.dstack([SMOOTH, SMOOTH[:, :, 0]]))
    decoded = decode_image(encode(image, kind, quality=95))
    assert decoded.shape == (*SMOOTH.shape[:2], 4) and np.abs(decoded[:, :, 3].astype(int) - SMOOTH[:, :, 0]).max() < 12


@pytest.mark.parametrize("part", [0.02, 0.5, 0.95])
@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_rejects_cut_photographs_of_phones(kind, part):
    image = Image.fromarray(cv2.resize(PHOTO, (600, 240)))
    data = encode(image, kind)
    with pytest.raises(NetchuError, match=r"damaged|not an image"):
        decode_image(data[: int(part * len(data))])


def large_images() -> dict[str, tuple[bytes, np.ndarray]]:
    """Return images of every kind, and their pixels."""
    rgb, grey = Image.fromarray(SMOOTH), Image.fromarray(SMOOTH[:, :, 0])
    alpha, bilevel = np.dstack([SMOOTH, np.full_like(SMOOTH[:, :, 0], 200)]), SMOOTH[:, :, 0] > 128
    exif = Image.Exif()
    exif[0x0112] = 6
    return {
        "PNG": (encode(rgb), SMOOTH),
        "grey PNG": (encode(grey), SMOOTH[:, :, 0]),
        "PNG with transparency": (encode(alpha), alpha),
        "PNG of one bit": (encode(Image.fromarray(bilevel)), np.where(bilevel, 255, 0)),
        "PNG of 16 bits": (encode(SMOOTH[:, :, 0].astype(np.uint16) * 257), SMOOTH[:, :, 0]),
        "GIF": (encode(rgb.quantize(256), "GIF"), np.asarray(rgb.quantize(256).convert("RGB"))),
        "turned PNG": (encode(rgb, exif=exif), np.rot90(SMOOTH, -1)),
        "JPEG": (encode(rgb, "JPEG", quality=95), SMOOTH),
        "turned JPEG": (encode(rgb, "JPEG", quality=95, exif=exif), np.rot90(SMOOTH, -1)),
        "TIFF of CMYK": (encode(rgb.convert("CMYK"), "TIFF"), SMOOTH),
        "turned TIFF": (encode(rgb, "TIFF", exif=exif), np.rot90(SMOOTH, -1)),
        "HEIF": (encode(rgb, "HEIF", quality=95), SMOOTH),
        "AVIF": (encode(rgb, "AVIF", quality=95), SMOOTH),
    }


@pytest.mark.parametrize("kind", large_images())
def test_halves_large_images(kind, monkeypatch):
    """Averages of 2 x 2 pixels, as OpenCV computes them."""
    for module in (images, pillow_images):
        monkeypatch.setattr(module, "MAX_PIXELS", 100_000)
    data, pixels = large_images()[kind]
    expected = cv2.resize(pixels.astype(np.uint8), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    decoded = decode_image(data)
    assert decoded.shape == expected.shape and np.abs(decoded.astype(int) - expected).max() < 12


@pytest.mark.parametrize("size", [(601, 241), (1, 150_000), (150_001, 1)])
def test_halves_large_images_of_odd_sizes(size, monkeypatch):
    for module in (images, pillow_images):
        monkeypatch.setattr(module, "MAX_PIXELS", 100_000)
    width, height = size
    image = Image.new("L", size, 77)
    for decoded in (decode_image(encode(image)), decode_image(encode(image, "TIFF")), convert_pillow_image(image)):
        assert decoded.shape == ((height + 1) // 2, (width + 1) // 2) and (decoded == 77).all()


MEMORY = """
import resource, sys
from netchu.pictures.images import decode_image
data = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
shape = decode_image(data).shape
print(*shape[:2], (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


LARGE = [("PNG", 7016, 9921), ("PNG", 20_000, 10_000), ("JPEG", 9248, 6936)]


@pytest.mark.parametrize(("kind", "width", "height"), LARGE)
def test_reads_large_pictures_in_the_stated_memory(tmp_path, kind, width, height):
    """A3 at 600 dpi, the largest picture that is read, and a photograph of 64 megapixels."""
    if kind == "PNG":
        header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
        packer = zlib.compressobj(1)
        rows = b"".join(packer.compress(bytes(1 + 4 * width)) for _ in range(height)) + packer.flush()
        data = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
    else:
        data = encode(Image.new("RGB", (width, height), (200, 190, 180)), "JPEG")
    (tmp_path / "large").write_bytes(data)
    done = subprocess.run([sys.executable, "-c", MEMORY, tmp_path / "large"], cwd=ROOT, capture_output=True, text=True)
    found_height, found_width, megabytes = map(int, done.stdout.split())
    assert (found_height, found_width) == ((height + 1) // 2, (width + 1) // 2)
    assert megabytes < 1400


def test_rejects_too_large_photographs_of_phones(monkeypatch):
    monkeypatch.setattr(pillow_images, "MAX_HEIF_PIXELS", 100_000)
    for data in (encode(SMOOTH, "HEIF"), encode(SMOOTH, "AVIF")):
        with pytest.raises(NetchuError, match=r"^600 x 240 pixels, more than 0 million$"):
            decode_image(data)


def test_decodes_one_large_image_at_a_time(monkeypatch):
    for module in (images, pillow_images):
        monkeypatch.setattr(module, "MAX_PIXELS", 100_000)
    opened, most = [], []

    def halve(image):
        opened.append(image)
        most.append(len(opened))
        time.sleep(0.05)
        opened.remove(image)
        return image.copy()

    monkeypatch.setattr(pillow_images, "_halve", halve)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(decode_image, [encode(SMOOTH)] * 4))
    assert most == [1, 1, 1, 1]


def cut_images() -> dict[str, bytes]:
    page = cv2.resize(PHOTO, (600, 400))
    return {
        "colour": encode(page, "JPEG"),
        "grey": encode(page[:, :, 0], "JPEG"),
        "progressive": encode(page, "JPEG", progressive=True, quality=90),
        "with an embedded preview": encode(Image.fromarray(page), "JPEG", exif=b"Exif\0\0" + encode(PHOTO, "JPEG")),
        "CMYK": encode(Image.fromarray(page).convert("CMYK"), "JPEG"),
        "low": encode(page[:30], "JPEG"),
    }


CUT = cut_images()


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("cut", [1, 2, 9, 200])
@pytest.mark.parametrize("kind", CUT)
def test_warns_of_a_jpeg_without_its_last_bytes(kind, cut):
    data = CUT[kind]
    messages = []
    decoded, whole = decode_image(data[:-cut], messages.append), decode_image(data)
    assert len(messages) == 1 and messages[0].startswith("the end of the file is missing, and with it ")
    assert decoded.shape == whole.shape
    upper = slice(0, whole.shape[0] * 3 // 5)
    assert np.abs(decoded[upper].astype(int) - whole[upper]).mean() < 1.5


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("kind", CUT)
def test_rejects_a_jpeg_cut_in_half(kind):
    data = CUT[kind]
    header = data.rindex(b"\xff\xda") if kind != "progressive" else 0
    for size in (header + (len(data) - header) // 2, header + (len(data) - header) // 3):
        with pytest.raises(NetchuError, match="damaged image"):
            decode_image(data[:size])


def test_warns_of_a_large_jpeg_without_its_last_bytes(monkeypatch):
    for module in (images, pillow_images):
        monkeypatch.setattr(module, "MAX_PIXELS", 100_000)
    with pytest.warns(PictureWarning, match="the end of the file is missing"):
        assert decode_image(CUT["colour"][:-100]).shape == (200, 300, 3)
    with pytest.raises(NetchuError, match="a large part of it is missing"):
        decode_image(CUT["colour"][: len(CUT["colour"]) // 2])


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_scales_16_bit_values_by_the_bits_they_need(bits, channels, suffix):
    values = RNG.integers(0, 2**bits, (24, 60, channels)).astype(np.uint16)
    values[0, 0] = 2**bits - 1
    decoded = decode_image(cv2.imencode(suffix, values)[1].tobytes())
    if channels > 1:
        values = values[:, :, [2, 1, 0, 3][:channels]]
    expected = values.reshape(decoded.shape) / (2**bits - 1) * 255
    assert np.abs(decoded - expected).max() <= 1 + (bits == 16)
    if bits == 8:
        np.testing.assert_array_equal(decoded, values.reshape(decoded.shape))


def test_keeps_black_16_bit_images_black():
    for shape in ((24, 60), (24, 60, 3)):
        assert not decode_image(cv2.imencode(".png", np.zeros(shape, np.uint16))[1].tobytes()).any()


def test_turns_transparent_palette_colour_into_alpha():
    image = Image.fromarray((PHOTO[:, :, 0] > 128).astype(np.uint8), "P")
    image.putpalette([255, 0, 0, 0, 0, 255])
    decoded = decode_image(encode(image, transparency=0))
    np.testing.assert_array_equal(decoded[:, :, 3], np.where(PHOTO[:, :, 0] > 128, 255, 0))


def test_converts_cmyk_jpeg_to_rgb():
    white, black = Image.new("CMYK", (32, 32), (0, 0, 0, 0)), Image.new("CMYK", (32, 32), (0, 0, 0, 255))
    assert decode_image(encode(white, "JPEG")).min() > 250
    assert decode_image(encode(black, "JPEG")).max() < 5


def test_turns_image_upright_by_exif():
    exif = Image.Exif()
    exif[0x0112] = 6  # a camera held upright: rotate by 90 degrees clockwise
    decoded = decode_image(encode(PHOTO, exif=exif))
    np.testing.assert_array_equal(decoded, np.rot90(PHOTO, -1))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_ignores_damaged_exif():
    data = encode(PHOTO, "JPEG", exif=b"Exif\0\0MM\0\x2a\0\0\0\x08\xff\xff" + bytes(range(200)))
    assert decode_image(data).shape == PHOTO.shape


def test_returns_first_of_several_frames():
    grey = [Image.fromarray(np.full((20, 30), value, np.uint8)) for value in (50, 200)]
    data = encode(grey[0], "TIFF", save_all=True, append_images=grey[1:])
    assert (decode_image(data) == 50).all()


JPEG, PNG = encode(PHOTO, "JPEG"), encode(PHOTO)

BAD = {
    "empty file": b"",
    "one byte": b"\x89",
    "text": "Số 5, Quận 1".encode(),
    "web page instead of an image": b"<!DOCTYPE html><html><body>404</body></html>",
    "only zeros, like a lost disk block": bytes(4096),
    "PNG cut in its pixels": PNG[: len(PNG) // 2],
    "PNG without its pixels": PNG[:33],
    "PNG whose checksum is wrong": PNG[:60] + bytes([PNG[60] ^ 255]) + PNG[61:],
    "PNG of width 0": png_header(0, 10),
    "PNG bomb: 30,000 x 30,000 pixels in 80 bytes": png_header(30_000, 30_000),
    "PNG of 201 million pixels": png_header(67_000, 3_000),
    "BMP of 400 million pixels": b"BM"
    + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 20_000, 20_000, 1, 24, 0, 0, 0, 0, 0, 0),
    "PNG text that unpacks to 100 MB": PNG[:33] + png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8))) + PNG[33:],
    "JPEG cut in its pixels": JPEG[: len(JPEG) // 2],
    "JPEG cut in its header": JPEG[:30],
    "JPEG without its tables": JPEG[:2] + JPEG[200:],
    "BMP cut": encode(PHOTO, "BMP")[:1000],
    "GIF header alone": encode(PHOTO, "GIF")[:20],
    "TIFF cut": encode(PHOTO, "TIFF")[:200],
    "TIFF of floating-point pixels": encode(np.ones((8, 8), np.float32), "TIFF"),
    "WebP cut": encode(PHOTO, "WEBP")[:100],
    "PostScript, which Pillow would pass to Ghostscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "HEIC from a phone": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64),
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_rejects_bad_images_in_one_line(data):
    with pytest.raises(NetchuError) as caught, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        decode_image(data)
    message = str(caught.value)
    assert message and "\n" not in message
    # No memory address: the message is written to rejected.csv, which must be reproducible.
    assert "0x" not in message


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "AVIF", "HEIF"]), st.data())
def test_any_damage_gives_a_one_line_error_or_an_image(kind, data):
    encoded = bytearray(encode(PHOTO, kind))
    for _ in range(data.draw(st.integers(1, 4))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    del encoded[data.draw(st.integers(0, len(encoded))) :]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = decode_image(bytes(encoded))
    except NetchuError as error:
        assert "\n" not in str(error) and "0x" not in str(error)
    else:
        assert image.dtype == np.uint8 and image.shape[2:] in ((), (3,), (4,))


def test_decodes_photograph_with_embedded_preview():
    """Many phones save MPO: a JPEG file with a second picture after the first."""
    frames = [Image.fromarray(PHOTO), Image.fromarray(PHOTO[:8])]
    assert decode_image(encode(frames[0], "MPO", save_all=True, append_images=frames[1:])).shape == PHOTO.shape


def plain_png(rows: bytes, *chunks: tuple[bytes, bytes], size: tuple[int, int] = (4, 4), colour: int = 0) -> bytes:
    """Return a PNG of 8 bits whose unpacked pixels are `rows`, with further chunks before them."""
    header = struct.pack(">IIBBBBB", *size, 8, colour, 0, 0, 0)
    body = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in body)


EXIF_IN_TEXT = b"Raw profile type exif\0\nexif\n26\n" + b"".join(
    part.hex().encode() + b"\n" for part in (b"Exif\0\0MM\0*\0\0\0\x08\0\1", b"\1\x12\0\3\0\0\0\1\0\3\0\0\0\0\0\0")
)
"""Orientation 3, upside down, as ImageMagick writes it: EXIF in hexadecimal digits, after their number of bytes."""

PLAIN_CHUNKS = [
    [],
    [(b"gAMA", struct.pack(">I", 45455)), (b"pHYs", struct.pack(">IIB", 9, 9, 1))],
    [(b"sRGB", b"\0"), (b"cHRM", struct.pack(">8I", *(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)))],
    [(b"gAMA", struct.pack(">I", 100000)), (b"tIME", struct.pack(">HBBBBB", 2026, 1, 1, 1, 1, 1))],
    [(b"tRNS", b"\0\5")],
    [(b"bKGD", b"\0\xff"), (b"tEXt", b"date:create\x002018-09-15T23:42:07+07:00"), (b"tEXt", b"Comment\0exif")],
    [(b"tEXt", EXIF_IN_TEXT)],
    [(b"tEXt", b'XML:com.adobe.xmp\0<x tiff:Orientation="3"/>')],
]


@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (2, 3)], ids=["grey", "RGB"])
@pytest.mark.parametrize("chunks", PLAIN_CHUNKS)
def test_decodes_plain_png_like_pillow(chunks, colour, channels):
    if colour and chunks and chunks[0][0] in (b"bKGD", b"tRNS"):
        chunks = [(chunks[0][0], b"\0\0\0\1\0\2"), *chunks[1:]]  # the colour of the first pixel
    rows = b"".join(bytes([0, *range(4 * channels * y, 4 * channels * (y + 1))]) for y in range(4))
    data = plain_png(rows, *chunks, colour=colour)
    np.testing.assert_array_equal(decode_image(data), convert_pillow_image(Image.open(io.BytesIO(data))))


def test_decodes_png_too_wide_for_opencv():
    width = 2**20 + 8
    assert decode_image(plain_png(bytes(width + 1), size=(width, 1))).shape == (1, width)


@pytest.mark.parametrize("chunks", [[b"IEND"], [b"sRGB", b"IEND"], [b"IHDR", b"IEND"]])
def test_rejects_png_without_header(chunks):
    with pytest.raises(NetchuError):
        decode_image(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, b"") for name in chunks))


@pytest.mark.parametrize("rows", [bytes(9), bytes(20)[:-1], b"\7" * 20, b""], ids=["half", "cut", "filter", "none"])
def test_rejects_damaged_png_with_correct_checksums(rows):
    for data in (plain_png(rows), plain_png(rows)[:-3], plain_png(bytes(20), (b"IDAT", b"no zlib"))):
        with pytest.raises(NetchuError):
            decode_image(data)
