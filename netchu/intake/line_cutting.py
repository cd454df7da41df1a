"""Pictures of single lines, cut from a page along the polygons of its transcription."""

import statistics
from dataclasses import replace

import cv2
import numpy as np

from netchu.intake.transcribed_pages import Point, TranscribedLine
from netchu.line_finding.level_crops import crop_level

_ABOVE, _BELOW = 0.75, 0.25
"""Extent of a line that has only a baseline, above and below it, as shares of the distance between two baselines."""

_MIN_INSIDE = 0.5
"""Least share of a polygon's area that lies in the picture."""

_MIN_ELONGATION = 2
"""Least ratio of length to height at which a polygon without baseline tells the direction of its line."""


def cut_line(page: np.ndarray, paper: np.ndarray, line: TranscribedLine) -> np.ndarray:
    """Return the line's part of a page, turned level, with the colour of the paper outside its polygon.

    The baseline gives the direction of the line, from its first to its last point. Without a baseline, that is the
    direction of the smallest rectangle around the polygon.

    Args:
        page: uint8 (height, width).
        paper: the result of `estimate_paper_colour` for the page.
        line: positions in pixels of the page.

    Returns:
        uint8 (height, width).

    Raises:
        ValueError: the polygon is missing, encloses no area, or lies mostly outside the picture.
    """
    if not line.polygon:
        raise ValueError("has neither a polygon nor a box")
    polygon = np.array(line.polygon)
    clipped = np.clip(polygon, 0, page.shape[::-1])
    whole, inside = (cv2.contourArea(points.astype(np.float32)) for points in (polygon, clipped))
    if whole < 1:
        raise ValueError("its polygon encloses no area")
    if inside < _MIN_INSIDE * whole:
        height, width = page.shape
        raise ValueError(f"{1 - inside / whole:.0%} of its polygon lies outside the picture of {width} x {height}")
    along = _find_direction(clipped, np.array(line.baseline))
    across = np.array([-along[1], along[0]])
    u, v = clipped @ along, clipped @ across
    margin = np.ptp(v) / 8 + 1  # of paper, like around a line that netchu finds
    # Whole pixels: a level line is copied rather than resampled.
    left, top = np.floor([u.min() - margin, v.min() - margin])
    right, bottom = np.ceil([u.max() + margin, v.max() + margin])
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) @ np.stack([along, across])
    size = (int(right - left) + 1, int(bottom - top) + 1)
    crop = crop_level(page, paper, corners.astype(np.float32), size)
    mask = np.zeros(size[::-1], np.uint8)
    outline = np.rint(16 * (np.stack([u, v], axis=1) - (left, top))).astype(np.int32)  # in sixteenths of a pixel
    cv2.fillPoly(mask, [outline], 1, shift=4)
    return np.where(mask > 0, crop.image, crop.background)


def add_bands(lines: tuple[TranscribedLine, ...]) -> tuple[TranscribedLine, ...]:
    """Return the lines, those with only a baseline with a band around it as polygon.

    The band reaches three quarters of the distance between two baselines of the page above its baseline, and one
    quarter below. The distance is the median over the lines. In a page with a single line, it gets a fault instead.
    """
    if all(line.polygon or len(line.baseline) < 2 for line in lines):
        return lines
    pitch = _measure_pitch([np.array(line.baseline) for line in lines if len(line.baseline) > 1])
    return tuple(
        line if line.polygon or len(line.baseline) < 2 or line.fault else _add_band(line, pitch) for line in lines
    )


def _add_band(line: TranscribedLine, pitch: float | None) -> TranscribedLine:
    if pitch is None:
        return replace(line, fault="has only a baseline, and no line above or below tells its height; draw a polygon")
    baseline = np.array(line.baseline)
    along = _find_direction(baseline, baseline)
    across = np.array([-along[1], along[0]])
    band = [*(baseline - _ABOVE * pitch * across), *(baseline[::-1] + _BELOW * pitch * across)]
    return replace(line, polygon=tuple(_as_point(point) for point in band))


def _measure_pitch(baselines: list[np.ndarray]) -> float | None:
    """Return the median distance of a baseline to the next one above or below it, None if there are no two."""
    centres = [(baseline[0] + baseline[-1]) / 2 for baseline in baselines]
    distances = []
    for baseline, centre in zip(baselines, centres, strict=True):
        along = _find_direction(baseline, baseline)
        half = abs((baseline[-1] - baseline[0]) @ along) / 2
        steps = np.array(centres) - centre
        beside = np.abs(steps @ along) > half  # lines of another column
        apart = np.abs(steps @ np.array([-along[1], along[0]]))
        distances += sorted(apart[~beside & (apart > 1)])[:1]
    return statistics.median(distances) if distances else None


def _find_direction(polygon: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Return the unit vector along a line, whose baseline may be empty."""
    if len(baseline) > 1 and (length := np.hypot(*(baseline[-1] - baseline[0]))) > 0:
        return (baseline[-1] - baseline[0]) / length
    corners = cv2.boxPoints(cv2.minAreaRect(polygon.astype(np.float32))).astype(float)
    long, short = sorted((corners[1] - corners[0], corners[2] - corners[1]), key=lambda side: -np.hypot(*side))
    if np.hypot(*long) < _MIN_ELONGATION * np.hypot(*short) or abs(long[0]) < abs(long[1]):
        return np.array([1.0, 0.0])  # a short word, or upright: it does not tell its direction
    return np.sign(long[0]) * long / np.hypot(*long)


def _as_point(point: np.ndarray) -> Point:
    return float(point[0]), float(point[1])
