"""Decoding of image files from untrusted sources into arrays of pixels."""

import contextlib
import io

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from netchu.core.errors import NetchuError

PILLOW_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
"""Formats that Pillow may try; EPS is not among them, since Pillow would run Ghostscript on an untrusted file."""

MAX_PIXELS = 50_000_000
"""Largest width times height, that of large phone photographs; without it, a small file could fill the memory."""


def decode_image(data: bytes) -> np.ndarray:
    """Decode an image file, turned upright by its EXIF orientation; of several frames, return the first.

        pixels = decode_image(Path("line.png").read_bytes())

    Returns:
        uint8 of shape (height, width) for grey, (height, width, 3) for RGB, (height, width, 4) for RGBA
        (straight alpha) for files with transparency. 16-bit grey is scaled to 8 bits. Palettes, CMYK and other colour
        spaces become RGB. The array may be read-only.

    Raises:
        NetchuError: the bytes are not an image, or it is damaged, truncated or larger than MAX_PIXELS. The message does
            not name the file, which only the caller knows.
    """
    if not data:
        raise NetchuError("empty file")
    try:
        # Image.open reads only the header, so a decompression bomb is rejected before its pixels are unpacked.
        with Image.open(io.BytesIO(data), formats=PILLOW_FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise NetchuError(f"{width} x {height} pixels, more than {MAX_PIXELS // 10**6} million")
            image.load()
            _turn_upright(image)
            return _convert_pixels(image)
    except NetchuError:
        raise
    except UnidentifiedImageError:  # its message contains a memory address, different in every run
        raise NetchuError(f"not an image in a known format ({', '.join(PILLOW_FORMATS)})") from None
    except Exception as error:  # Pillow's readers raise OSError, SyntaxError, ValueError, struct.error and others
        raise NetchuError(f"damaged image ({' '.join(str(error).split()) or type(error).__name__})") from None


def _turn_upright(image: Image.Image) -> None:
    # The pixels are good even if the EXIF block is damaged.
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)


def _convert_pixels(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I"):
        # Pillow stores 16-bit grey as I;16 or, from some formats, as 32-bit integers of the same range.
        return (np.clip(np.asarray(image, np.int32), 0, 65535) // 257).astype(np.uint8)
    if image.mode == "F":
        raise NetchuError("floating-point pixels, whose range is unknown; save the image with 8 bits")
    if image.has_transparency_data:
        return np.asarray(image.convert("RGBA"))
    return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))
