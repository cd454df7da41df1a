"""Finds the lines of handwriting on a photographed or scanned page, and cuts each out level and by itself."""

import itertools
from typing import NamedTuple

import cv2
import numpy as np

from netchu.pages.sheet import sheet_mask, straight_lines
from netchu.pictures.illumination import PAPER, normalise_illumination, to_grey

_PIXELS = 1_500_000
"""Pixels to which a picture is reduced before lines are looked for: letters of a full page keep some 10."""

_FAINT, _DARK, _MOST = 85, 115, 170
"""Darkness, 0 to 255, in a normalised picture: ink is above _FAINT, in noise up to _MOST, and touches some above _DARK.
"""

_NOISE_GAIN = 5
"""Standard deviations of the paper's noise, where it is darkest, that ink stands above."""

_RIDGE = 12
"""Pixels of a word's height in the map where lines show as ridges."""

_LINE_ASPECT = 10
"""Width over height from which a picture shows one line: lines of addresses have 10 to 19, two of them together less
than 10."""

_WHOLE = 0.25
"""Ink of a line, as a share of the fullest line's, from which it is more than a piece of one."""

_NEIGHBOUR = 0.5
"""The same share, below which a line that the picture's edge cuts may be a neighbour's."""

_RIM = 0.02
"""Share of a picture's height within which ink counts as cut by the edge."""

_CLOSEST = 0.9
"""Heights of a word from one line's middle to the next one's, at least."""

_SHARE = 0.45
"""Of the way from a line's middle to the next one's, the share that belongs to the upper: marks stand above letters and
reach farther than tails reach down."""


class TextLine(NamedTuple):
    """A line of writing on a page."""

    corners: np.ndarray  # float32 (4, 2), x and y in pixels of the page: top left, top right, bottom right, bottom left
    image: np.ndarray  # uint8 (height, width) or (height, width, 3): it alone, level, on its own paper, page's scale


class _Layout(NamedTuple):
    """The lines on a reduced and levelled copy of a picture."""

    matrix: np.ndarray  # (2, 3), from pixels of the picture to those of the copy
    owner: np.ndarray  # int16 (height, width): number of the line from 1, 0 paper, -1 what belongs to none
    slopes: np.ndarray  # (lines,) rise over run
    word: float  # height of a word in pixels of the copy


def find_lines(image: np.ndarray) -> list[TextLine]:
    """The lines of writing on a page, from top to bottom.

    Args:
        image: uint8 (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA; the page may lie on a
            darker table, be turned by up to 10 degrees, ruled, and lit unevenly. One column of text.

    Returns:
        the lines, each image showing nothing of its neighbours and of ruled lines; empty where nothing is written.
    """
    return _cut_all(image, _find(to_grey(image)))


def find_lines_of_page(image: np.ndarray) -> list[TextLine]:
    """The lines as `find_lines` gives them; none where the picture shows one line rather than a page.

    A picture of one line may show pieces of its neighbours, too.
    """
    height, width = image.shape[:2]
    if width >= _LINE_ASPECT * height:
        return []
    layout = _find(to_grey(image))
    return [] if _is_line(layout, height) else _cut_all(image, layout)


def _is_line(layout: _Layout, height: int) -> bool:
    """Whether a picture of that height in pixels shows one line, perhaps with pieces of its neighbours."""
    counts = np.bincount(layout.owner[layout.owner > 0], minlength=len(layout.slopes) + 1)[1:]
    if len(counts) < 2:
        return True
    # A tight crop of a paragraph cuts its first and last line, too.
    if np.count_nonzero(counts >= _NEIGHBOUR * counts.max()) > 1:
        return False
    inverse = cv2.invertAffineTransform(layout.matrix)
    whole = 0
    for number in np.flatnonzero(counts >= _WHOLE * counts.max()) + 1:
        rows, columns = np.nonzero(layout.owner == number)
        y = inverse[1, 0] * columns + inverse[1, 1] * rows + inverse[1, 2]
        # Lines that the picture's edge cuts are neighbours.
        whole += y.min() > _RIM * height and y.max() < (1 - _RIM) * height
    return whole < 2


