"""Pictures as the page shows them: small, with the lines that were found drawn on them."""

import cv2
import numpy as np

from netchu.pages.page import Page
from netchu.pictures.illumination import normalise_illumination, to_grey
from netchu.pictures.ink import trim_box

_SIDE = 1600
"""Pixels of the longer side, at most."""

_COLOUR = (31, 95, 168)


def overview(picture: np.ndarray, page: Page) -> bytes:
    """A JPEG of the picture, reduced, the lines of `page` framed and numbered from 1."""
    factor = min(_SIDE / max(picture.shape[:2]), 1)
    height, width = (max(round(side * factor), 1) for side in picture.shape[:2])
    small = cv2.resize(_colours(picture), (width, height), interpolation=cv2.INTER_AREA)
    if len(page.lines) > 1:
        thickness = max(round(max(height, width) / 500), 1)
        for number, line in enumerate(page.lines, 1):
            corners = np.rint(np.array(line.corners) * factor).astype(np.int32)
            cv2.polylines(small, [corners], True, _COLOUR, thickness, cv2.LINE_AA)
            _number(small, corners[0], str(number), thickness)
    return jpeg(small)


def jpeg(picture: np.ndarray) -> bytes:
    """A picture as `decode_image` gives it, as a JPEG file."""
    ordered = cv2.cvtColor(_colours(picture), cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", ordered, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()


def without_margins(picture: np.ndarray) -> np.ndarray:
    """A picture of a line cut to its writing and half its height around it: of a photograph, the line alone."""
    left, top, right, bottom = trim_box(normalise_illumination(to_grey(picture)))
    margin = (bottom - top) // 2
    return picture[max(top - margin, 0) : bottom + margin, max(left - margin, 0) : right + margin]


def _number(picture: np.ndarray, corner: np.ndarray, text: str, thickness: int) -> None:
    """A number on a coloured ground, left of and below `corner`, inside the picture."""
    scale = thickness * 0.45
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    pad = 3 * thickness
    left, top = max(int(corner[0]) - width - 2 * pad, 0), max(int(corner[1]), 0)
    cv2.rectangle(picture, (left, top), (left + width + 2 * pad, top + height + 2 * pad), _COLOUR, cv2.FILLED)
    place = (left + pad, top + height + pad)
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), thickness, cv2.LINE_AA)


def _colours(picture: np.ndarray) -> np.ndarray:
    """A picture as `decode_image` gives it, as RGB, transparency over white."""
    if picture.ndim == 2:
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
    if picture.shape[2] == 3:
        return picture
    alpha = cv2.cvtColor(cv2.extractChannel(picture, 3), cv2.COLOR_GRAY2RGB)
    return 255 - cv2.multiply(255 - picture[:, :, :3], alpha, scale=1 / 255)
