"""Measurements of the words of a line, by which printed and struck-through words are found."""

import math
import operator
import statistics
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

_HEIGHT = 96
"""Pixels of the copy of a line that is measured, and of its half for strokes across words."""

INK = 140
"""Grey level below which a pixel is ink."""

_MIN_EDGE = 60
"""Least response of the Sobel operator at an edge."""

_BINS = 36
"""Of the direction of an edge, 5 degrees each."""

_MIN_PIECE = 6
"""Pixels of the smallest piece of ink that counts."""

_MAX_ASPECT = 5
"""Largest width over height of a piece of a letter or word."""

_SLOPES = (-0.14, -0.07, 0.0, 0.07, 0.14)
"""Slopes of strokes across a word, pixels down per pixel to the right."""

_PRINT_FEATURES = (
    "upright edges",
    "level edges",
    "most frequent steep edges",
    "most frequent edges",
    "entropy of edges",
    *(f"edges from {angle} degrees" for angle in range(0, 180, 15)),
    "sharpness of the upper side",
    "sharpness of the lower side",
    "contrast of rows",
    "contrast of columns",
    "stroke width",
    "variation of stroke width",
    "density",
    "aspect",
    "height",
    "upright runs",
    "level runs",
    "straight left sides",
    "straight upper sides",
    "straight lower sides",
    "letters",
    "density of letters",
    "distance of lower ends",
    "aligned lower ends",
    "distance of upper ends",
    "aligned upper ends",
    "width of letters",
    "widest letter",
    "variation of letter height",
    "small pieces",
)

_STROKE_FEATURES = (
    "longest stroke across",
    "longest stroke across the line",
    "strokes across",
    "strokes across the line",
    "strokes per column",
    "density of the zone of small letters",
    "holes",
)

FEATURES = (*_PRINT_FEATURES, *_STROKE_FEATURES)


