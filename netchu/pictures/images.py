"""Decoding of image files from untrusted sources into arrays of pixels."""

import contextlib
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from netchu.core.errors import NetchuError

MAX_PIXELS = 50_000_000
"""Limit of width times height of a decoded image; a larger one is reduced to half its width and height."""

MAX_FILE_PIXELS = 4 * MAX_PIXELS
"""Limit of width times height of an image file: a small file must not fill the memory.

Decoding an image of this size takes at most 1.4 GB beside the file itself. Images of more than MAX_PIXELS are decoded
one at a time.
"""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_PNG_GREY, _PNG_RGB = 0, 2
"""Colour types."""

_PLAIN_CHUNKS = {b"IHDR", b"IDAT", b"IEND", b"bKGD", b"cHRM", b"gAMA", b"pHYs", b"sRGB", b"tEXt", b"tIME"}
"""PNG chunks that do not change the picture. Others can have an orientation, transparency, or more frames."""

_ORIENTED_TEXT = (b"exif", b"raw profile", b"xmp", b"xml:")
"""How the keywords of those tEXt chunks begin that can have an orientation, in lower case."""


class PictureWarning(UserWarning):
    """A warning that a part of an image is missing."""


def warn_user(message: str) -> None:
    """Issue a PictureWarning."""
    warnings.warn(message, PictureWarning, stacklevel=2)


def decode_image(data: bytes, warn: Callable[[str], None] = warn_user) -> np.ndarray:
    """Decode an image file, turned upright by its EXIF orientation; of several frames, return the first.

        pixels = decode_image(Path("line.png").read_bytes())

    An image of more than MAX_PIXELS is reduced to half its width and height.

    Args:
        warn: called with a message if a JPEG file lacks its last bytes, and at most a quarter of its pixels.

    Returns:
        uint8 of shape (height, width) for grey, (height, width, 3) for RGB, (height, width, 4) for RGBA
        (straight alpha) for files with transparency. 16-bit values are scaled to 8 bits; if none needs more than 8,
        10, 12 or 14 bits, they count as values of so many bits. Palettes, CMYK and other colour spaces become RGB.
        The array may be read-only.

    Raises:
        NetchuError: the bytes are not an image, or it is damaged, truncated or larger than MAX_FILE_PIXELS. The message
            does not name the file, which only the caller knows.
    """
    if not data:
        raise NetchuError("empty file")
    if (pixels := _decode_plain_png(data)) is not None:
        return pixels
    from netchu.pictures.pillow_images import decode_with_pillow  # takes 20 ms, which a plain PNG need not wait for

    return decode_with_pillow(data, warn)


def _decode_plain_png(data: bytes) -> np.ndarray | None:
    """Return the pixels of a PNG file of 8 bits, grey or RGB, as scanners and programs write it; None for another file.

    OpenCV decodes it in 0.5 to 0.85 of the time of Pillow. A file that it cannot decode is left to Pillow.
    """
    if not data.startswith(_PNG_SIGNATURE + b"\0\0\0\x0dIHDR"):
        return None
    if not all(_is_plain(name, content) for name, content in _png_chunks(data)):
        return None
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    if depth != 8 or colour not in (_PNG_GREY, _PNG_RGB) or interlaced or not 0 < width * height <= MAX_PIXELS:
        return None
    flags = cv2.IMREAD_GRAYSCALE if colour == _PNG_GREY else cv2.IMREAD_COLOR_RGB
    with contextlib.suppress(cv2.error):  # of a picture wider than OpenCV accepts
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    return None


def _is_plain(name: bytes, content: bytes) -> bool:
    """Return True if a PNG chunk does not change the picture."""
    return name in _PLAIN_CHUNKS and not (name == b"tEXt" and content[:16].lower().startswith(_ORIENTED_TEXT))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of the chunks of a PNG file; the name of a damaged one is empty (PNG, section 5.3)."""
    position, name = len(_PNG_SIGNATURE), b""
    while name != b"IEND":
        length, name = struct.unpack(">I4s", data[position : position + 8].ljust(8, b"\0"))
        position += length + 12
        checked = data[position - length - 8 : position - 4]
        intact = checked and zlib.crc32(checked).to_bytes(4, "big") == data[position - 4 : position]
        yield (name if intact else b""), checked[4:]
