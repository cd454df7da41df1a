"""Drawing of pen strokes that a tablet recorded, with the pens, inks and papers of synthetic writers."""

import cv2
import numpy as np

from netchu.synthetic.handwriting import Writer
from netchu.synthetic.pen_and_paper import SCALE, draw_on_paper, to_subpixels

_SUBDIVISIONS = 4
"""Points of the drawn curve for each recorded point."""

_MAX_DISTANCE = 5.0
"""Largest distance of a stroke's middle from the line of writing, in letter heights; others are slips of the pen."""

MAX_SIZE = (400.0, 60.0)
"""Largest width and height of a line, in letter heights. A line of 158 characters is 185 wide."""

_WRITER_LETTER = 23
"""Height in pixels of a small letter that suits the pens of synthetic writers."""

_DOT = np.array([0.06, 0.05])
"""Length of a dot in letter heights."""


def draw_strokes(strokes: list[np.ndarray], writer: Writer, rng: np.random.Generator) -> np.ndarray:
    """Draw a line of recorded strokes as if written on paper.

    Size, proportions, slant, slope and margins vary with `rng`. The line is wider where the pen moved slowly or down.
    Strokes far above or below the line of writing are dropped.

    >>> rng = np.random.default_rng(1)
    >>> line = next(read_strokes(Path("lines.jsonl")))
    >>> image = draw_strokes(line.strokes, sample_writer(rng), rng)

    Args:
        strokes: one float array (points, 2) for each time the pen is down: x to the right, y down, in any unit.
        writer: whose pen, ink and paper are used.
        rng: source of all variation.

    Returns:
        uint8 RGB image (height, width, 3); the left margin may be so small that the ink touches the border.
    """
    points, starts = _concatenate(strokes)
    points = points / measure_letter_height(points, starts)
    points, starts = _drop_slips(points, starts)
    pressure = _estimate_pressure(points, starts)
    letter = rng.uniform(13, 25)  # pixels
    aspect, slant, slope = rng.uniform(0.85, 1.15), rng.normal(0, 0.1), rng.normal(0, 0.006)
    points = _smooth(points, starts) @ np.array([[aspect, slope], [-slant, 1]]) * letter

    margin = rng.uniform(4, 14, 2)
    left = rng.uniform(-1, 4) if rng.random() < 0.3 else rng.uniform(4, 40)
    right = rng.uniform(0, 4) if rng.random() < 0.15 else rng.uniform(4, 90)
    points += np.array([left, margin[0]]) - points.min(axis=0)
    width, height = np.ceil(points.max(axis=0) + np.array([right, margin[1]])).astype(int).tolist()
    baseline = float(np.median(points[:, 1])) + 0.5 * letter
    pen = writer.pen * letter / _WRITER_LETTER * rng.uniform(0.9, 1.4)
    layers = _make_ink_layers(points, starts * _SUBDIVISIONS, pressure, pen, writer.pressure)
    return draw_on_paper(layers, writer, height, width, baseline, rng, cv2.LINE_8)


def measure_strokes(strokes: list[np.ndarray]) -> tuple[float, float]:
    """Return the width and height of the box of all strokes, in letter heights."""
    points, starts = _concatenate(strokes)
    width, height = np.ptp(points, axis=0) / measure_letter_height(points, starts)
    return float(width), float(height)


def measure_letter_height(points: np.ndarray, starts: np.ndarray) -> float:
    """Return the height of a small letter, in the unit of `points`.

    It is the median extent of the pen's movements up and down between two turning points, each weighted by its extent.

    Args:
        points: (points, 2), all strokes one after the other.
        starts: index of each stroke's first point.
    """
    dy = np.diff(points[:, 1])
    dy[starts[1:] - 1] = 0  # between two strokes
    moves = dy[dy != 0]
    if not len(moves):
        return max(float(np.ptp(points[:, 0])), 1.0)
    stroke = np.searchsorted(starts, np.flatnonzero(dy), side="right")
    turns = np.flatnonzero((np.diff(np.sign(moves)) != 0) | (np.diff(stroke) != 0)) + 1
    extents = np.sort(np.abs(np.add.reduceat(moves, np.concatenate([[0], turns]))))
    sums = np.cumsum(extents)
    return float(extents[np.searchsorted(sums, sums[-1] / 2)])


