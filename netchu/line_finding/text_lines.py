"""The lines of handwriting on a photographed or scanned page."""

import numpy as np

from netchu.line_finding.cropping import crop_lines
from netchu.line_finding.found_lines import TextLine
from netchu.line_finding.line_map import map_lines
from netchu.line_finding.page_or_line import shows_single_line
from netchu.pictures.illumination import to_grey


def find_lines(image: np.ndarray) -> list[TextLine]:
    """Find the lines of writing on a page, column by column, each from top to bottom; in tables row by row.

        for line in find_lines(decode_image(Path("page.jpg").read_bytes())):
            print(line.corners[0], line.image.shape)

    Args:
        image: uint8 (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA, columns of text
            and tables. The page may lie on a darker table, be rotated by up to 10 degrees, ruled, and unevenly
            lit.

    Returns:
        the lines, each image without its neighbours and ruled lines; an empty list if nothing is written.
    """
    return crop_lines(image, map_lines(to_grey(image)))


def find_lines_if_page(image: np.ndarray) -> list[TextLine]:
    """Find lines as `find_lines` does, but return none if the picture shows a single line rather than a page.

    The picture of a single line may also show pieces of the lines above and below.
    """
    line_map = map_lines(to_grey(image))
    return [] if shows_single_line(line_map, image.shape) else crop_lines(image, line_map)
