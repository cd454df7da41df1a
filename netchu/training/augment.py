"""Augmentation of line images: random changes that imitate another hand, pen, paper, scanner or camera.

Affine, elastic (Simard et al. 2003) and morphological changes as in Retsinas et al. 2022.
"""

import cv2
import numpy as np
from pydantic import Field

from netchu.core.frames import FRAME_WIDTH
from netchu.core.params import Section


class AugmentParams(Section):
    """Group `train.augment` of params.yaml: strength of each change, 0 for off; the last two are fractions."""

    affine: float = Field(ge=0, le=2)
    elastic: float = Field(ge=0, le=2)
    stroke: float = Field(ge=0, le=2)
    contrast: float = Field(ge=0, le=2)
    noise: float = Field(ge=0, le=2)
    paper: float = Field(ge=0, le=2)
    camera: float = Field(ge=0, le=2)
    margin: float = Field(ge=0, le=1)
    shuffle: float = Field(ge=0, le=1)


def shuffle_words(image: np.ndarray, text: str, cuts: list[int], rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """Return the image and the text of a line with its words in random order, and with up to half of them removed.

    Otherwise an LSTM memorizes the labels: it reads illegible handwriting as the most frequent next words.

    Args:
        image: uint8 `(height, width)`.
        cuts: the columns between the words of `text` (`word_cuts.find_word_cuts`).
    """
    words = text.split(" ")
    pieces = np.split(image, cuts, axis=1)
    order = rng.permutation(len(words))[: rng.integers((len(words) + 1) // 2, len(words) + 1)]
    return np.concatenate([pieces[index] for index in order], axis=1), " ".join(words[index] for index in order)


def augment(image: np.ndarray, frames: int, params: AugmentParams, rng: np.random.Generator) -> np.ndarray:
    """Return a randomly changed copy of `image`, uint8 `(height, width)`, dark ink on white.

    The height does not change. The width may change, but not below `frames` CTC frames, the number that the text needs.
    """
    if params.margin and rng.random() < params.margin:
        image = _add_margins(image, rng)
    image = _warp(image, frames, params, rng)
    if params.stroke and rng.random() < 0.5:
        image = _change_stroke_width(image, params.stroke, rng)
    if params.contrast:
        image = _change_contrast(image, params.contrast, rng)
    if params.paper:
        image = _draw_paper(image, params.paper, rng)
    if params.noise and rng.random() < 0.5:
        image = _add_noise(image, params.noise, rng)
    if params.camera and rng.random() < 0.4:
        image = _photograph(image, params.camera, rng)
    return image


def _add_margins(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add paper at the left and at the right, up to 2/3 and 1/2 of the height wide.

    Otherwise the network learns that a line starts at the edge of its image, or has paper before it, as the training
    lines do, and omits the first characters of other lines.
    """
    height = len(image)
    left, right = rng.integers(0, 2 * height // 3, endpoint=True), rng.integers(0, height // 2, endpoint=True)
    return np.pad(image, ((0, 0), (left, right)), constant_values=255)


def _warp(image: np.ndarray, frames: int, params: AugmentParams, rng: np.random.Generator) -> np.ndarray:
    """Scale, slant, rotate, shift and elastically deform the image in one interpolation."""
    height, width = image.shape
    affine, elastic = params.affine, params.elastic
    new_width = max(round(width * np.exp(affine * rng.uniform(-0.2, 0.2))), FRAME_WIDTH * frames)
    scale_y = np.exp(affine * rng.uniform(0.0, 0.3))  # above 1 the writing gets smaller
    slant = affine * rng.uniform(-0.4, 0.4)
    rotation = affine * rng.uniform(-1.0, 1.0) * min(0.02, 0.25 * height / width)
    shift = affine * rng.uniform(-0.08, 0.08) * height
    margin = round(abs(slant) * height / 2)  # so that slanted letters are not cut off
    x = (np.arange(new_width + 2 * margin, dtype=np.float32)[None, :] - margin) * (width / new_width)
    y = np.arange(height, dtype=np.float32)[:, None] - height / 2
    map_x = x + slant * y
    map_y = height / 2 + scale_y * y + shift + rotation * (x - width / 2)
    if elastic:
        # About one random displacement per letter, with smooth interpolation: letters bend, but no stroke breaks.
        grid = (4, max(2, width // (height // 2)))
        for target, pixels in ((map_x, 0.045), (map_y, 0.035)):
            bend = rng.normal(0, elastic * pixels * height, grid).astype(np.float32)
            target += cv2.resize(bend, (x.shape[1], height), interpolation=cv2.INTER_CUBIC)
    map_x, map_y = map_x.astype(np.float32), map_y.astype(np.float32)
    return cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=255)


def _change_stroke_width(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Make strokes thicker or thinner by blending with the eroded or dilated image."""
    change = cv2.erode if rng.random() < 0.5 else cv2.dilate
    changed = change(image, np.ones((2, 2), np.uint8))
    share = min(1.0, strength * rng.uniform(0.2, 0.8))
    return cv2.addWeighted(changed, share, image, 1 - share, 0)


def _change_contrast(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Make the ink paler and change the gamma."""
    gamma = np.exp(strength * rng.uniform(-0.4, 0.4))
    ink = 1 - strength * rng.uniform(0, 0.4)
    levels = 255 - ink * (255 - 255 * np.linspace(0, 1, 256) ** gamma)
    return cv2.LUT(image, np.clip(levels, 0, 255).astype(np.uint8))


def _draw_paper(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Draw ruled lines, squares, a side of a frame and a shadow, like those that preprocessing does not remove."""
    height, width = image.shape
    image = image.copy()
    for _ in range(rng.binomial(3, min(1.0, 0.12 * strength))):
        y, rise = rng.uniform(0, height), rng.uniform(-0.1, 0.1) * height
        _draw_lines(image, [((0, y), (width, y + rise))], rng)
    if rng.random() < 0.1 * strength:
        x = rng.choice([rng.uniform(0, 12), width - rng.uniform(0, 12)])
        _draw_lines(image, [((x, 0), (x + rng.uniform(-3, 3), height))], rng)
    if rng.random() < 0.05 * strength:
        side, slope = rng.uniform(0.25, 1.2) * height, rng.uniform(-0.02, 0.02)
        level = np.arange(rng.uniform(0, side) - 0.02 * width, height + 0.02 * width, side)
        upright = np.arange(rng.uniform(0, side), width, side)
        lines = [((0, y), (width, y + slope * width)) for y in level]
        _draw_lines(image, lines + [((x, 0), (x - slope * height, height)) for x in upright], rng)
    if rng.random() < 0.25 * strength:
        grid = rng.uniform(0, 60 * strength, (2, max(2, width // (4 * height)))).astype(np.float32)
        shadow = cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        image = np.clip(image - shadow, 0, 255).astype(np.uint8)
    return image


def _draw_lines(image: np.ndarray, lines: list[tuple[tuple, tuple]], rng: np.random.Generator) -> None:
    """Draw straight lines of one or two pixels, in one grey from black, into `image`; darker pixels keep their value.

    Args:
        lines: x and y of the two ends of each.
    """
    drawn = np.full_like(image, 255)
    grey, thickness = int(rng.integers(0, 200)), int(rng.integers(1, 3))
    for ends in lines:
        rounded = (tuple(round(16 * float(value)) for value in point) for point in ends)
        cv2.line(drawn, *rounded, grey, thickness, cv2.LINE_AA, shift=4)
    np.minimum(image, drawn, out=image)


def _add_noise(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Blur the image and add grain."""
    sigma = strength * rng.uniform(0, 1.2)
    blurred = cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.3 else image
    grain = rng.standard_normal(image.shape, np.float32) * (strength * rng.uniform(0, 12))
    return np.clip(blurred + grain, 0, 255).astype(np.uint8)


def _photograph(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Degrade the image like a photograph from a distance: scale it down, add blur, grain and JPEG, scale it up."""
    height, width = image.shape
    scale = np.exp(-strength * rng.uniform(0, 0.6))
    size = (max(round(scale * width), 1), max(round(scale * height), 1))
    small = cv2.GaussianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), (0, 0), rng.uniform(0.3, 0.9))
    grain = rng.standard_normal(small.shape, np.float32) * (strength * rng.uniform(0, 14))
    small = np.clip(small + grain, 0, 255).astype(np.uint8)
    jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))])[1]
    return cv2.resize(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), (width, height), interpolation=cv2.INTER_LINEAR)
