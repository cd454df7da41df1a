"""Skeletons of letters, digits, punctuation and Vietnamese marks, as strokes of a pen.

Coordinates: x to the right, y up, in x-heights: the baseline is y = 0, a small letter ends at y = 1, capitals and
ascenders at y = TALL. A glyph is a tuple of strokes; a stroke is the path of the pen while it is down, (points, 2).

The alphabets "print" and "script" are the public-domain Hershey fonts futural and scripts; "hand" is our own.
"""

import functools
import unicodedata

import numpy as np
from HersheyFonts import HersheyFonts

Stroke = np.ndarray
Glyph = tuple[Stroke, ...]

TALL = 1.6
"""Height of capitals and ascenders."""

_STEP = 0.1
"""Distance between neighbouring points of a stroke."""

_SCRIPT_SLANT = 0.32
"""Run over rise of the stems of the font scripts; removed, because writers have their own slant."""

_SCRIPT_LETTERS = "aceghilmnopqtuyBCMNPRUY"
"""Letters of the font scripts that cannot be mistaken for others, unlike its r, d, H and X."""

# Control points in tenths of an x-height. "|" marks a corner, ";" lifts the pen.
_HAND = {
    "a": ["8 8.5, 5 10, 1.5 7.5, 1 3.5, 3 .2, 6 2, 8 8.5 | 8 3, 9 .2, 11 1.8"],
    "b": ["1 17 | 1 1 | 1.3 5, 4 9.6, 7.5 8, 8 4, 5.5 .2, 1.3 1.6"],
    "c": ["8 8, 5 10, 1.5 7.8, 1 3.5, 3.6 .2, 8.3 1.8"],
    "d": ["8 8.5, 5 10, 1.5 7.5, 1 3.5, 3 .2, 6 2, 8 8.5 | 8.2 17 | 8 4, 9 .2, 11 1.6"],
    "e": ["1.2 4.4, 5 5.2, 8 7.4, 5.5 10, 2.2 8.6, 1 4.5, 3.4 .3, 6.4 .3, 9.5 2.6"],
    "g": [
        "8 8.5, 5 10, 1.5 7.5, 1 3.5, 3 .4, 6 2.2, 8 8.5 | 8 -1, 7.2 -6, 4 -7.5, 1.5 -5.5, 4.5 -2.2, 10.5 1.5",
        "8 8.5, 5 10, 1.5 7.5, 1 3.5, 3 .4, 6 2.2, 8 8.5 | 8 -1, 7 -6, 3.5 -7.5, .5 -5.5",
    ],
    "h": ["1 17 | 1 0 | 1.3 5, 4 9.7, 7 8.4, 7.3 4, 8.2 .2, 10.4 1.6"],
    "i": ["1 9.6 | 1 3, 2.2 .2, 4.4 1.6"],
    "k": [
        "1 17 | 1 0 ; 7.6 9.6, 4.2 6.6, 1.2 4.6 | 4.6 3.2, 9 .2",
        "1 17 | 1 0 | 1.2 4.5, 4 9.4, 7 9, 6.4 6, 1.8 4.6 | 5 3.4, 9.4 .4",
    ],
    "l": ["0 1.5, 3.4 8, 5.4 14.5, 4 17, 2.2 14.5, 1.9 5, 4 .3, 6.8 1.6", "1 17 | 1 3, 2.2 .2, 4.6 1.4"],
    "m": ["1 9.6 | 1 0 | 1.4 6, 3.7 9.7, 5.7 8.4, 5.9 4 | 5.9 0 | 6.3 6, 8.6 9.7, 10.7 8.4, 10.9 4, 11.7 .2, 13.8 1.6"],
    "n": ["1 9.6 | 1 0 | 1.4 6, 4.2 9.8, 6.9 8.4, 7.2 4, 8.2 .2, 10.4 1.6"],
    "o": ["5.5 10, 2 8.5, 1 4.6, 3.5 .1, 7 1.6, 8.4 6, 6.4 9.8, 4.5 9.6"],
    "p": ["1 9.8 | .8 -7 | 1.2 5, 4.2 9.8, 7.6 8, 8 4, 5.4 .2, 1.2 1.6"],
    "q": ["8 8.5, 5 10, 1.5 7.5, 1 3.5, 3 .2, 6 2, 8 8.5 | 8 -7 | 10.5 -4.6"],
    "r": ["1 9.6 | 1 0 | 1.3 5.4, 3.4 9.2, 6.6 9.3"],
    "s": ["7.5 8.6, 4.4 10, 1.6 8, 4.5 5.2, 7.5 2.8, 5 .1, 1 1.4"],
    "t": ["3.4 15 | 3.2 3, 4.8 .2, 7.5 1.5 ; .4 10, 7 10.4"],
    "u": ["1 9.6 | 1.2 3, 3.6 .2, 6.2 2, 7.8 9.6 | 7.8 3, 8.8 .2, 11 1.6"],
    "v": ["0 9.6, 3.8 .2 | 7.4 9.8"],
    "x": ["1 9.4, 3 9, 6 1, 8.4 .8 ; 7.8 9.6, .6 .2"],
    "y": [
        "1 9.6 | 1.2 4, 3.6 1.8, 6.2 3.6, 7.8 9.6 | 7.6 -1, 6.2 -6.4, 3 -7.5, .8 -5.4",
        "1 9.6 | 1.2 4, 3.6 1.8, 6.2 3.6, 7.8 9.6 | 7.6 -1, 6.2 -6.4, 3.6 -7.2, 2.2 -5.4, 5 -2.2, 10.4 1.5",
    ],
    "B": ["1.5 16 | 1.5 0 ; 0 15, 5 16.4, 8.4 13.6, 6 9.6, 2.2 8.8 | 7 8, 9.6 4.4, 6.5 .4, .6 .2"],
    "D": ["1.5 16 | 1.5 .4 ; -.4 15.4, 5 16.2, 10.4 11.6, 10 4.6, 6 .5, .4 .2"],
    "E": ["9.5 16 | 1 16 | 1 0 | 9.8 .2 ; 1 8.4, 8 8.6", "9 14.5, 5.5 16.2, 2 13.5, 5.5 8.8 | 1 4.5, 4.5 0, 9.6 2"],
    "G": ["11 13.4, 7 16.3, 2.2 12.6, 1 6, 4 .3, 9 1, 10.6 6.6 | 6.6 6.6 ; 10.6 6.6, 10.6 -.4"],
    "K": ["1 16 | 1 0 ; 9.4 16, 5 10, 1.2 7.4 | 5.4 4.5, 10 0"],
    "L": ["1 16 | 1 .2 | 9.4 .4"],
    "M": ["0 0, 2 16 | 6.4 4 | 11 16 | 13 0"],
    "N": ["1 0, 1.6 16 | 9 .4 | 10 16.2"],
    "P": ["1.8 16 | 1.5 0 ; -.6 13.4, 3 16.2, 8 16, 9.2 11.6, 6 8.4, 1.8 8"],
    "Q": ["5.5 16, 1.6 13, .6 5.4, 4.2 .1, 9.4 3, 10.6 10, 8 15.4, 5 16 ; 6.4 4.4, 12 -2"],
    "R": ["1.8 16 | 1.5 0 ; -.6 13.4, 3 16.2, 8 16, 9.2 11.8, 6 8.8, 1.8 8.4 | 5 7.4, 10.4 0"],
    "S": ["9 13.6, 5.4 16.2, 1.6 13, 5 8.6, 8.6 4.6, 5.6 .1, .6 2"],
    "T": ["0 15.8, 11.4 16.2 ; 5.8 16 | 5.4 0"],
    "V": ["0 16 | 5 0 | 10 15, 12 16.2"],
    "X": ["0 15, 2.4 15.6, 8 .8, 10.6 .6 ; 10 16, .4 0"],
    "Y": ["0 16, 1 11, 4.4 8.6, 8 11, 9.6 16 | 9 4, 6.4 .2, 2 1"],
    "1": ["0 12.4, 4 16 | 4 0"],
    "4": ["4 16, .4 5.6 | 9.4 6 ; 7 10.4, 6.6 0"],
    "7": ["0 15.6, 9 16 | 3.4 0 ; 2.4 8.2, 8.6 8.8"],
    "9": ["8 12.6, 5 16, 1 13, 3.4 8.8, 8 12.6 | 7.8 5, 6.4 0"],
}

