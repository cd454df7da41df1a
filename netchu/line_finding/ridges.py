"""The middles of text lines, found as ridges of ink blurred along the lines.

After Bukhari, Shafait and Breuel, "Script-independent handwritten textlines segmentation using active contours", ICDAR
2009. Each ridge is summarised by its moments: weight, and weighted sums of x, y, x * x and x * y. The moments of ridges
that continue each other are added, and straight lines are fitted to the sums.
"""

import cv2
import numpy as np

from netchu.line_finding.pieces import locate_pixels

_UNIT = 12
"""Height of a word, in pixels, on the reduced copy on which ridges are found."""

_MIN_DISTANCE = 0.9
"""Least distance between the middles of two lines, in word heights."""


def find_ridges(ink: np.ndarray, word_height: float) -> tuple[np.ndarray, np.ndarray]:
    """Find the middles of the text lines.

    Args:
        ink: uint8 (height, width), 0 or 1, level.
        word_height: pixels.

    Returns:
        the y coordinate of every line at every column, (lines, width), from top to bottom; and the lines' slopes.
    """
    factor = min(_UNIT / word_height, 1)
    unit = word_height * factor
    moments, spans = _measure_ridges(_compute_ridge_strength(ink, factor, unit))
    lines, slope = _join_ridges(moments, spans, unit)
    if not lines:
        return np.zeros((0, ink.shape[1])), np.zeros(0)
    lines.sort(key=lambda line: -line[0])
    fits: list[tuple[float, float]] = []
    for line in lines:
        base, rise = _fit_line(line, slope, unit)
        x = line[1] / line[0]
        # A row of marks is also a ridge, but closer to its letters than a line could be.
        if all(
            abs(base + rise * x - fitted_base - fitted_rise * x) > _MIN_DISTANCE * unit
            for fitted_base, fitted_rise in fits
        ):
            fits.append((base, rise))
    fits = np.array(fits)
    x = (np.arange(ink.shape[1]) + 0.5) * factor - 0.5
    middles = (fits[:, :1] + fits[:, 1:] * x + 0.5) / factor - 0.5
    order = np.argsort(middles[:, len(x) // 2], kind="stable")
    return np.maximum.accumulate(middles[order], axis=0), fits[order, 1]


def _compute_ridge_strength(ink: np.ndarray, factor: float, unit: float) -> np.ndarray:
    """Return the difference of a narrow and a wide blur across the lines, on a copy reduced by `factor`; float32."""
    size = (max(round(ink.shape[1] * factor), 1), max(round(ink.shape[0] * factor), 1))
    small = cv2.resize(ink.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    narrow, wide = (
        cv2.GaussianBlur(small, (0, 0), sigmaX=1.6 * unit, sigmaY=sigma * unit, borderType=cv2.BORDER_CONSTANT)
        for sigma in (0.2, 0.7)
    )
    return narrow - wide


def _measure_ridges(strength: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the moments (ridges, 5) and the first and last column (ridges, 2) of each ridge."""
    level = 0.2 * np.percentile(strength[strength > 0], 95) if (strength > 0).any() else 0
    count, labels = cv2.connectedComponents((strength > level).astype(np.uint8), connectivity=4)
    rows, columns = locate_pixels(labels)
    numbers, weights = labels[rows, columns], strength[rows, columns].astype(np.float64)
    moments = np.stack(
        [
            np.bincount(numbers, weights * value, count)
            for value in (1.0, columns, rows, columns * columns, columns * rows)
        ],
        axis=1,
    )
    spans = np.stack([np.full(count, strength.shape[1]), np.zeros(count, int)], axis=1)
    np.minimum.at(spans[:, 0], numbers, columns)
    np.maximum.at(spans[:, 1], numbers, columns)
    return moments[1:], spans[1:]


def _join_ridges(moments: np.ndarray, spans: np.ndarray, unit: float) -> tuple[list[np.ndarray], float]:
    """Add the moments of ridges that continue each other; return one sum per line, and the page's slope."""
    if not len(moments):
        return [], 0.0
    kept = moments[:, 0] > 0.01 * moments[:, 0].max()
    moments, spans = moments[kept], spans[kept]
    slopes = np.array([_fit_line(ridge, 0.0, unit)[1] for ridge in moments])
    order = np.argsort(-moments[:, 0], kind="stable")
    heavy = order[: max(len(order) // 2, 1)]
    slope = float(np.median(slopes[heavy]))
    lines: list[tuple[np.ndarray, list]] = []
    for number in order:
        ridge, (left, right) = moments[number], spans[number]
        x, y = ridge[1] / ridge[0], ridge[2] / ridge[0]
        best, least = None, 0.55 * unit
        for index, (line, members) in enumerate(lines):
            base, rise = _fit_line(line, slope, unit)
            distance = abs(base + rise * x - y)
            overlap = sum(max(min(right, member[1]) - max(left, member[0]), 0) for member in members)
            if distance < least and overlap < 0.3 * (right - left + 1):
                best, least = index, distance
        if best is None:
            lines.append((ridge, [(left, right)]))
        else:
            lines[best] = (lines[best][0] + ridge, [*lines[best][1], (left, right)])
    return [line for line, _ in lines], slope


def _fit_line(moments: np.ndarray, slope: float, unit: float) -> tuple[float, float]:
    """Return y at x = 0 and the slope of the straight line through a ridge; a short ridge gets almost `slope`."""
    weight, x, y, xx, xy = moments
    variance, covariance = xx / weight - (x / weight) ** 2, xy / weight - x * y / weight**2
    prior = (3 * unit) ** 2
    slope = (covariance + prior * slope) / (variance + prior)
    return y / weight - slope * x / weight, slope
