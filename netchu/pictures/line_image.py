"""The line image that the network sees: dark ink on white paper, trimmed, of fixed height, aspect ratio kept.

The same functions serve training, command line and app, so that all three show the network the same picture.
"""

import itertools
from typing import Literal, NamedTuple

import cv2
import numpy as np
from pydantic import Field

from netchu.core.errors import NetchuError
from netchu.core.params import Section

FRAME_WIDTH = 4
"""Pixels of the line image's width in one CTC frame, fixed by the network's pooling."""

MIN_WIDTH = 16
"""Pixels: narrower line images are padded with white on the right."""

MAX_ASPECT = 100
"""Width over height of a trimmed line above which it is refused; a line of 70 characters has about 20."""

PAPER = 255

SAUVOLA_K = 0.2
"""How far below the local mean the threshold lies where the local contrast is low."""

_MIN_CONTRAST = 0.1
"""Ink fainter than this fraction of the paper's brightness is left faint: stretched further, paper grain looks like
ink."""

_NOISE_GAIN = 8
"""Standard deviations of the paper's noise that always fit between paper and ink."""

_MIN_STEPS = 6
"""Grey levels that always fit between paper and ink: a nearly black picture has no more than noise to stretch."""

_DARK_PAPER = 140
"""Grey level below which the paper may be a blackboard."""

_FAINT, _DARK = 170, 140
"""Grey levels of a normalised picture: ink is darker than _FAINT and touches something darker than _DARK."""

_MIN_LETTER = 6
"""Pixels of a reduced copy (see _pieces): writing has a piece of ink whose larger side measures as much."""


class NoInk(NetchuError):
    """A picture shows no writing."""


class PreprocessParams(Section):
    """How a line image is made, the `preprocess` group of params.yaml."""

    height: int = Field(ge=16, le=256)  # pixels
    blur: float = Field(ge=0, le=5)  # Gaussian sigma in pixels of the original image, 0: none
    threshold: Literal["none", "otsu", "adaptive", "sauvola"]
    deslant: bool


def required_frames(text: str) -> int:
    """CTC frames that `text` needs: one a character, and a blank between equal neighbours (Graves et al., 2006)."""
    return len(text) + sum(left == right for left, right in itertools.pairwise(text))


def line_image(image: np.ndarray, params: PreprocessParams) -> np.ndarray:
    """The line image of a decoded picture of one line.

    Args:
        image: uint8, (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA.
        params: how to make it.

    Returns:
        uint8, (params.height, width), dark ink on white, width at least MIN_WIDTH.

    Raises:
        NoInk: nothing is written, or what is left of it after `params.blur` and `params.threshold` is too faint.
        NetchuError: the ink is more than MAX_ASPECT times as wide as high.
    """
    return locate_line(image, params)[0]


def locate_line(image: np.ndarray, params: PreprocessParams) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """The line image as `line_image` makes it, and the box that it shows: left, top, right and bottom in pixels.

    The box is that of the picture after `deslant`, where `params` ask for it.
    """
    picture = threshold(blur(normalise_illumination(to_grey(image)), params.blur), params.threshold)
    if params.deslant:
        picture = deslant(picture)
    left, top, right, bottom = box = trim_box(picture)
    return resize(picture[top:bottom, left:right], params.height), box


def line_image_steps(image: np.ndarray, params: PreprocessParams) -> dict[str, np.ndarray]:
    """Every step towards the line image, by name and in order, for people to look at; the last is the line image."""
    steps = {"grey": to_grey(image)}
    steps["illumination"] = normalise_illumination(steps["grey"])
    steps["blur"] = blur(steps["illumination"], params.blur)
    steps["threshold"] = threshold(steps["blur"], params.threshold)
    steps["deslant"] = deslant(steps["threshold"]) if params.deslant else steps["threshold"]
    steps["trim"] = trim(steps["deslant"])
    steps["resize"] = resize(steps["trim"], params.height)
    return steps


def has_ink(grey: np.ndarray) -> bool:
    """Whether a picture, uint8 (height, width), shows writing, not just paper, noise, shading, rules or dust."""
    return bool(_pieces(normalise_illumination(grey)).ink.any())


def to_grey(image: np.ndarray) -> np.ndarray:
    """Luminance (ITU-R BT.601) of a grey, RGB or RGBA picture, transparency over white; uint8 (height, width)."""
    if image.ndim == 2:
        return image
    if image.shape[2] == 3:
        return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    grey = cv2.cvtColor(image, cv2.COLOR_RGBA2GRAY)
    return PAPER - cv2.multiply(PAPER - grey, cv2.extractChannel(image, 3), scale=1 / 255)