# Dots drawn by hand, because those of the Hershey fonts, diamonds and boxes, look printed.
_DOTTED = {
    ".": ["0 .5, .5 .2, .2 -.1"],
    ",": ["1 1, 1 -.4, 0 -2.8"],
    ":": ["0 7.5, .5 7.2 ; 0 1, .5 .7"],
    ";": ["0 7.5, .5 7.2 ; .8 1, .6 -.8, 0 -2.6"],
    "!": ["0 16 | 0 5 ; 0 .6, .5 .3"],
    "?": ["0 13, 3 16.2, 7.4 13.4, 6.6 10, 3.6 7 | 3.5 4.6 ; 3.5 .7, 3.9 .3"],
    "'": ["1 16.4, 0 12.6"],
    '"': ["0 16 | 0 12.6 ; 3 16 | 3 12.6"],
}

_DOT = "0 0, .5 -.4"
"""The dot of i and j."""

_MARKS = {
    "\u0302": "-3 -1.6, -.2 1.8 | 0 1.8, 2.8 -1.6",  # circumflex
    "\u0306": "-2.8 1.5, -1.6 -1, 1.2 -1.2, 2.8 1.5",  # breve
    "\u0301": "1.6 2.2, -1.3 -1.8",  # acute
    "\u0300": "-1.7 2.1, 1.4 -1.7",  # grave
    "\u0309": "-1.4 1.3, .2 2.5, 1.6 1.4, .7 0, -.2 -.9, -.1 -2",  # hook above
    "\u0303": "-3.3 -.9, -1.8 1.2, 0 .1, 1.7 -1.1, 3.4 1.2",  # tilde
    "\u0323": "-.3 .3, .3 -.2",  # dot below
    "\u031b": "-1 -1.6, 1.1 -.6, 1.7 1.2, .7 2.2",  # horn
}
"""Control points of the marks, around their own centre."""