def measure_words(image: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Return the measurements FEATURES of each word, then their differences to the line's medians.

    Args:
        image: a line image, uint8 (height, width), dark ink on white.
        spans: (words, 2), left and right side of each word, 0 to 1 of the width.

    Returns:
        float64 (words, 2 x features).
    """
    values = np.concatenate([_measure_print(image, spans), _measure_strokes_across(image, spans)], axis=1)
    return np.concatenate([values, values - np.median(values, axis=0)], axis=1)


class _Line(NamedTuple):
    """A copy of a line of a fixed height."""

    soft: np.ndarray  # uint8 (height, width), blurred
    ink: np.ndarray  # uint8 (height, width), 1 for ink
    spans: list[slice]  # columns of each word


def _make_line(image: np.ndarray, spans: np.ndarray, height: int, blur: float) -> _Line:
    size = max(round(image.shape[1] * height / len(image)), 16), height
    shrinking = height < len(image)
    scaled = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(scaled, (0, 0), blur)
    ink = (soft < INK).astype(np.uint8)
    sides = np.clip(np.rint(spans * size[0]).astype(np.intp), 0, size[0] - 1)
    return _Line(soft, ink, [slice(left, max(right, left + 1)) for left, right in sides.tolist()])


def _measure_print(image: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Return the measurements _PRINT_FEATURES of each word, float64 (words, features)."""
    line = _make_line(image, spans, _HEIGHT, 1.0)
    ink, spans = line.ink, line.spans
    _, _, stats, centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    is_piece = stats[:, cv2.CC_STAT_AREA] >= _MIN_PIECE
    is_piece[0] = False
    stats, centres = stats[is_piece], centres[is_piece, 0]

    edges = _count_edges(line)
    pairs = edges + np.roll(edges, 1, axis=1)
    rows = np.array([_sum_rows(ink[:, span]) for span in spans], np.float64)
    area = rows.sum(axis=1) + 1
    soft_rows = cv2.GaussianBlur(rows, (0, 1), sigmaX=1, sigmaY=1)
    steps = np.diff(soft_rows, axis=1)
    columns = np.diff(cv2.blur(_sum_columns(ink)[None].astype(np.float64), (3, 1))[0], prepend=0)
    heights = np.array([np.ptp(np.flatnonzero(row)) + 1 if row.any() else 1 for row in rows])
    widths = np.array([span.stop - span.start for span in spans])
    features = [
        edges[:, 0] + edges[:, -1],
        edges[:, 17] + edges[:, 18],
        np.maximum(pairs[:, 30:].max(axis=1), pairs[:, :7].max(axis=1)),
        pairs.max(axis=1),
        -(edges * np.log(edges + 1e-6)).sum(axis=1),
        *edges.reshape(-1, 12, 3).sum(axis=2).T,
        steps.max(axis=1) / area,
        -steps.min(axis=1) / area,
        (steps**2).sum(axis=1) / ((soft_rows**2).sum(axis=1) + 1),
        _add_up(np.abs(columns), spans) / area,
        *_measure_stroke_width(line),
        area / (heights * widths),
        widths / heights,
        heights / _HEIGHT,
        *_measure_straightness(ink, spans, _find_letter_height(stats)),
        *_measure_letters(stats, centres, spans),
    ]
    return np.stack(features, axis=1)


def _measure_strokes_across(image: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Return the measurements _STROKE_FEATURES of each word."""
    line = _make_line(image, spans, _HEIGHT // 2, 0.6)
    ink, spans = line.ink, line.spans
    top, bottom = find_zone(ink)
    letter = bottom - top
    occupied = ink.any(axis=0)
    widths = _add_up(occupied, spans) + 1
    features = []
    lengths = max(round(1.2 * letter), 5), max(round(0.6 * letter), 5)
    for pixels in _find_straight_strokes(line, (max(top - letter // 4, 0), bottom - letter // 10), lengths):
        features += [pixels.max(axis=0) / widths, np.full(len(spans), (pixels.sum(axis=1) / widths.sum()).max())]
    strokes = _add_up(_sum_columns(ink[1:] > ink[:-1]), spans) / widths
    density = _add_up(_sum_columns(ink[top:bottom]), spans) / widths / letter
    holes = _count_holes(ink, spans) / widths * letter
    return np.stack([*features, strokes, density, holes], axis=1)


def find_zone(ink: np.ndarray) -> tuple[int, int]:
    """Return the first row of the small letters of a line or word, and the first row below them.

    Wide and low pieces of ink, such as ruled lines and frames, are ignored.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    is_letter = stats[:, cv2.CC_STAT_WIDTH] <= _MAX_ASPECT * stats[:, cv2.CC_STAT_HEIGHT]
    is_letter &= stats[:, cv2.CC_STAT_WIDTH] * 20 > len(ink)
    is_letter[0] = False
    letters = is_letter.astype(np.uint8)[labels] if is_letter.any() else ink
    profile = cv2.GaussianBlur(_sum_rows(letters).astype(np.float64)[:, None], (1, 0), sigmaX=1, sigmaY=len(ink) / 32)[
        :, 0
    ]
    bottom = int(np.argmin(np.diff(profile))) + 1
    sparse = np.flatnonzero(profile[:bottom] < 0.4 * profile.max())
    top = int(sparse[-1]) + 1 if len(sparse) else 0
    least = len(ink) // 8
    return min(top, max(bottom - least, 0)), max(bottom, least)


def _find_straight_strokes(line: _Line, rows: tuple[int, int], lengths: Sequence[int]) -> np.ndarray:
    """Return the pixels of each word in nearly level runs of at least each length, (lengths, slopes x rows, words)."""
    counts = np.zeros((len(lengths), len(_SLOPES), rows[1] - rows[0], len(line.spans)))
    kernels = [np.ones((1, length), np.uint8) for length in lengths]
    for word, span in enumerate(line.spans):
        part = np.ascontiguousarray(line.ink[:, span])
        for number, slope in enumerate(_SLOPES):
            # Sheared about the middle of the word.
            matrix = np.array([[1, 0, 0], [-slope, 1, slope * part.shape[1] / 2]])
            sheared = cv2.warpAffine(part, matrix, part.shape[::-1], flags=cv2.INTER_NEAREST) if slope else part
            thick = cv2.dilate(sheared[rows[0] : rows[1]], np.ones((2, 1), np.uint8))
            for kernel, count in zip(kernels, counts, strict=True):
                count[number, :, word] = _sum_rows(cv2.morphologyEx(thick, cv2.MORPH_OPEN, kernel))
    return counts.reshape(len(lengths), -1, len(line.spans))


def _count_holes(ink: np.ndarray, spans: list[slice]) -> np.ndarray:
    """Return the pieces of paper in each word that ink surrounds."""
    _, _, stats, centres = cv2.connectedComponentsWithStats(1 - ink, connectivity=4)
    closed = (stats[:, cv2.CC_STAT_HEIGHT] < len(ink)) & (stats[:, cv2.CC_STAT_TOP] > 0)
    closed &= stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT] < len(ink)
    positions = centres[closed, 0]
    return np.array([((positions >= span.start) & (positions < span.stop)).sum() for span in spans])


def _sum_columns(image: np.ndarray) -> np.ndarray:
    """Return the sum of each column of a mask or float picture, much faster than NumPy's."""
    if image.dtype == np.float32:
        return cv2.reduce(image, 0, cv2.REDUCE_SUM, dtype=cv2.CV_64F)[0]
    return cv2.reduce(image.view(np.uint8), 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0]


def _sum_rows(mask: np.ndarray) -> np.ndarray:
    """Return the sum of each row of a mask, uint8 (height, width)."""
    return cv2.reduce(mask, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0]


def _add_up(columns: np.ndarray, spans: list[slice]) -> np.ndarray:
    """Return the sum over the columns of each word."""
    sums = np.concatenate([[0.0], np.cumsum(columns, dtype=np.float64)])
    return np.array([sums[span.stop] - sums[span.start] for span in spans])


def _count_edges(line: _Line) -> np.ndarray:
    """Return the share of each direction among the edges of each word, (words, _BINS); first and last are upright."""
    across, down = cv2.Sobel(line.soft, cv2.CV_32F, 1, 0), cv2.Sobel(line.soft, cv2.CV_32F, 0, 1)
    strength = cv2.magnitude(across, down).ravel()
    pixels = np.flatnonzero(strength >= _MIN_EDGE)
    angles = np.arctan2(down.ravel()[pixels], across.ravel()[pixels]) % np.float32(np.pi)
    bins = np.minimum((angles * (_BINS / np.pi)).astype(np.intp), _BINS - 1)
    width = line.ink.shape[1]
    counts = np.bincount(bins * width + pixels % width, strength[pixels], _BINS * width).reshape(_BINS, width)
    edges = np.array([counts[:, span].sum(axis=1) for span in line.spans])
    return edges / (edges.sum(axis=1, keepdims=True) + 1e-3)


def _measure_stroke_width(line: _Line) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean width of the strokes of each word in line heights, and the standard deviation over the mean."""
    depth = cv2.distanceTransform(line.ink, cv2.DIST_L2, 3)
    ridge = (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)) - 1e-6) & (depth > 0.9)
    depth *= ridge
    count = _add_up(_sum_columns(ridge), line.spans) + 1e-3
    mean = _add_up(_sum_columns(depth), line.spans) / count
    variance = _add_up(_sum_columns(depth * depth), line.spans) / count - mean**2
    return mean / _HEIGHT, np.sqrt(np.maximum(variance, 0)) / (mean + 1e-3)


def _measure_straightness(ink: np.ndarray, spans: list[slice], letter: float) -> list[np.ndarray]:
    """Return the share of each word's ink in upright and level runs, and of its straight left, upper, lower sides."""
    run, side = max(round(0.3 * letter), 4), max(round(0.15 * letter), 4)
    left, upper, lower = (np.zeros_like(ink) for _ in range(3))
    left[:, 1:] = ink[:, 1:] > ink[:, :-1]
    upper[1:] = ink[1:] > ink[:-1]
    lower[:-1] = ink[:-1] > ink[1:]
    kernels = (
        (ink, (run, 1)),
        (ink, (1, max(2 * run // 3, 4))),
        (left, (side, 1)),
        (upper, (1, side)),
        (lower, (1, side)),
    )
    shares = []
    for mask, kernel in kernels:
        straight = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(kernel, np.uint8))
        shares.append(_add_up(_sum_columns(straight), spans) / (_add_up(_sum_columns(mask), spans) + 1))
    return shares


def _find_letter_height(stats: np.ndarray) -> float:
    """Return the height of the pieces that contain most ink; half of a line's pieces of ink are lower."""
    if not len(stats):
        return _HEIGHT / 2
    heights, areas = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    order = np.argsort(heights, kind="stable")
    return float(heights[order][np.searchsorted(np.cumsum(areas[order]), areas.sum() / 2)])


def _measure_letters(stats: np.ndarray, centres: np.ndarray, spans: list[slice]) -> np.ndarray:
    """Return measurements of the large pieces of ink of each word, (10, words)."""
    return np.array([_measure_pieces(stats[(centres >= span.start) & (centres < span.stop)], span) for span in spans]).T


def _measure_pieces(stats: np.ndarray, span: slice) -> list[float]:
    # In plain Python: a word has few pieces, for which NumPy is slower.
    pieces = stats[:, :4].tolist()
    if not pieces:
        return [0.0] * 10
    highest = max(height for _, _, _, height in pieces)
    letters = [piece for piece in pieces if piece[3] >= 0.45 * highest]
    _, tops, widths, heights = zip(*letters, strict=True)
    count, height = len(letters), statistics.median(heights)
    measurements = [count, count * height / (span.stop - span.start)]
    for ends in ([*map(operator.add, tops, heights)], tops):
        middle = statistics.median(ends)
        distances = [abs(end - middle) for end in ends]
        aligned = sum(distance <= 0.04 * height + 1 for distance in distances)
        measurements += [sum(distances) / count / height, aligned / count]
    mean = sum(heights) / count
    variation = math.sqrt(sum((value - mean) ** 2 for value in heights) / count)
    return [
        *measurements,
        sum(widths) / count / height,
        max(widths) / height,
        variation / height,
        len(pieces) - count,
    ]