def normalise_illumination(grey: np.ndarray) -> np.ndarray:
    """Paper to white and ink to black, whatever the light, the shading, the pen; white on black is inverted.

    The paper's brightness is the local median of a reduced copy. The picture is divided by it, and the ink is
    stretched to black by a gain bounded so that the noise of a blank page stays light. uint8 (height, width) both.
    """
    paper = _paper(grey)
    level = float(np.median(paper[::8, ::8]))
    if level < _DARK_PAPER and _is_inverted(grey, paper):
        grey, paper, level = PAPER - grey, PAPER - paper, PAPER - level
    level = max(level, 1)
    noise = _noise(cv2.subtract(grey, paper)) / level
    darkness = PAPER - cv2.divide(grey, cv2.max(paper, 1), scale=PAPER)
    ink = max(_ink_darkness(darkness) / PAPER, _MIN_CONTRAST, _NOISE_GAIN * noise, _MIN_STEPS / level)
    stretch = PAPER - np.clip(np.arange(256) / ink, 0, PAPER)
    return cv2.LUT(darkness, np.rint(stretch).astype(np.uint8))


def _is_inverted(grey: np.ndarray, paper: np.ndarray) -> bool:
    """Whether what stands out from the paper is brighter than it."""
    # Squared, so that neither grain nor slight shading outweighs the strokes.
    return cv2.norm(cv2.subtract(grey, paper), cv2.NORM_L2SQR) > 1.5 * cv2.norm(
        cv2.subtract(paper, grey), cv2.NORM_L2SQR
    )


def _paper(grey: np.ndarray) -> np.ndarray:
    """Brightness of the paper at every pixel: the median around it, computed on a copy reduced up to eight times."""
    height, width = grey.shape
    factor = min(max(min(height, width) / 48, 1), 8)
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    reduced = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.medianBlur(reduced, 31), (width, height), interpolation=cv2.INTER_LINEAR)


