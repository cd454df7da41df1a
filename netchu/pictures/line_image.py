"""The line image, input of the network: dark ink on white paper, trimmed, of fixed height, aspect ratio kept.

Training, command line and app all use these functions, so that the network always gets the same kind of image.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import cv2
import numpy as np

from netchu.core.errors import NetchuError
from netchu.core.settings import check_flag, check_number
from netchu.pictures.illumination import PAPER, normalise_illumination, to_grey
from netchu.pictures.ink import Pieces, find_pieces, find_trim_box
from netchu.pictures.slant import deslant, estimate_slant, shear, unshear_points
from netchu.pictures.slope import deslope, estimate_slope, level, unlevel_points
from netchu.pictures.squared_paper import erase_squares
from netchu.pictures.thresholding import threshold

MIN_WIDTH = 16
"""Pixels: narrower line images are padded with white on the right."""

MAX_ASPECT = 100
"""Width over height of a trimmed line above which it is rejected; a line of 70 characters has about 20."""


Threshold = Literal["none", "otsu", "adaptive", "sauvola"]
"""Methods that make a picture black and white."""


@dataclass(frozen=True, kw_only=True)
class PreprocessParams:
    """Settings of the line image, the `preprocess` group of params.yaml; raises ValueError for an impossible one."""

    height: int  # pixels, 16 to 256
    blur: float  # Gaussian sigma in pixels of the original image, 0 to 5; 0: none
    threshold: Threshold
    deslope: bool = False  # models trained before this parameter existed lack it
    deslant: bool
    margin: int = 0  # pixels of the line image before the writing, 0 to 64; older models lack it, too

    def __post_init__(self):
        check_number("height", self.height, int, 16, 256)
        check_number("blur", self.blur, float, 0, 5)
        if self.threshold not in get_args(Threshold):
            raise ValueError(f"threshold should be one of {', '.join(get_args(Threshold))}, found {self.threshold!r}")
        check_number("margin", self.margin, int, 0, 64)
        check_flag("deslope", self.deslope)
        check_flag("deslant", self.deslant)


class LocatedLine(NamedTuple):
    """A line image, and the part of the original picture that it shows after its margin."""

    image: np.ndarray  # uint8 (params.height, width); the first params.margin columns are the margin
    corners: np.ndarray  # float (4, 2): x and y in pixels of the picture, clockwise from the upper left
    pieces: Pieces  # of the picture, before it was levelled


def line_image(image: np.ndarray, params: PreprocessParams) -> np.ndarray:
    """Make the line image of a decoded picture of one line.

        params = PreprocessParams(height=48, blur=0.0, threshold="none", deslant=False)
        line_image(decode_image(Path("line.png").read_bytes()), params).shape  # (48, 930), for instance

    Args:
        image: uint8, (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA.
        params: settings.

    Returns:
        uint8, (params.height, width), dark ink on white, width at least MIN_WIDTH + params.margin.

    Raises:
        NoInk: the picture shows no writing, or none that is dark enough after `params.blur` and `params.threshold`.
        NetchuError: the ink is more than MAX_ASPECT times as wide as high.
    """
    return locate_line(image, params).image


def locate_line(image: np.ndarray, params: PreprocessParams) -> LocatedLine:
    """Return the line image as `line_image` does, and its corners in `image`.

    The corners are those of an upright box, or of a parallelogram after `params.deslope` and `params.deslant`.
    """
    picture = erase_squares(normalise_illumination(to_grey(image)))
    picture = threshold(blur(picture, params.blur), params.threshold)
    pieces = original_pieces = find_pieces(picture)
    width = picture.shape[1]
    slope = estimate_slope(pieces) if params.deslope else 0.0
    if slope:
        picture = level(picture, slope)
        pieces = find_pieces(picture)
    slant = estimate_slant(pieces) if params.deslant else 0.0
    if slant:
        picture, pieces = shear(picture, slant), None
    left, top, right, bottom = find_trim_box(picture, pieces)
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
    corners = unlevel_points(unshear_points(corners, slant, len(picture)), slope, width)
    return LocatedLine(cut_out(picture, (left, top, right, bottom), params), corners, original_pieces)


def line_image_steps(image: np.ndarray, params: PreprocessParams) -> dict[str, np.ndarray]:
    """Return the picture after every step of `line_image`, by name and in order, for display; last the line image."""
    steps = {"grey": to_grey(image)}
    steps["illumination"] = erase_squares(normalise_illumination(steps["grey"]))
    steps["blur"] = blur(steps["illumination"], params.blur)
    steps["threshold"] = threshold(steps["blur"], params.threshold)
    steps["deslope"] = deslope(steps["threshold"]) if params.deslope else steps["threshold"]
    steps["deslant"] = deslant(steps["deslope"]) if params.deslant else steps["deslope"]
    left, top, right, bottom = box = find_trim_box(steps["deslant"])
    steps["trim"] = steps["deslant"][top:bottom, left:right]
    steps["resize"] = cut_out(steps["deslant"], box, params)
    return steps


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blur with a Gaussian of standard deviation `sigma` pixels; 0: return the image as it is."""
    return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0 else image


def cut_out(picture: np.ndarray, box: tuple[int, int, int, int], params: PreprocessParams) -> np.ndarray:
    """Return the line image of the writing in `box` (left, top, right, bottom), with its margin.

    The first letters at the very edge of a line image would be read worse. The margin is what the picture shows there,
    such as ruled lines that go on, and white beyond the picture.
    """
    left, top, right, bottom = box
    margin = round(params.margin * (bottom - top) / params.height)
    missing = max(margin - left, 0)
    crop = picture[top:bottom, left - margin + missing : right]
    if missing:
        crop = cv2.copyMakeBorder(crop, 0, 0, missing, 0, cv2.BORDER_CONSTANT, value=PAPER)
    return resize(crop, params.height, MIN_WIDTH + params.margin)


def resize(image: np.ndarray, height: int, min_width: int = MIN_WIDTH) -> np.ndarray:
    """Scale to `height` pixels, aspect ratio kept, at least `min_width` wide; raise NetchuError above MAX_ASPECT."""
    old_height, old_width = image.shape
    if old_width > MAX_ASPECT * old_height:
        raise NetchuError(
            f"the writing is {old_width} x {old_height} pixels, wider than {MAX_ASPECT} times its height: not one line"
        )
    width = max(round(old_width * height / old_height), 1)
    shrinking = height < old_height
    scaled = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)
    return cv2.copyMakeBorder(scaled, 0, 0, 0, max(min_width - width, 0), cv2.BORDER_CONSTANT, value=PAPER)
