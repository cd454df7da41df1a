"""The pages of a TIFF file, which are its frames."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from netchu.core.errors import NetchuError
from netchu.pictures.pillow_images import convert_pillow_image, damage_as_netchu_error


def count_frames(file: Path | bytes) -> int:
    """Return the number of frames of a TIFF file, a path or its bytes; raise an exception if it is no TIFF file.

    The first frame that is damaged or missing, as in a file that is cut off, is the last one counted: `decode_frame`
    reports it.
    """
    frames = 1
    with _open(file) as image:
        try:
            while True:
                image.seek(frames)
                frames += 1
        except EOFError:
            return frames
        except Exception:  # of many types, as those of Pillow's decoders
            return frames + 1


def decode_frame(file: Path | bytes, number: int) -> np.ndarray:
    """Decode frame `number`, from 1, as `decode_image` does; raise NetchuError if it is damaged."""
    try:
        with damage_as_netchu_error(), _open(file) as image:
            image.seek(number - 1)
            return convert_pillow_image(image)
    except UnidentifiedImageError:  # its message contains the file's name or a memory address
        raise NetchuError("damaged image") from None


def _open(file: Path | bytes) -> Image.Image:
    return Image.open(io.BytesIO(file) if isinstance(file, bytes) else file, formats=["TIFF"])
