"""The lines of handwriting on a photographed or scanned page, and the difference between a page and a single line."""

import cv2
import numpy as np

from netchu.line_finding.cropping import TextLine, crop_lines
from netchu.line_finding.line_map import LineMap, map_lines
from netchu.pictures.illumination import to_grey

_LINE_ASPECT = 10
"""Least width over height at which any picture is one line: lines of addresses have 10 to 19, two lines less."""

_WHOLE = 0.25
"""Least ink of a whole line, as a share of the ink of the line with the most."""

_NEIGHBOUR = 0.5
"""Least ink of a line that cannot be a piece of a neighbour, as a share of the ink of the line with the most."""

_RIM = 0.02
"""Ink closer than this to the upper or lower edge counts as cut by it, as a share of the picture's height."""


def find_lines(image: np.ndarray) -> list[TextLine]:
    """Find the lines of writing on a page, from top to bottom.

        for line in find_lines(decode_image(Path("page.jpg").read_bytes())):
            print(line.corners[0], line.image.shape)

    Args:
        image: uint8 (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA, one column of text. The
            page may lie on a darker table, be rotated by up to 10 degrees, ruled, and unevenly lit.

    Returns:
        the lines, each image without its neighbours and ruled lines; an empty list if nothing is written.
    """
    return crop_lines(image, map_lines(to_grey(image)))


def find_lines_if_page(image: np.ndarray) -> list[TextLine]:
    """Find lines as `find_lines` does, but return none if the picture shows a single line rather than a page.

    The picture of a single line may also show pieces of the lines above and below.
    """
    height, width = image.shape[:2]
    if width >= _LINE_ASPECT * height:
        return []
    line_map = map_lines(to_grey(image))
    return [] if _shows_single_line(line_map, height) else crop_lines(image, line_map)


def _shows_single_line(line_map: LineMap, height: int) -> bool:
    """Return True if a picture, `height` pixels high, shows one line, perhaps with pieces of its neighbours."""
    counts = np.bincount(line_map.numbers[line_map.numbers > 0], minlength=len(line_map.slopes) + 1)[1:]
    if len(counts) < 2:
        return True
    # Checked first, because a tight crop of a paragraph also cuts its first and last line.
    if np.count_nonzero(counts >= _NEIGHBOUR * counts.max()) > 1:
        return False
    inverse = cv2.invertAffineTransform(line_map.matrix)
    whole = 0
    for number in np.flatnonzero(counts >= _WHOLE * counts.max()) + 1:
        rows, columns = np.nonzero(line_map.numbers == number)
        y = inverse[1, 0] * columns + inverse[1, 1] * rows + inverse[1, 2]
        whole += y.min() > _RIM * height and y.max() < (1 - _RIM) * height
    return whole < 2
