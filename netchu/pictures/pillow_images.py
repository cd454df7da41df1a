"""Decoding of all formats that Pillow reads, from untrusted sources."""

import contextlib
import io
import re
import threading
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from netchu.core.errors import NetchuError
from netchu.pictures.images import MAX_FILE_PIXELS, MAX_PIXELS

PILLOW_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP", "AVIF")
"""Formats that Pillow may try; EPS is not among them, since Pillow would run Ghostscript on an untrusted file."""

MAX_HEIF_PIXELS = 125_000_000
"""Limit of width times height of a HEIF or AVIF file, whose decoders need twice the memory of the others."""

# Pillow's own limit, for which it warns, and raises at twice the value, is below MAX_FILE_PIXELS.
Image.MAX_IMAGE_PIXELS = MAX_FILE_PIXELS

_MAX_MISSING = 1 / 4
"""Limit of the fraction of a JPEG's pixels that a file without its last bytes may lack."""

_START_OF_SCAN, _END_OF_JPEG = b"\xff\xda", b"\xff\xd9"

_LARGE = threading.Lock()
"""Held while an image of more than MAX_PIXELS is decoded."""


def decode_with_pillow(data: bytes, warn: Callable[[str], None]) -> np.ndarray:
    """Decode an image file as `decode_image` does."""
    try:
        with damage_as_netchu_error(), contextlib.ExitStack() as resources:
            return _decode(data, warn, resources)
    except UnidentifiedImageError:  # its message contains a memory address, different in every run
        raise NetchuError(f"not an image in a known format ({', '.join(PILLOW_FORMATS)}, HEIF), and no PDF") from None


def convert_pillow_image(image: Image.Image) -> np.ndarray:
    """Return the pixels of a Pillow image like `decode_image`; raise NetchuError for a damaged or too large one."""
    with damage_as_netchu_error():
        large = _check_size(image)
        with _LARGE if large else contextlib.nullcontext():
            if large:
                image = _halve(image)
            else:
                image.load()  # raises the error of damaged pixels, which the next lines would suppress
            with contextlib.suppress(Exception):  # the pixels are good even if the EXIF block is damaged
                image = ImageOps.exif_transpose(image)
            return _convert_pixels(image, _count_bits(image))


@contextlib.contextmanager
def damage_as_netchu_error() -> Iterator[None]:
    """Raise the errors of Pillow's decoders as NetchuError, except for UnidentifiedImageError."""
    try:
        yield
    except (NetchuError, FileNotFoundError, UnidentifiedImageError):
        raise
    except Image.DecompressionBombError:
        raise NetchuError(f"more than {MAX_FILE_PIXELS // 10**6} million pixels") from None
    except Exception as error:  # Pillow's readers raise OSError, SyntaxError, ValueError, struct.error and others
        raise NetchuError(f"damaged image ({' '.join(str(error).split()) or type(error).__name__})") from None


def _decode(data: bytes, warn: Callable[[str], None], resources: contextlib.ExitStack) -> np.ndarray:
    # Opening reads only the header, so a decompression bomb is rejected before its pixels are unpacked.
    image = resources.enter_context(_open(data))
    large = _check_size(image)
    if large:
        resources.enter_context(_LARGE)
    deep = any(";16" in str(tile.args) for tile in image.tile)
    if image.format in ("JPEG", "MPO") and _END_OF_JPEG not in data[data.rfind(_START_OF_SCAN) :]:
        image = resources.enter_context(_open(data + _END_OF_JPEG))
        _load(image, large)
        missing = _find_missing(image, data)
        if missing > _MAX_MISSING:
            raise NetchuError("damaged image (a large part of it is missing)")
        warn(f"the end of the file is missing, and with it {missing:.1%} of the picture")
    else:
        _load(image, large)
    if large and image.width * image.height > MAX_PIXELS:
        whole, image = image, _halve(image)
        whole.close()
    elif deep and image.mode in ("RGB", "RGBA"):
        _restore_dark_values(image, data)
    # The pixels are good even if the EXIF block is damaged.
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)
    return _convert_pixels(image, _count_bits(image))


def _open(data: bytes) -> Image.Image:
    brands = data[8:64] if data[4:8] == b"ftyp" else b""
    if not brands or b"avif" in brands or b"avis" in brands:
        return Image.open(io.BytesIO(data), formats=PILLOW_FORMATS)
    from pillow_heif.as_plugin import HeifImageFile  # takes 0.04 s, needed only for these files

    return HeifImageFile(io.BytesIO(data))