def _find(grey: np.ndarray) -> _Layout:
    picture, matrix = _reduce(grey)
    sheet = sheet_mask(picture)
    if sheet is not None:
        picture = _without_table(picture, sheet)
    picture = normalise_illumination(picture)
    ink = _ink(picture)
    angle = _skew(ink)
    picture, turn = _turn(picture, angle)
    matrix = (turn @ np.vstack([matrix, [0, 0, 1]]))[:2]
    ink = _ink(picture)
    nothing = _Layout(matrix, np.zeros(ink.shape, np.int16), np.zeros(0), 0)
    rules = _rules(picture, ink)
    ink[rules > 0] = 0
    ink = _strokes(ink)
    word = _word_height(ink)
    if not word:
        return nothing
    centres, slopes = _ridges(ink, word)
    owner, slopes = _assign(ink, centres, slopes, word)
    owner[(rules > 0) & (owner == 0)] = -1
    return _Layout(matrix, owner, slopes, word)


def _rules(picture: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Where there are ruled lines and frames, uint8 0 or 1."""
    found = straight_lines(picture, max(max(ink.shape) // 60, 12))
    if found.any():
        # Only without the lines, which join all they touch, can be told how long a letter's stroke may be.
        found = straight_lines(picture, max(round(_word_height(ink & (1 - found))), 12))
    return found


def _strokes(ink: np.ndarray) -> np.ndarray:
    """Ink without blots: the hard edge of a shadow, the black border of a scan; uint8 0 or 1."""
    side = max(round(_word_height(ink) / 2), 7)
    square = np.ones((side, side), np.uint8)
    # A frame of zeros, for what a border cuts may be a stroke.
    blots = cv2.morphologyEx(ink, cv2.MORPH_OPEN, square, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return ink & (1 - cv2.dilate(blots, square)) if blots.any() else ink


def _reduce(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    height, width = grey.shape
    factor = min((_PIXELS / grey.size) ** 0.5, 1)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    x, y = size[0] / width, size[1] / height
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.array([[x, 0, x / 2 - 0.5], [0, y, y / 2 - 0.5]])


def _without_table(grey: np.ndarray, sheet: np.ndarray) -> np.ndarray:
    """The picture with the table around a sheet made as bright as the sheet's nearest place."""
    size = (max(grey.shape[1] // 8, 1), max(grey.shape[0] // 8, 1))
    inside = cv2.erode(cv2.resize(sheet, size, interpolation=cv2.INTER_NEAREST), np.ones((3, 3), np.uint8))
    inside[0] = inside[-1] = 0
    inside[:, 0] = inside[:, -1] = 0
    if not inside.any():
        return grey
    reduced = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    paper = cv2.dilate(np.where(inside > 0, reduced, 0), np.ones((7, 7), np.uint8))  # without the writing
    _, nearest = cv2.distanceTransformWithLabels(1 - inside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    brightness = np.zeros(nearest.max() + 1, np.uint8)
    brightness[nearest[inside > 0]] = paper[inside > 0]
    filled = cv2.GaussianBlur(brightness[nearest], (0, 0), 2)
    return np.where(sheet > 0, grey, cv2.resize(filled, grey.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _paper(image: np.ndarray) -> np.ndarray:
    """The colour of the paper, on a copy reduced about eight times."""
    height, width = image.shape[:2]
    factor = min(max(min(height, width) / 48, 1), 8)
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    return cv2.medianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), 31)


def _ink(picture: np.ndarray) -> np.ndarray:
    """Where there is ink, uint8 0 or 1, specks left out."""
    soft = PAPER - cv2.GaussianBlur(picture, (0, 0), 0.7)
    # The greatest of four samples has its median at one standard deviation; the brighter half of the noise is cut off.
    noise = cv2.medianBlur(np.ascontiguousarray(cv2.dilate(soft, np.ones((2, 2), np.uint8))[::4, ::4]), 31)
    noise = cv2.resize(noise, picture.shape[::-1], interpolation=cv2.INTER_LINEAR)
    limit = np.clip(noise, _FAINT // _NOISE_GAIN, _MOST // _NOISE_GAIN) * _NOISE_GAIN
    faint = (soft > limit).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(faint, connectivity=8)
    # Hysteresis, as for Canny's edges: the faint ends of a stroke belong to it, faint spots alone to the paper.
    kept = np.bincount(labels[soft > np.maximum(limit, _DARK)], minlength=count) > 0
    kept &= stats[:, cv2.CC_STAT_AREA] >= 4
    kept[0] = False
    return kept[labels].astype(np.uint8)


def _skew(ink: np.ndarray) -> float:
    """Degrees clockwise by which the lines are turned.

    Of 97 angles up to 12 degrees, the one whose profile is sharpest (after Postl, "Detection of linear oblique
    structures and skew scan in digitized documents", ICPR 1986).
    """
    rows, columns = np.nonzero(ink)
    if len(rows) < 2:
        return 0.0
    step = max(len(rows) // 30_000, 1)
    rows, columns = rows[::step].astype(np.float32), columns[::step].astype(np.float32)

    def sharpness(angle: float) -> float:
        turn = np.radians(angle)
        places = np.cos(turn) * rows - np.sin(turn) * columns
        profile = np.bincount(((places - places.min()) / 2).astype(np.intp)).astype(np.float64)
        return float(np.square(np.diff(profile)).sum()) * (1 - abs(angle) / 60)

    coarse = max(np.arange(-12, 12.1, 1.0), key=sharpness)
    return float(max(np.arange(coarse - 1, coarse + 1.01, 0.25), key=sharpness))


def _turn(picture: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Turn a picture anticlockwise by `angle` degrees, whole; and the matrix (2, 3) that does it."""
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (round(width * cos + height * sin), round(height * cos + width * sin))
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderValue=255), matrix


def _word_height(ink: np.ndarray) -> float:
    """Typical height in pixels of a connected piece of writing, about two x-heights; 0 where there is none."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    heights, areas = stats[1:, cv2.CC_STAT_HEIGHT], stats[1:, cv2.CC_STAT_AREA]
    large = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) >= 6
    # By area alone, pieces that join several lines would outweigh the rest; by number alone, marks.
    heights, weights = heights[large], areas[large] ** 0.75
    if not len(heights):
        return 0.0
    order = np.argsort(heights, kind="stable")
    return float(heights[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])


def _ridges(ink: np.ndarray, word: float) -> tuple[np.ndarray, np.ndarray]:
    """The middles (lines, width) of the lines in pixels at each column, from top to bottom, and their slopes.

    Ink blurred along the lines shows them as ridges (after Bukhari, Shafait and Breuel, "Script-independent handwritten
    textlines segmentation using active contours", ICDAR 2009).
    """
    factor = min(_RIDGE / word, 1)
    unit = word * factor
    size = (max(round(ink.shape[1] * factor), 1), max(round(ink.shape[0] * factor), 1))
    small = cv2.resize(ink.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    blurred = [
        cv2.GaussianBlur(small, (0, 0), sigmaX=1.6 * unit, sigmaY=sigma * unit, borderType=cv2.BORDER_CONSTANT)
        for sigma in (0.2, 0.7)
    ]
    ridge = blurred[0] - blurred[1]
    level = 0.2 * np.percentile(ridge[ridge > 0], 95) if (ridge > 0).any() else 0
    count, labels = cv2.connectedComponents((ridge > level).astype(np.uint8), connectivity=4)
    rows, columns = np.nonzero(labels)
    numbers, weights = labels[rows, columns], ridge[rows, columns].astype(np.float64)
    moments = np.stack(
        [
            np.bincount(numbers, weights * value, count)
            for value in (1.0, columns, rows, columns * columns, columns * rows)
        ],
        axis=1,
    )
    spans = np.stack([np.full(count, size[0]), np.zeros(count, int)], axis=1)
    np.minimum.at(spans[:, 0], numbers, columns)
    np.maximum.at(spans[:, 1], numbers, columns)
    lines = _join(moments[1:], spans[1:], unit)
    if not lines:
        return np.zeros((0, ink.shape[1])), np.zeros(0)
    lines.sort(key=lambda line: -line[0][0])
    fits: list[tuple[float, float]] = []
    for line, slope in lines:
        base, rise = _fit(line, slope, unit)
        x = line[1] / line[0]
        # A row of marks shows as a ridge, too, but closer to its letters than lines are.
        if all(abs(base + rise * x - other - slant * x) > _CLOSEST * unit for other, slant in fits):
            fits.append((base, rise))
    fits = np.array(fits)
    x = (np.arange(ink.shape[1]) + 0.5) * factor - 0.5
    middles = (fits[:, :1] + fits[:, 1:] * x + 0.5) / factor - 0.5
    order = np.argsort(middles[:, len(x) // 2], kind="stable")
    return np.maximum.accumulate(middles[order], axis=0), fits[order, 1]


def _fit(moments: np.ndarray, slope: float, unit: float) -> tuple[float, float]:
    """Height at x = 0 and slope of the straight line through a ridge; a short one keeps near `slope`."""
    weight, x, y, xx, xy = moments
    variance, covariance = xx / weight - (x / weight) ** 2, xy / weight - x * y / weight**2
    prior = (3 * unit) ** 2
    slope = (covariance + prior * slope) / (variance + prior)
    return y / weight - slope * x / weight, slope


def _join(moments: np.ndarray, spans: np.ndarray, unit: float) -> list[tuple[np.ndarray, float]]:
    """Ridges that continue each other, as one: its moments and the page's slope."""
    if not len(moments):
        return []
    kept = moments[:, 0] > 0.01 * moments[:, 0].max()
    moments, spans = moments[kept], spans[kept]
    own = np.array([_fit(one, 0.0, unit)[1] for one in moments])
    order = np.argsort(-moments[:, 0], kind="stable")
    heavy = order[: max(len(order) // 2, 1)]
    slope = float(np.median(own[heavy]))
    lines: list[tuple[np.ndarray, list]] = []
    for number in order:
        one, (left, right) = moments[number], spans[number]
        x, y = one[1] / one[0], one[2] / one[0]
        best, distance = None, 0.55 * unit
        for place, (line, members) in enumerate(lines):
            base, rise = _fit(line, slope, unit)
            off = abs(base + rise * x - y)
            overlap = sum(max(min(right, r) - max(left, le), 0) for le, r in members)
            if off < distance and overlap < 0.3 * (right - left + 1):
                best, distance = place, off
        if best is None:
            lines.append((one, [(left, right)]))
        else:
            lines[best] = (lines[best][0] + one, [*lines[best][1], (left, right)])
    return [(line, slope) for line, _ in lines]


def _assign(ink: np.ndarray, middles: np.ndarray, slopes: np.ndarray, word: float) -> tuple[np.ndarray, np.ndarray]:
    """Which line each piece of ink belongs to, see _Layout.owner, and the slopes of the lines that own something."""
    count = len(middles)
    owner = np.zeros(ink.shape, np.int16)
    if not count:
        return owner, slopes
    pieces, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    rows, columns = np.nonzero(ink)
    numbers = labels[rows, columns]
    nearest = np.zeros(len(rows), np.intp)
    for upper, lower in itertools.pairwise(middles):
        nearest += rows > (upper + _SHARE * (lower - upper))[columns]
    off = rows - middles[nearest, columns]
    votes = np.bincount(numbers * count + nearest, minlength=pieces * count).reshape(pieces, count)
    best = votes.argmax(axis=1)
    # A piece that passes through the middle of several lines holds letters of each.
    through = np.zeros((pieces, count), bool)
    through[numbers[np.abs(off) < 0.3 * word], nearest[np.abs(off) < 0.3 * word]] = True
    shared = through.sum(axis=1) > 1
    line = np.where(shared[numbers], nearest, best[numbers])
    reach = np.abs(rows - middles[line, columns])
    closest = np.full(pieces, np.inf)
    np.minimum.at(closest, numbers, reach)
    far = closest[numbers] > 1.3 * word
    height, width = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    huge = (height > 6 * word) & (stats[:, cv2.CC_STAT_AREA] < 0.2 * height * width)
    line = np.where(far | huge[numbers], -1, line)
    # Letters make a line; specks and lone marks do not.
    tall = (height[numbers] > 0.4 * word) & (line >= 0)
    written = np.bincount(line[tall], minlength=count) > 0
    renumbered = np.append(np.where(written, np.cumsum(written), -1), -1)
    lines = renumbered[line]
    # Dust far left and right of the letters would widen the line.
    ends = np.array([np.percentile(columns[tall & (line == number)], [0, 100]) for number in np.flatnonzero(written)])
    if len(ends):
        mine = lines > 0
        left, right = ends[lines[mine] - 1].T
        outside = (columns[mine] < left - 1.5 * word) | (columns[mine] > right + 1.5 * word)
        lines[mine] = np.where(outside & ~tall[mine], -1, lines[mine])
    owner[rows, columns] = lines
    return owner, slopes[written]


def _cut_all(image: np.ndarray, layout: _Layout) -> list[TextLine]:
    if image.ndim == 3 and image.shape[2] == 4:
        image = to_grey(image)
    paper = _paper(image)
    return [_cut(image, paper, layout, number, slope) for number, slope in enumerate(layout.slopes, start=1)]


def _cut(image: np.ndarray, paper: np.ndarray, layout: _Layout, number: int, slope: float) -> TextLine:
    """The line of that number."""
    rows, columns = np.nonzero(layout.owner == number)
    turn = np.arctan(slope)
    along = np.array([np.cos(turn), np.sin(turn)])
    across = np.array([-np.sin(turn), np.cos(turn)])
    points = np.stack([columns, rows], axis=1)
    margin = layout.word / 6 + 1
    u, v = points @ along, points @ across
    left, right, top, bottom = u.min() - margin, u.max() + margin, v.min() - margin, v.max() + margin
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    corners = corners @ np.stack([along, across])  # in the copy
    inverse = cv2.invertAffineTransform(layout.matrix)
    corners = (corners @ inverse[:, :2].T + inverse[:, 2]).astype(np.float32)
    scale = 1 / np.hypot(*layout.matrix[:, 0])
    size = (max(round((right - left) * scale), 1), max(round((bottom - top) * scale), 1))
    target = np.array([(0, 0), (size[0] - 1, 0), (0, size[1] - 1)], np.float32)
    matrix = cv2.getAffineTransform(corners[[0, 1, 3]], target)
    crop = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    shrink = np.array([paper.shape[1] / image.shape[1], paper.shape[0] / image.shape[0]])
    around = cv2.warpAffine(
        paper, _then(_scaling(1 / shrink), matrix), size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    square = np.ones((3, 3), np.uint8)
    own = cv2.dilate((layout.owner == number).astype(np.uint8), square)
    other = cv2.dilate(((layout.owner != 0) & (layout.owner != number)).astype(np.uint8), square) & (1 - own)
    hidden = cv2.warpAffine(other, _then(inverse, matrix), size, flags=cv2.INTER_NEAREST) > 0
    crop[hidden] = around[hidden]
    return TextLine(corners, crop)


def _scaling(factors: np.ndarray) -> np.ndarray:
    """Matrix (2, 3) that scales the plane, pixel centres at whole numbers."""
    return np.column_stack([np.diag(factors), factors / 2 - 0.5])


def _then(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Matrix (2, 3) of one affine map after another."""
    return (np.vstack([second, [0, 0, 1]]) @ np.vstack([first, [0, 0, 1]]))[:2]