def _noise(brighter: np.ndarray) -> float:
    """Standard deviation of the paper's grey levels, from the brighter half of its pixels: no ink is among them."""
    counts = _histogram(brighter)
    counts[0] = min(counts[0] // 2, counts[1:].sum() + 1)
    return _quantile(counts, 0.5) / 0.674


def _ink_darkness(darkness: np.ndarray) -> int:
    """Median darkness (0..255) of the pixels above Otsu's threshold; 0 where there are none."""
    otsu, _ = cv2.threshold(darkness, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    counts = _histogram(darkness)
    counts[: int(otsu) + 1] = 0
    return _quantile(counts, 0.5)


def _histogram(image: np.ndarray) -> np.ndarray:
    return cv2.calcHist([image], [0], None, [256], [0, 256]).ravel().astype(np.int64)


def _quantile(counts: np.ndarray, fraction: float) -> int:
    return int(np.searchsorted(np.cumsum(counts), fraction * counts.sum()))


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur of standard deviation `sigma` pixels, 0: none."""
    return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0 else image


def threshold(image: np.ndarray, method: str) -> np.ndarray:
    """Binarise a normalised picture to 0 (ink) and 255: `none`, `otsu`, `adaptive` (Gaussian mean) or `sauvola`."""
    window = _window(image)
    if method == "otsu":
        return cv2.threshold(image, 0, PAPER, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]
    if method == "adaptive":
        return cv2.adaptiveThreshold(image, PAPER, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY, window, 20)
    if method == "sauvola":
        return sauvola(image, window)
    return image


def _window(image: np.ndarray) -> int:
    """Side in pixels, odd, of a neighbourhood that holds both ink and paper: about half a letter's height."""
    return max(min(image.shape) // 4, 15) | 1


def sauvola(image: np.ndarray, window: int) -> np.ndarray:
    """Binarise at mean * (1 + SAUVOLA_K * (deviation / 128 - 1)) over `window` x `window` pixels.

    Pixels are reflected at the border. Source: Sauvola and Pietikäinen, "Adaptive document image binarization",
    Pattern Recognition 33 (2000).
    """
    size = (window, window)
    mean = cv2.boxFilter(image, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT)
    square = cv2.sqrBoxFilter(image, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT)
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    return np.where(image > mean * (1 + SAUVOLA_K * (deviation / 128 - 1)), np.uint8(PAPER), np.uint8(0))


def deslant(image: np.ndarray) -> np.ndarray:
    """Shear a picture so that its strokes stand upright; uint8 (height, width + shear).

    Of 31 slants up to 45 degrees, the one whose columns, summed and squared, are greatest (after Vinciarelli and
    Luettin, "A new normalization technique for cursive handwritten words", Pattern Recognition Letters 22, 2001).
    """
    pieces = _pieces(image)
    if not pieces.ink.any():
        return image
    rows, columns = np.nonzero(pieces.ink[pieces.labels])
    slants = np.tan(np.radians(np.arange(-45, 46, 3)))

    def sharpness(slant: float) -> int:
        counts = np.bincount((columns + slant * rows + len(pieces.labels)).astype(np.intp))
        return int((counts * counts).sum())

    slant = float(max(slants, key=sharpness))
    height = image.shape[0]
    shift = -min(slant, 0) * (height - 1)
    matrix = np.array([[1, slant, shift], [0, 1, 0]], np.float64)
    size = (image.shape[1] + int(np.ceil(abs(slant) * (height - 1))), height)
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=PAPER)


def trim(image: np.ndarray) -> np.ndarray:
    """Cut a picture to the box of its writing and a small margin; raises NoInk where there is none."""
    left, top, right, bottom = trim_box(image)
    return image[top:bottom, left:right]


def trim_box(image: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of `trim`, in pixels, the last two exclusive."""
    left, top, right, bottom = ink_box(image)
    margin = max(round((bottom - top) / 20), 1)
    height, width = image.shape
    return max(left - margin, 0), max(top - margin, 0), min(right + margin, width), min(bottom + margin, height)


def resize(image: np.ndarray, height: int) -> np.ndarray:
    """Scale to `height` pixels, aspect ratio kept, at least MIN_WIDTH wide; raises NetchuError above MAX_ASPECT."""
    old_height, old_width = image.shape
    if old_width > MAX_ASPECT * old_height:
        raise NetchuError(
            f"the writing is {old_width} x {old_height} pixels, wider than {MAX_ASPECT} times its height: not one line"
        )
    width = max(round(old_width * height / old_height), 1)
    shrinking = height < old_height
    scaled = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)
    return cv2.copyMakeBorder(scaled, 0, 0, 0, max(MIN_WIDTH - width, 0), cv2.BORDER_CONSTANT, value=PAPER)


def ink_box(image: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom (pixels, the last two exclusive) of the writing in a normalised picture.

    Large pieces of ink make the box. Small ones (dots, tone marks, commas) count within two letters' height beside it
    and half of one above and below, so that dust elsewhere does not widen it. Raises NoInk where there is none.
    """
    pieces = _pieces(image)
    if not pieces.ink.any():
        raise NoInk("no ink found: the picture is blank, or its writing too faint")
    left, top, widths, heights, areas = pieces.stats[pieces.ink].T
    right, bottom = left + widths, top + heights
    order = np.argsort(heights, kind="stable")
    letter = heights[order][np.searchsorted(np.cumsum(areas[order]), areas.sum() / 2)]
    large = np.maximum(widths, heights) >= letter / 3
    used = large | (
        (right > left[large].min() - 2 * letter)
        & (left < right[large].max() + 2 * letter)
        & (bottom > top[large].min() - letter / 2)
        & (top < bottom[large].max() + letter / 2)
    )
    box = np.array([left[used].min(), top[used].min(), right[used].max(), bottom[used].max()])
    scale = np.array(image.shape[::-1]) / pieces.labels.shape[::-1]
    left, top, right, bottom = np.rint(box * np.tile(scale, 2)).astype(int).tolist()
    return left, top, right, bottom


class _Pieces(NamedTuple):
    """Connected pieces of a picture, on a reduced copy."""

    labels: np.ndarray  # (height, width) of the copy: number of the piece at each pixel, 0 the paper
    stats: np.ndarray  # (pieces, 5): left, top, width, height, area in pixels of the copy
    ink: np.ndarray  # (pieces,) bool: whether it is ink rather than paper, ruled line, frame or noise


def _pieces(image: np.ndarray) -> _Pieces:
    """The pieces of a normalised picture."""
    height, width = image.shape
    factor = min(max(min(height, width) // 48, 1), 4)
    reduced = cv2.resize(image, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(reduced, (0, 0), 0.7)
    faint = cv2.threshold(soft, _FAINT, 1, cv2.THRESH_BINARY_INV)[1]
    faint[_rules(faint)] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(faint, connectivity=8)
    # Hysteresis, as for Canny's edges: the faint ends of a stroke belong to it, faint spots alone to the paper.
    ink = np.bincount(labels[soft < _DARK], minlength=count) > 0
    ink[0] = False
    sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    if not (sides[ink] >= max(_MIN_LETTER, min(reduced.shape) // 50)).any():
        ink[:] = False
    return _Pieces(labels, stats, ink)


def _rules(mask: np.ndarray) -> np.ndarray:
    """Where `mask` shows ruled lines, and the sides of a frame: straight upright lines that meet a ruled line."""
    height, width = mask.shape
    rules = _straight(mask, max(width // 40, 12), max(width / 4, 2 * height))
    if rules.any():
        uprights = _straight(mask.T, max(height // 4, 8), 0.75 * height).T
        _, labels = cv2.connectedComponents(uprights, connectivity=8)
        sides = np.unique(labels[cv2.dilate(rules, np.ones((5, 5), np.uint8)) > 0])
        rules |= uprights & np.isin(labels, sides).astype(np.uint8)
        rules = cv2.dilate(rules, np.ones((3, 3), np.uint8))
    return rules > 0


def _straight(mask: np.ndarray, run: int, length: float) -> np.ndarray:
    """Where horizontal runs of at least `run` pixels follow each other, gaps below `run`, over `length` pixels."""
    runs = cv2.morphologyEx(np.ascontiguousarray(mask), cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    joined = cv2.dilate(runs, np.ones((1, run), np.uint8))
    # What spans fewer columns in all is not worth the search for what hangs together.
    if cv2.countNonZero(cv2.reduce(joined, 0, cv2.REDUCE_MAX)) - run < length:
        return np.zeros_like(runs)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    long = stats[:, cv2.CC_STAT_WIDTH] - run >= length
    long[0] = False
    return runs * long[labels]
