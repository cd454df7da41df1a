"""Decodes the bytes of an image file from anywhere into an array of pixels, or says what is wrong with them."""

import contextlib
import io

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from netchu.core.errors import NetchuError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
"""Formats that Pillow may try; its others include EPS, which would run Ghostscript on a stranger's file."""

MAX_PIXELS = 50_000_000
"""Width times height of a phone's largest photograph: a small file that claims more must not fill the memory."""


def decode_image(data: bytes) -> np.ndarray:
    """Decode an image file, turned upright by its EXIF orientation; of several frames, the first.

    Returns:
        uint8 of shape (height, width) for grey, (height, width, 3) for RGB, (height, width, 4) for RGBA
        (straight alpha) where the file holds transparency. 16-bit grey is scaled to 8 bits; palettes, CMYK and other
        colour spaces become RGB. The array may be read-only.

    Raises:
        NetchuError: the bytes are no image, a damaged or truncated one, or one of more than MAX_PIXELS pixels. The
            message does not name the file, which only the caller knows.
    """
    if not data:
        raise NetchuError("empty file")
    try:
        # Opening reads the header alone, so that a bomb is refused before its pixels are unpacked.
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise NetchuError(f"{width} x {height} pixels, more than {MAX_PIXELS // 10**6} million")
            image.load()
            _turn_upright(image)
            return _pixels(image)
    except NetchuError:
        raise
    except UnidentifiedImageError:  # its message holds a memory address, which would differ from run to run
        raise NetchuError(f"not an image in a known format ({', '.join(FORMATS)})") from None
    except Exception as error:  # Pillow's readers raise OSError, SyntaxError, ValueError, struct.error and others
        raise NetchuError(f"damaged image ({' '.join(str(error).split()) or type(error).__name__})") from None


def _turn_upright(image: Image.Image) -> None:
    # A damaged EXIF block must not cost the line: the pixels are good.
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)


def _pixels(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I"):
        # Pillow keeps 16-bit grey as I;16 or, read from some formats, as 32-bit integers of the same range.
        return (np.clip(np.asarray(image, np.int32), 0, 65535) // 257).astype(np.uint8)
    if image.mode == "F":
        raise NetchuError("floating-point pixels, whose range is unknown; save the image with 8 bits")
    if image.has_transparency_data:
        return np.asarray(image.convert("RGBA"))
    return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))