MARKS = tuple(_MARKS)


def decompose(character: str) -> tuple[str, str]:
    """Split a precomposed character into its base letter and its marks, as combining characters, inner before outer.

    The dot below comes last, regardless of the canonical order. The letter đ has no decomposition.

    >>> base, marks = decompose("Ậ")
    >>> base, [unicodedata.name(mark) for mark in marks]
    ('A', ['COMBINING CIRCUMFLEX ACCENT', 'COMBINING DOT BELOW'])
    """
    base, *marks = unicodedata.normalize("NFD", character)
    return base, "".join(sorted(marks, key=lambda mark: mark == "\u0323"))


def mark_stroke(mark: str) -> Stroke:
    """Return the stroke of one of MARKS, centred on (0, 0)."""
    return _mark_strokes()[mark]


@functools.cache
def _mark_strokes() -> dict[str, Stroke]:
    """Return the strokes of all marks."""
    return {mark: _parse_glyph(points)[0] for mark, points in _MARKS.items()}


@functools.cache
def dot_stroke() -> Stroke:
    """Return the dot of i and j, which starts at (0, 0)."""
    return _parse_glyph(_DOT)[0]


@functools.cache
def alphabets() -> dict[str, dict[str, tuple[Glyph, ...]]]:
    """Return the glyphs of each character by alphabet. "print" has all ASCII characters, "script" and "hand" only some.

    The letters i and j have no dot; đ and Đ have their bar.
    """
    hand = {character: tuple(map(_parse_glyph, forms)) for character, forms in (_HAND | _DOTTED).items()}
    printed = {character: (glyph,) for character, glyph in _read_hershey("futural").items()} | {
        character: hand[character] for character in _DOTTED
    }
    script = {
        character: (glyph,) for character, glyph in _read_hershey("scripts").items() if character in _SCRIPT_LETTERS
    }
    tables = {"print": printed, "script": script, "hand": hand}
    for table in (printed, hand):
        for base, barred in (("d", "đ"), ("D", "Đ")):
            table[barred] = tuple(_add_bar(glyph, capital=base == "D") for glyph in table[base])
    return tables


