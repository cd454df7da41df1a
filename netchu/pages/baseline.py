"""The baseline of a line of handwriting: the height on which its letters stand."""

import cv2
import numpy as np


def estimate_baseline(image: np.ndarray) -> float:
    """Return the share of the height, 0 to 1 from the top, at which most letters end.

    That is the row below which the ink decreases most. Tails of letters and dots below are shorter than the letters'
    bodies, so they change the rows less.

        image = line_image(picture, params)
        estimate_baseline(image)  # 0.71, for instance

    Args:
        image: a line image, uint8 (height, width), dark ink on white.
    """
    ink = (255.0 - image).sum(axis=1)
    # Slightly blurred, so that the edge of a sharp picture is as wide as that of a blurred one.
    blurred = cv2.GaussianBlur(ink[:, None], (1, 0), sigmaX=1, sigmaY=len(ink) / 48, borderType=cv2.BORDER_CONSTANT)
    return (float(np.argmin(np.diff(blurred[:, 0]))) + 1) / len(ink)
