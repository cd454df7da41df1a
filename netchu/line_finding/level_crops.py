"""Level crops of one line, and the colour of the paper under it."""

from typing import NamedTuple

import cv2
import numpy as np

from netchu.line_finding.affine import compose, scaling


class LevelCrop(NamedTuple):
    """A rectangular part of a page, turned level, at the page's scale."""

    image: np.ndarray  # uint8 (height, width) or (height, width, 3)
    background: np.ndarray  # the colour of the paper at each pixel, in the shape of `image`
    matrix: np.ndarray  # (2, 3): maps x and y on the page to x and y on the crop


def crop_level(page: np.ndarray, paper: np.ndarray, corners: np.ndarray, size: tuple[int, int]) -> LevelCrop:
    """Crop the rectangle `corners` from a page. Outside the page, repeat its last pixels.

    Args:
        page: uint8 (height, width) or (height, width, 3).
        paper: the result of `estimate_paper_colour` for the page.
        corners: float32 (4, 2), x and y on the page: top left, top right, bottom right, bottom left of the crop.
        size: width and height of the crop.
    """
    width, height = size
    target = np.array([(0, 0), (width - 1, 0), (0, height - 1)], np.float32)
    matrix = cv2.getAffineTransform(corners[[0, 1, 3]], target)
    enlargement = 1 / np.array([paper.shape[1] / page.shape[1], paper.shape[0] / page.shape[0]])
    image, background = (
        cv2.warpAffine(picture, mapping, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for picture, mapping in ((page, matrix), (paper, compose(scaling(enlargement), matrix)))
    )
    return LevelCrop(image, background, matrix)


def estimate_paper_colour(page: np.ndarray) -> np.ndarray:
    """Return the colour of the paper around every point, on a copy reduced about eight times."""
    height, width = page.shape[:2]
    factor = min(max(min(height, width) / 48, 1), 8)
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    return cv2.medianBlur(cv2.resize(page, size, interpolation=cv2.INTER_AREA), 31)
