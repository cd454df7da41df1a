"""Pictures of one drawn line, on every kind of paper and in every light, and blank ones."""

import cv2
import numpy as np

from netchu.pictures.line_image import PreprocessParams

BOX = (40, 20, 760, 80)
"""Left, top, right and bottom of the writing drawn by `strokes`."""

THRESHOLDS = ("none", "otsu", "adaptive", "sauvola")


def params(**values) -> PreprocessParams:
    """Return the default settings with some values changed."""
    return PreprocessParams(**{"height": 48, "blur": 0, "threshold": "none", "deslant": False, **values})


def strokes(ink: int = 60, paper: int = 235, width: int = 3) -> np.ndarray:
    """Draw a line of 24 upright 'H', alternately tall and short, on a page of 800 x 100 pixels."""
    page = np.full((100, 800), paper, np.uint8)
    left, top, right, bottom = BOX
    for number, x in enumerate(np.linspace(left, right - 20, 24)):
        y = top if number % 2 == 0 else 45
        middle = (y + bottom) // 2
        for start, end in (((x, y), (x, bottom)), ((x + 18, y), (x + 18, bottom)), ((x, middle), (x + 18, middle))):
            cv2.line(page, (round(start[0]), start[1]), (round(end[0]), end[1]), ink, width, cv2.LINE_AA)
    return page


def slanted_strokes(slant: float) -> np.ndarray:
    """Draw `strokes` in black, each row shifted by `slant` pixels less than the row above; (100, 920)."""
    # Away from the border, so that the shear does not leave the page.
    upright = cv2.copyMakeBorder(strokes(ink=0, paper=255), 0, 0, 60, 60, cv2.BORDER_CONSTANT, value=255)
    matrix = np.array([[1, -slant, 50 * slant], [0, 1, 0]], np.float64)
    return cv2.warpAffine(upright, matrix, upright.shape[::-1], borderValue=255)


def sloping_strokes(slope: float) -> np.ndarray:
    """Draw `strokes` in black, each column shifted by `slope` pixels more than the one before; (300, 800)."""
    page = cv2.copyMakeBorder(strokes(ink=0, paper=255), 100, 100, 0, 0, cv2.BORDER_CONSTANT, value=255)
    matrix = np.array([[1, 0, 0], [slope, 1, -400 * slope]], np.float64)
    return cv2.warpAffine(page, matrix, page.shape[::-1], borderValue=255)


def grainy(page: np.ndarray, deviation: float = 3.0) -> np.ndarray:
    """Add Gaussian noise."""
    return np.clip(np.random.default_rng(0).normal(page, deviation), 0, 255).round().astype(np.uint8)


def shaded(page: np.ndarray, least: float = 0.3) -> np.ndarray:
    """Darken a page from left to right, down to `least` of its brightness."""
    return np.rint(page * np.linspace(1, least, page.shape[1])).astype(np.uint8)


def ruled(page: np.ndarray, ink: int = 130) -> np.ndarray:
    """Draw three ruled lines."""
    page = page.copy()
    for y in (6, 62, 92):
        cv2.line(page, (0, y), (799, y + 4), ink, 2, cv2.LINE_AA)
    return page


def squared(page: np.ndarray, ink: int = 170, side: int = 30) -> np.ndarray:
    """Draw squares, under darker writing."""
    squares = np.full_like(page, 255)
    for position in range(12, max(page.shape), side):
        cv2.line(squares, (0, position), (page.shape[1], position), ink, 2)
        cv2.line(squares, (position, 0), (position, page.shape[0]), ink, 2)
    return np.minimum(page, squares)


def framed(page: np.ndarray) -> np.ndarray:
    """Draw a frame near the page's edge."""
    page = page.copy()
    cv2.rectangle(page, (4, 5), (790, 94), 40, 3)
    return page


def dusty(page: np.ndarray) -> np.ndarray:
    """Draw three dark specks far from the writing."""
    page = page.copy()
    page[2:4, 20:22] = page[96:98, 790:792] = page[4:6, 780:782] = 40
    return page


VARIANTS = {
    "ink on paper": strokes(),
    "dark photo": grainy(strokes() * 0.2, 1),
    "light pencil": grainy(strokes(ink=200), 2),
    "uneven light": grainy(shaded(strokes())),
    "hard shadow": np.hstack([strokes()[:, :400], strokes()[:, 400:] // 2]),
    "grain": grainy(strokes(), 15),
    "thick pen": strokes(width=5),
    "white on black": 255 - strokes(),
    "white on grey": strokes(ink=240, paper=142),
    "chalk on a bright board": grainy(strokes(ink=245, paper=165)),
    "white on kraft paper in uneven light": shaded(strokes(ink=252, paper=185), 0.7),
    "ink on kraft paper": grainy(strokes(ink=60, paper=150)),
    "ruled paper": ruled(strokes()),
    "ruled paper in uneven light": grainy(shaded(ruled(strokes(), 170), 0.5)),
    "squared paper": grainy(squared(strokes())),
    "squared paper in uneven light": grainy(shaded(squared(strokes()), 0.5)),
    "form": framed(strokes()),
    "dust": dusty(strokes()),
    "JPEG": cv2.imdecode(cv2.imencode(".jpg", strokes(), [cv2.IMWRITE_JPEG_QUALITY, 30])[1], cv2.IMREAD_GRAYSCALE),
}

_PAPER = np.full((100, 800), 235, np.uint8)

BLANKS = {
    "white": np.full((100, 800), 255, np.uint8),
    "grey": np.full((100, 800), 128, np.uint8),
    "black": np.zeros((100, 800), np.uint8),
    "grain": grainy(_PAPER, 5),
    "much grain": grainy(_PAPER // 2, 30),
    "grain in the dark": grainy(_PAPER // 8, 3),
    "shading": shaded(_PAPER),
    "shading and grain": grainy(shaded(_PAPER)),
    "shading in the dark": shaded(_PAPER // 4),
    "shadow": np.hstack([_PAPER[:, :400], _PAPER[:, 400:] // 2]),
    "ruled lines": ruled(_PAPER),
    "frame": framed(_PAPER),
    "dust": dusty(_PAPER),
    "one pixel": np.full((1, 1), 7, np.uint8),
    "one row": np.full((1, 300), 200, np.uint8),
}
