"""Drawn pages of synthetic handwriting, with the known position of every line."""

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import Writer, draw_line, sample_writer


class DrawnPage(NamedTuple):
    """A page and its true lines."""

    image: np.ndarray  # uint8 (height, width, 3) RGB
    texts: list[str]  # of its lines from top to bottom
    boxes: np.ndarray  # (lines, 4, 2) corners in pixels of `image` of each line's ink
    lines: list[np.ndarray]  # each line drawn alone, uint8 (height, width, 3) RGB


def draw_page(
    seed: int,
    lines: int = 8,
    skew: float = 0.0,
    pitch: float = 4.0,
    ruled: bool = False,
    margin_line: bool = False,
    shading: float = 0.0,
    noise: float = 0.0,
    border: int = 0,
    ragged: bool = True,
    perspective: float = 0.0,
    scale: float = 1.0,
    max_characters: int = 28,
    writer: Writer | None = None,
    texts: list[str] | None = None,
) -> DrawnPage:
    """Draw a page by one writer.

    Args:
        seed: of all random choices.
        lines: number of lines.
        skew: degrees clockwise.
        pitch: distance from line to line, in x-heights.
        ruled: with printed lines under the writing.
        margin_line: with a printed upright line on the left.
        shading: share of the light that is missing in the darkest corner, with a soft shadow across the page.
        noise: standard deviation of the grain in grey levels.
        border: pixels of a dark, textured table around the sheet.
        ragged: lines start at different positions, and some are short.
        perspective: difference between the sheet's near and far edge, as a share of its width.
        scale: of the whole picture.
        max_characters: of a line.
        writer: a random one if None.
        texts: of the lines; random addresses if None.
    """
    rng = np.random.default_rng(seed)
    writer = writer or sample_writer(rng)
    clean = replace(writer, paper=(255, 255, 255), grain=0.0, shading=0.0, ruled=False)
    if texts is None:
        texts = [address_line(rng, 16 if ragged and rng.random() < 0.25 else max_characters) for _ in range(lines)]
    lines = len(texts)
    drawn = [crop_to_ink(draw_line(text, clean, rng)) for text in texts]
    step = pitch * writer.x_height
    lefts = [int(rng.integers(0, 120)) if ragged else 0 for _ in texts]
    margin = 90
    width = max(left + ink.shape[1] for left, (ink, _) in zip(lefts, drawn, strict=True)) + 2 * margin
    height = round(step * (lines - 1)) + 2 * margin + round(4 * writer.x_height)
    page = np.full((height, width, 3), writer.paper, np.float32)
    page += rng.standard_normal((height, width, 1), np.float32) * (writer.grain + noise)
    first = margin + 2 * writer.x_height
    if ruled:
        for row in np.arange(first + 0.6 * writer.x_height - step * (first // step), height, step):
            cv2.line(page, (0, round(row)), (width, round(row)), (150, 170, 205), 2, cv2.LINE_AA)
    if margin_line:
        cv2.line(page, (margin - 30, 0), (margin - 30, height), (205, 120, 120), 2, cv2.LINE_AA)
    boxes = []
    for number, (left, (ink, centre)) in enumerate(zip(lefts, drawn, strict=True)):
        top = round(first + number * step - centre)
        x, y = margin + left, max(top, 0)
        part = ink[y - top : y - top + height - y]
        page[y : y + part.shape[0], x : x + part.shape[1]] *= part.astype(np.float32) / 255
        right, bottom = x + part.shape[1], y + part.shape[0]
        boxes.append([(x, y), (right, y), (right, bottom), (x, bottom)])
    page, corners = _photograph(page, np.array(boxes, np.float32), skew, perspective, border, scale, rng)
    if shading:
        page *= _light(page.shape[0], page.shape[1], shading, rng)[:, :, None]
    if noise:
        page += rng.standard_normal((*page.shape[:2], 1), np.float32) * noise
    image = np.clip(page, 0, 255).astype(np.uint8)
    alone = [cv2.copyMakeBorder(ink, 12, 12, 20, 20, cv2.BORDER_CONSTANT, value=(255, 255, 255)) for ink, _ in drawn]
    return DrawnPage(image, texts, corners, alone)


def crop_to_ink(line: np.ndarray) -> tuple[np.ndarray, float]:
    """Crop a line to its ink; return the crop and the row with most of the ink."""
    rows, columns = np.nonzero(line.min(axis=2) < 200)
    crop = line[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    profile = cv2.GaussianBlur((255.0 - crop).sum(axis=(1, 2))[:, None], (1, 31), 5)
    return crop, float(profile.argmax())


def _photograph(page, boxes, skew, perspective, border, scale, rng):
    """Rotate, tilt and scale the sheet on a table; return the picture and the new boxes."""
    height, width = page.shape[:2]
    pinch = perspective * width / 2
    sheet = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    target = np.array([(pinch, 0), (width - pinch, 0), (width, height), (0, height)], np.float32)
    turn = np.radians(skew)
    target = target @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]], np.float32)
    target = scale * (target - target.min(axis=0) + border)
    size = tuple(int(np.ceil(side)) for side in target.max(axis=0) + scale * border)
    matrix = cv2.getPerspectiveTransform(sheet, target.astype(np.float32))
    if border:
        table = np.full((size[1], size[0], 3), (92, 62, 40), np.float32)
        grain = rng.normal(0, 14, (size[1], size[0] // 60 + 2)).astype(np.float32)
        table += cv2.resize(grain, size, interpolation=cv2.INTER_LINEAR)[:, :, None]
        image = cv2.warpPerspective(page, matrix, size, dst=table, borderMode=cv2.BORDER_TRANSPARENT)
    else:
        image = cv2.warpPerspective(page, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return image, cv2.perspectiveTransform(boxes.reshape(-1, 1, 2), matrix).reshape(-1, 4, 2)


def _light(height: int, width: int, shading: float, rng: np.random.Generator) -> np.ndarray:
    """Return the share of the light at each pixel: corners of different brightness, and a soft shadow."""
    corners = 1 - shading * rng.permutation(np.array([0, 0.4, 0.7, 1.0], np.float32)).reshape(2, 2)
    light = cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)
    shadow = np.zeros((height, width), np.float32)
    centre = (int(rng.uniform(0, width)), int(rng.uniform(0.5, 1) * height))
    cv2.ellipse(shadow, centre, (width // 3, height // 4), float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(shadow, (0, 0), max(height, width) / 60)
    return light * (1 - 0.4 * shading * soft)
