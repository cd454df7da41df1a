"""Drawing of strokes with ink on paper, for written texts and recorded strokes alike."""

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from netchu.synthetic.handwriting import Writer

SCALE = 2
"""Supersampling: ink is drawn this many times larger, then averaged down."""

_SHIFT = 4
"""Fractional bits of the coordinates that OpenCV draws."""

_RULE = (34, 26, 12)
"""Grey levels by which a ruled line is darker than the paper, in red, green and blue."""


def to_subpixels(points: np.ndarray) -> np.ndarray:
    """Convert positions in pixels, float (..., 2), to the fixed-point coordinates of `draw_on_paper`."""
    return np.rint((points + 0.5) * (SCALE << _SHIFT)).astype(np.int32)


def draw_on_paper(
    layers: list[tuple[int, list[np.ndarray]]],
    writer: "Writer",
    height: int,
    width: int,
    baseline: float,
    rng: np.random.Generator,
    line_type: int = cv2.LINE_AA,
) -> np.ndarray:
    """Draw strokes with the pen, ink and paper of `writer`.

    Args:
        layers: pairs of a thickness, in pixels times SCALE, and polylines from `to_subpixels`.
        writer: whose ink, density, paper, grain, shading and ruled lines are used.
        height: of the image in pixels.
        width: of the image in pixels.
        baseline: row on which the text stands; a ruled line lies a little below.
        rng: source of the paper's grain and the ink's flow.
        line_type: OpenCV's; LINE_8 takes a third of the time of LINE_AA.

    Returns:
        uint8 RGB image (height, width, 3).
    """
    grain = _draw_grain(writer, height, width, rng)
    cover = _draw_ink(layers, writer.density, height, width, rng, line_type)
    inked = cover > 0
    cover = cover[inked]
    row = int(min(height - 2, baseline + 0.25 * writer.x_height))
    channels = []
    for paper, ink, rule in zip(writer.paper, writer.ink, _RULE, strict=True):
        channel = grain + paper
        if writer.ruled:
            channel[row] -= rule
        blend = channel[inked]
        channel[inked] = blend + cover * (ink - blend)
        channels.append(np.clip(channel, 0, 255, out=channel).astype(np.uint8))
    return cv2.merge(channels)


def _draw_ink(
    layers: list[tuple[int, list[np.ndarray]]],
    density: float,
    height: int,
    width: int,
    rng: np.random.Generator,
    line_type: int,
) -> np.ndarray:
    """Return the fraction of each pixel that the ink covers, float32 (height, width)."""
    canvas = np.zeros((height * SCALE, width * SCALE), np.uint8)
    for thickness, polylines in layers:
        cv2.polylines(canvas, polylines, False, 255, thickness, line_type, _SHIFT)
    canvas = cv2.GaussianBlur(canvas, (5, 5), 1.1)
    cover = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    # Ink flows unevenly: patches some 6 pixels wide are paler.
    patches = rng.normal(0, 0.13, (height // 6 + 2, width // 6 + 2)).astype(np.float32)
    flow = cv2.resize(patches, (width, height), interpolation=cv2.INTER_LINEAR)
    return cover * np.clip(density + flow, 0.35, 1)


def _draw_grain(writer: "Writer", height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Return the paper's grain and shading, float32 (height, width), in grey levels above the paper's colour."""
    corners = writer.shading * rng.uniform(-1, 0, (2, 2)).astype(np.float32)
    grey = cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)
    grain = rng.standard_normal((height // 2 + 1, width // 2 + 1), np.float32) * writer.grain * 1.4
    grey += cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR)
    # Whole grey levels keep the PNG small.
    return np.rint(grey, out=grey)