def _concatenate(strokes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the points of all strokes in one array (points, 2), and the index of each stroke's first point."""
    lengths = np.array([len(stroke) for stroke in strokes])
    return np.concatenate(strokes).astype(float), np.cumsum(lengths) - lengths


def _drop_slips(points: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drop the strokes far above or below the line of writing; `points` are in letter heights."""
    lengths = np.diff(np.append(starts, len(points)))
    middles = np.add.reduceat(points, starts) / lengths[:, None]
    near = np.abs(middles[:, 1] - np.median(middles[:, 1])) <= 2 * _MAX_DISTANCE
    slope, height = (
        np.polyfit(*middles[near].T, 1, w=lengths[near]) if near.sum() > 9 else (0, np.median(middles[:, 1]))
    )
    kept = np.abs(middles[:, 1] - slope * middles[:, 0] - height) <= _MAX_DISTANCE
    if kept.all() or not kept.any():
        return points, starts
    return points[np.repeat(kept, lengths)], np.cumsum(lengths[kept]) - lengths[kept]


def _estimate_pressure(points: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the pressure of the pen between each point and the next, 0 to 1: high where it moves slowly or down."""
    moves = np.diff(points, axis=0, append=points[-1:])
    moves[starts[1:] - 1] = 0
    lengths = np.hypot(*moves.T)
    typical = np.median(lengths[lengths > 0]) if lengths.any() else 1.0
    pressure = typical / (typical + lengths) + 0.2 * moves[:, 1] / np.maximum(lengths, 1e-9)
    # Pressure changes slowly. Smoothing it across pen-ups does no harm.
    return np.clip(np.convolve(np.pad(pressure, 1, "edge"), [0.25, 0.5, 0.25], mode="valid"), 0, 1)


def _smooth(points: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return a Catmull-Rom spline through each stroke, (_SUBDIVISIONS * points, 2), because tablets report few points.

    Point n becomes _SUBDIVISIONS points from index n * _SUBDIVISIONS; those of a stroke's last point are equal to it.
    """
    first, last = np.zeros(len(points), bool), np.zeros(len(points), bool)
    first[starts], last[np.append(starts[1:], len(points)) - 1] = True, True
    following = np.where(last[:, None], points, np.roll(points, -1, axis=0))
    before = np.where(first[:, None], 2 * points - following, np.roll(points, 1, axis=0))
    after = np.where(np.roll(last, -1)[:, None], 2 * following - points, np.roll(points, -2, axis=0))
    after = np.where(last[:, None], points, after)
    a, b, c, d = (array[:, None] for array in (before, points, following, after))
    t = (np.arange(_SUBDIVISIONS) / _SUBDIVISIONS)[None, :, None]
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    curve[last] = points[last, None]
    curve[first & last] += _DOT * t[0]
    return curve.reshape(-1, 2)


def _make_ink_layers(
    points: np.ndarray, starts: np.ndarray, pressure: np.ndarray, pen: float, strength: float
) -> list[tuple[int, np.ndarray | list[np.ndarray]]]:
    """Return layers of lines, each thicker than the one before, for the parts of the strokes with enough pressure.

    Args:
        points: of the curve, (points, 2), in pixels.
        starts: index of each stroke's first point.
        pressure: 0 to 1, one for _SUBDIVISIONS points.
        pen: mean width of the line in pixels.
        strength: how much the width varies, 0 to 1.
    """
    thickness = np.rint(np.maximum(pen * SCALE * (1 + strength * (pressure - 0.5)), 1)).astype(int)
    pixels = to_subpixels(points)
    thinnest = int(thickness.min())
    layers = [(thinnest, np.split(pixels, starts[1:]))]
    segments = np.stack([pixels[:-1], pixels[1:]], axis=1)
    thickness = np.repeat(thickness, _SUBDIVISIONS)[:-1]
    thickness[starts[1:] - 1] = 0  # no ink between two strokes
    for wider in range(thinnest + 1, int(thickness.max()) + 1):
        layers.append((wider, segments[thickness >= wider]))
    return layers
