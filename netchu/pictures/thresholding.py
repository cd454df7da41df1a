"""Thresholds that turn a normalised picture into black ink on white paper."""

import cv2
import numpy as np

from netchu.pictures.illumination import PAPER

SAUVOLA_K = 0.2
"""Weight of the local contrast in Sauvola's threshold: the larger, the lower the threshold in flat regions."""


def threshold(image: np.ndarray, method: str) -> np.ndarray:
    """Binarise a normalised picture to 0 (ink) and 255: `none`, `otsu`, `adaptive` (Gaussian mean) or `sauvola`."""
    window = _window(image)
    if method == "otsu":
        return cv2.threshold(image, 0, PAPER, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]
    if method == "adaptive":
        return cv2.adaptiveThreshold(image, PAPER, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY, window, 20)
    if method == "sauvola":
        return sauvola(image, window)
    return image


def _window(image: np.ndarray) -> int:
    """Return the side in pixels, odd, of a neighbourhood with both ink and paper: about half a letter's height."""
    return max(min(image.shape) // 4, 15) | 1


def sauvola(image: np.ndarray, window: int) -> np.ndarray:
    """Binarise at mean * (1 + SAUVOLA_K * (deviation / 128 - 1)) over `window` x `window` pixels.

    Pixels are reflected at the border. Source: Sauvola and Pietikäinen, "Adaptive document image binarization",
    Pattern Recognition 33 (2000).
    """
    size = (window, window)
    mean = cv2.boxFilter(image, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT)
    square = cv2.sqrBoxFilter(image, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT)
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    return np.where(image > mean * (1 + SAUVOLA_K * (deviation / 128 - 1)), np.uint8(PAPER), np.uint8(0))