def _add_bar(glyph: Glyph, capital: bool) -> Glyph:
    """Add the bar of đ or Đ to the glyph of d or D."""
    points = np.concatenate(glyph)
    if capital:
        left = points[:, 0].min() + 0.1
        ends = [(left - 0.28, 0.8), (left + 0.42, 0.82)]
    else:
        top = points[points[:, 1].argmax(), 0]
        ends = [(top - 0.35, 1.27), (top + 0.3, 1.29)]
    return (*glyph, _resample(np.array(ends)))


def _read_hershey(name: str) -> dict[str, Glyph]:
    """Return the glyphs of a Hershey font, whose capitals span y = -12 (top) to 9 (baseline), y down."""
    font = HersheyFonts()
    font.load_default_font(name)
    script = name == "scripts"
    x_height = 9.0 if script else 14.0
    glyphs = {}
    for character, hershey_glyph in font.all_glyphs.items():
        strokes = []
        for stroke in hershey_glyph.strokes:
            points = np.array(stroke, float)
            x, y = points[:, 0], 9.0 - points[:, 1]
            if script:
                x = x - _SCRIPT_SLANT * y
            if character.islower():
                ascender, descender = (0.6 / (21 - x_height), 0.7 / 12 if script else 0.75 / 7)
                x, y = (
                    x / x_height * (0.9 if script else 1),
                    np.select([y < 0, y <= x_height], [y * descender, y / x_height], 1 + (y - x_height) * ascender),
                )
            else:
                x, y = x * TALL / 21 * 0.85, y * TALL / 21
            strokes.append(np.stack([x, y], axis=1))
        if character in "ij":
            strokes = [stroke for stroke in strokes if stroke[:, 1].min() < 1]
        if strokes:
            glyphs[character] = tuple(map(_resample, strokes))
    return glyphs


def _parse_glyph(form: str) -> Glyph:
    """Return the glyph whose control points are written as in _HAND."""
    strokes = []
    for stroke in form.split(";"):
        pieces = []
        for piece in stroke.split("|"):
            points = [np.array(point.split(), float) / 10 for point in piece.split(",")]
            if pieces:
                points.insert(0, pieces[-1][-1])  # a corner ends one curve and begins the next
            pieces.append(_fit_curve(np.array(points)))
        strokes.append(_resample(np.concatenate(pieces)))
    return tuple(strokes)


def _fit_curve(points: np.ndarray) -> np.ndarray:
    """Return a Catmull-Rom spline through `points`, 8 points for each segment."""
    if len(points) < 3:
        return points
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    a, b, c, d = (padded[start : start + len(points) - 1, None] for start in range(4))
    t = np.linspace(0, 1, 8, endpoint=False)[None, :, None]
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


def _resample(points: np.ndarray) -> Stroke:
    """Return points at equal distances, about _STEP, with slightly rounded corners, as a moving hand draws them."""
    lengths = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0], np.cumsum(lengths)])
    count = max(3, round(along[-1] / _STEP) + 1)
    even = np.linspace(0, along[-1], count)
    stroke = np.stack([np.interp(even, along, points[:, axis]) for axis in (0, 1)], axis=1)
    stroke[1:-1] = 0.25 * stroke[:-2] + 0.5 * stroke[1:-1] + 0.25 * stroke[2:]
    return stroke