def _check_size(image: Image.Image) -> bool:
    """Return True if an image must be reduced; raise NetchuError if it is too large."""
    width, height = image.size
    limit = MAX_HEIF_PIXELS if image.format in ("AVIF", "HEIF") else MAX_FILE_PIXELS
    if width * height > limit:
        raise NetchuError(f"{width} x {height} pixels, more than {limit // 10**6} million")
    return width * height > MAX_PIXELS


def _load(image: Image.Image, halve: bool) -> None:
    """Load the pixels; with `halve`, those of a JPEG at half its width and height, which takes less memory."""
    if halve and image.format in ("JPEG", "MPO"):
        image.draft(None, (image.width // 2, image.height // 2))
    image.load()


def _halve(image: Image.Image) -> Image.Image:
    """Return an image, converted to grey, RGB or RGBA of 8 bits, at half its width and height."""
    width, height = image.size
    bits, halved, rows = _count_bits(image), None, 512
    for top in range(0, height, rows):  # converting all rows at once would take several times the memory
        band = image.crop((0, top, width, min(top + rows, height)))
        band = Image.fromarray(_convert_pixels(band, bits)).reduce(2)
        halved = halved or Image.new(band.mode, ((width + 1) // 2, (height + 1) // 2))
        halved.paste(band, (0, top // 2))
    with contextlib.suppress(Exception):  # of a damaged EXIF block
        halved.getexif()[0x0112] = image.getexif().get(0x0112, 1)
    return halved


def _count_bits(image: Image.Image) -> int:
    """Return the number of bits of the values of an image: 8, or the even number that the largest of 16 bits needs."""
    if not image.mode.startswith("I"):
        return 8
    return _round_bits(image.getextrema()[1])


def _round_bits(largest: float) -> int:
    bits = int(largest).bit_length()
    return min(max(8, bits + bits % 2), 16)


def _convert_pixels(image: Image.Image, bits: int) -> np.ndarray:
    if image.mode.startswith("I"):
        # Pillow stores 16-bit grey as I;16 or, from some formats, as 32-bit integers of the same range.
        return _scale(np.clip(np.asarray(image, np.int32), 0, 65535), bits)
    if image.mode == "F":
        raise NetchuError("floating-point pixels, whose range is unknown; save the image with 8 bits")
    if image.has_transparency_data:
        return np.asarray(image.convert("RGBA"))
    return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))


def _scale(values: np.ndarray, bits: int) -> np.ndarray:
    return (values * 255 // (2**bits - 1)).astype(np.uint8)


def _restore_dark_values(image: Image.Image, data: bytes) -> None:
    """Scale the colours of a 16-bit image up in place if they need at most 14 bits.

    Pillow keeps only the upper 8 of 16 bits of a colour, so that 8-bit values become black.
    """
    if max(high for _, high in image.getextrema()[:3]) >= 64:
        return
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.shape[:2] != (image.height, image.width):
        return
    if values.ndim == 2 or values.shape[2] < len(image.mode):
        return
    values = values[:, :, [2, 1, 0, 3][: len(image.mode)]].astype(np.int32)
    for channels in (slice(0, 3), slice(3, 4))[: len(image.mode) - 2]:
        values[:, :, channels] = _scale(values[:, :, channels], _round_bits(values[:, :, channels].max()))
    image.paste(Image.fromarray(values.astype(np.uint8)))


def _find_missing(image: Image.Image, data: bytes) -> float:
    """Return the fraction of the pixels of a JPEG that are missing because its file is cut off."""
    if not _starts_last_scan(data, len(image.getbands())):
        return 1.0
    # The decoder makes missing blocks mid-grey, which hardly any square of a photograph is in all its pixels.
    grey = np.abs(np.asarray(image).astype(np.int16) - 128) <= 1
    if grey.ndim == 3:
        grey = grey.all(axis=2)
    return float(cv2.morphologyEx(grey.astype(np.uint8), cv2.MORPH_OPEN, np.ones((4, 4), np.uint8)).mean())


def _starts_last_scan(data: bytes, components: int) -> bool:
    """Return True if a JPEG file, cut off or not, contains the start of its last scan.

    A progressive file refines the whole picture scan by scan. The last ones contain the lowest bits (Al = 0) of the
    first and of the last frequency of each component (ITU-T T.81, sections B.2.3 and G.1.1).
    """
    found, position = set(), 2
    while position + 4 <= len(data):
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4])
        header, position = data[position + 4 : position + 2 + length], position + 2 + length
        if marker != 0xDA:
            continue
        if len(header) != length - 2 or len(header) < 4:
            break
        first, last, bits = header[-3:]
        if bits & 15 == 0:
            ends = [end for end, present in (("first", first == 0), ("last", last == 63)) if present]
            found |= {(component, end) for component in header[1:-3:2] for end in ends}
        following = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]").search(data, position)
        position = following.start() if following else len(data)
    return len(found) == 2 * components
