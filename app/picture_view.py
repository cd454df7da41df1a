"""Pictures for the page: reduced, with the lines framed and numbered."""

import cv2
import numpy as np

from netchu.pages.page import Page
from netchu.pictures.illumination import normalise_illumination, to_grey
from netchu.pictures.ink import find_trim_box

_LONGEST_SIDE = 1600
"""Pixels."""

FRAME_COLOUR = (31, 95, 168)


def draw_overview(picture: np.ndarray, page: Page) -> bytes:
    """Return the picture as JPEG, reduced, with the lines of `page` framed and numbered from 1."""
    factor = min(_LONGEST_SIDE / max(picture.shape[:2]), 1)
    height, width = (max(round(side * factor), 1) for side in picture.shape[:2])
    reduced = cv2.resize(convert_to_rgb(picture), (width, height), interpolation=cv2.INTER_AREA)
    if len(page.lines) > 1:
        thickness = max(round(max(height, width) / 500), 1)
        for number, line in enumerate(page.lines, 1):
            corners = np.rint(np.array(line.corners) * factor).astype(np.int32)
            cv2.polylines(reduced, [corners], True, FRAME_COLOUR, thickness, cv2.LINE_AA)
            _draw_number(reduced, corners[0], str(number), thickness)
    return encode_jpeg(reduced)


def encode_jpeg(picture: np.ndarray) -> bytes:
    """Return a picture, as `decode_image` returns it, as JPEG."""
    bgr = cv2.cvtColor(convert_to_rgb(picture), cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()


def crop_to_writing(picture: np.ndarray) -> np.ndarray:
    """Crop a picture of a line, such as a photograph, to the writing and a margin of half its height."""
    left, top, right, bottom = find_trim_box(normalise_illumination(to_grey(picture)))
    margin = (bottom - top) // 2
    return picture[max(top - margin, 0) : bottom + margin, max(left - margin, 0) : right + margin]


def _draw_number(picture: np.ndarray, corner: np.ndarray, text: str, thickness: int) -> None:
    """Draw a number on a coloured background to the left of and below `corner`, inside the picture."""
    scale = thickness * 0.45
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    pad = 3 * thickness
    left, top = max(int(corner[0]) - width - 2 * pad, 0), max(int(corner[1]), 0)
    cv2.rectangle(picture, (left, top), (left + width + 2 * pad, top + height + 2 * pad), FRAME_COLOUR, cv2.FILLED)
    baseline = (left + pad, top + height + pad)
    cv2.putText(picture, text, baseline, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), thickness, cv2.LINE_AA)


def convert_to_rgb(picture: np.ndarray) -> np.ndarray:
    """Return a picture, as `decode_image` returns it, as RGB; transparent areas become white."""
    if picture.ndim == 2:
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
    if picture.shape[2] == 3:
        return picture
    alpha = cv2.cvtColor(cv2.extractChannel(picture, 3), cv2.COLOR_GRAY2RGB)
    return 255 - cv2.multiply(255 - picture[:, :, :3], alpha, scale=1 / 255)
