"""Composes lines of printed, struck-through and underlined words and real handwriting, with the position of each."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from benchmarks.composed_pages import isolate_ink
from netchu.pages.word_features import find_zone
from netchu.pictures.encoding import encode_image
from netchu.pictures.images import decode_image
from netchu.synthetic.addresses import address_line

KINDS = {"plain": 0.25, "copied": 0.1, "printed": 0.15, "form": 0.25, "struck": 0.2, "underlined": 0.05}
"""Share of each kind of line: the picture as it is; the same ink on other paper, alone, as a printed text without the
handwriting, behind a printed label, with words struck through, or underlined."""

STRIKES = ("line", "line", "line", "two lines", "zigzag", "loops", "to and fro")
"""Ways to strike a word through; one line is the commonest."""

_LABELS = """
Họ và tên:|Họ, chữ đệm, tên:|Ngày sinh:|Ngày, tháng, năm sinh:|Giới tính:|Nam|Nữ|Dân tộc:|Kinh
Quốc tịch: Việt Nam|Tôn giáo:|Số CMND/CCCD:|Số định danh cá nhân:|Nơi sinh:|Quê quán:|Nơi thường trú:
Nơi ở hiện nay:|Địa chỉ:|Địa chỉ liên hệ:|Điện thoại:|Số điện thoại:|Email:|Nghề nghiệp:|Trình độ:|Chức vụ:
Đơn vị công tác:|Họ và tên cha:|Họ và tên mẹ:|Ngày cấp:|Nơi cấp:|Lý do:|Ghi chú:|Kính gửi:|Tôi tên là:|Lớp:
Trường:|Môn:|Điểm:|Số tài khoản:|Ngân hàng:|Chủ hộ:|Quan hệ với chủ hộ:|Tỉnh/Thành phố:|Quận/Huyện:|Phường/Xã:
Số nhà, đường:|Người khai ký tên|CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM|Độc lập - Tự do - Hạnh phúc
ĐƠN XIN NGHỈ PHÉP|GIẤY KHAI SINH|PHIẾU ĐĂNG KÝ|TỜ KHAI|BẢN TỰ KHAI|1. Họ tên:|2. Địa chỉ|(Ký, ghi rõ họ tên)
Mẫu số 01|Tên người nhận:|Người gửi:|Số lượng:|Đơn giá:|Thành tiền:|Tổng cộng|Ngày tháng năm
"""
"""Printed texts of forms."""

_NEEDED = set(map(ord, "Họvàtênđịchỉngườiủqậhuyệếộẫứờổ:ẶƯỜỘỄĐ0123456789"))
"""Characters of a Vietnamese font."""

_UNUSUAL = ("Thin", "Black", "ExtraLight")
"""Styles that forms are not printed in."""


class MarkedLine(NamedTuple):
    """A picture of a line, and where its ink is printed, struck through or none of these."""

    kind: str  # one of KINDS
    picture: np.ndarray  # uint8 (height, width)
    printed: np.ndarray  # float32 (height, width), 0 to 1: print
    handwritten: np.ndarray  # the same for handwriting without strikes
    struck: np.ndarray  # bool (width,): columns of words that are struck through


def find_fonts(folder: Path) -> dict[str, list[Path]]:
    """Return the fonts below `folder` that have Vietnamese letters, by the name of their family."""
    families: dict[str, list[Path]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".ttf", ".otf")):
        font = TTFont(path, lazy=True)
        names = font["name"]
        family = names.getDebugName(16) or names.getDebugName(1)
        style = names.getDebugName(17) or names.getDebugName(2)
        if set(font.getBestCmap()) >= _NEEDED and not any(word in style for word in _UNUSUAL):
            families.setdefault(family, []).append(path)
    return families


def mark_line(grey: np.ndarray, families: Sequence[list[Path]], rng: np.random.Generator) -> MarkedLine:
    """Return a line of random kind made of a picture of handwriting, uint8 (height, width).

    Args:
        families: fonts of each family.
    """
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    if kind == "plain":
        blank = np.zeros(grey.shape, np.float32)
        return MarkedLine(kind, grey, blank, blank + 1, np.zeros(grey.shape[1], bool))
    ink = 1 - isolate_ink(grey).astype(np.float32) / 255
    struck = np.zeros(ink.shape[1], bool)
    strokes = np.zeros_like(ink)
    if kind in ("struck", "underlined"):
        strokes, struck = _strike_words(ink, kind == "struck", rng)
    parts = [] if kind == "printed" else [(ink, strokes, struck)]
    if kind in ("printed", "form"):
        fonts = families[rng.integers(len(families))]
        text = _choose_text(rng)
        font = ImageFont.truetype(fonts[rng.integers(len(fonts))], int(rng.integers(22, 46)))
        parts.insert(0, draw_print(text, font))
    return _photograph(kind, *_join(parts, kind == "form" and rng.random() < 0.4, rng), rng)


def draw_print(text: str, font: ImageFont.FreeTypeFont) -> np.ndarray:
    """Return printed text, float32 (height, width): 1 for ink, 0 for paper."""
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(image).text((2 - left, 2 - top), text, fill=255, font=font)
    return np.asarray(image, np.float32) / 255


def _choose_text(rng: np.random.Generator) -> str:
    if rng.random() < 0.3:
        return address_line(rng, int(rng.integers(12, 45)))
    text = " ".join(rng.choice(_LABELS.strip().replace("\n", "|").split("|"), 2 if rng.random() < 0.25 else 1))
    return text.upper() if rng.random() < 0.1 else text


def _join(parts: list, dotted: bool, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return print, handwriting, strokes and struck columns of a line with the parts side by side.

    Args:
        parts: the ink of printed words; ink, strokes and struck columns of handwriting.
        dotted: draw a printed guide of dots below the handwriting.
    """
    inks = [part if isinstance(part, np.ndarray) else part[0] for part in parts]
    baselines = [find_zone((ink > 0.5).astype(np.uint8))[1] + int(rng.integers(-2, 3)) for ink in inks]
    above = max(baselines) + 6
    height = above + max(len(ink) - baseline for ink, baseline in zip(inks, baselines, strict=True)) + 8
    gaps = rng.integers(8, 60, len(parts)).tolist()
    width = sum(ink.shape[1] for ink in inks) + sum(gaps) + 12
    printed, handwritten, strokes = (np.zeros((height, width), np.float32) for _ in range(3))
    struck = np.zeros(width, bool)
    x = 6
    for part, ink, baseline, gap in zip(parts, inks, baselines, gaps, strict=True):
        area = (slice(above - baseline, above - baseline + len(ink)), slice(x, x + ink.shape[1]))
        if isinstance(part, np.ndarray):
            printed[area] = ink
        else:
            handwritten[area], strokes[area], struck[area[1]] = part
            for dot in range(x, x + ink.shape[1], int(rng.integers(5, 11))) if dotted else ():
                cv2.circle(printed, (dot, above + 2), int(rng.integers(2)), 0.9, -1)
        x += ink.shape[1] + gap
    return printed, handwritten, strokes, struck


def _strike_words(ink: np.ndarray, through: bool, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return strokes through up to three words, or below them, and the columns that they strike out."""
    mask = (ink > 0.5).astype(np.uint8)
    top_of_line, bottom_of_line = find_zone(mask)
    letter = bottom_of_line - top_of_line
    columns = mask.any(axis=0).astype(np.uint8)[None]
    joined = cv2.morphologyEx(columns, cv2.MORPH_CLOSE, np.ones((1, max(letter // 2, 3)), np.uint8))[0]
    sides = np.flatnonzero(np.diff(np.pad(joined, 1).astype(np.int8)))
    words = [(left, right) for left, right in sides.reshape(-1, 2).tolist() if right - left > letter]
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    ridge = depth[(depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)) - 1e-6) & (depth > 0.9)]
    pen = max(2 * float(np.median(ridge)) if len(ridge) else 2.0, 1.0)
    strokes, struck = np.zeros_like(ink), np.zeros(ink.shape[1], bool)
    kind = str(rng.choice(STRIKES)) if through else "underline"
    for left, right in rng.permutation(words)[: rng.integers(1, 4)].tolist() if words else ():
        top, bottom = find_zone(mask[:, left:right])
        if abs(bottom - bottom_of_line) > letter / 2 or not 0.5 < (bottom - top) / letter < 1.6:
            top, bottom = top_of_line, bottom_of_line
        for points in draw_strike(kind, left, right, bottom, bottom - top, rng):
            thickness = max(round(pen * rng.uniform(0.8, 1.2)), 1)
            cv2.polylines(strokes, [np.rint(points * 16).astype(np.int32)], False, 1.0, thickness, cv2.LINE_8, 4)
        struck[left:right] = through
    return cv2.GaussianBlur(strokes, (0, 0), 0.6), struck


def draw_strike(
    kind: str, left: float, right: float, baseline: float, letter: float, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield the strokes, each (points, 2), through a word between `left` and `right`, or below it.

    Args:
        kind: one of STRIKES, or "underline".
        letter: height of small letters.
    """
    width, middle = right - left, baseline - letter / 2
    start, end = left - rng.uniform(-0.1, 0.35) * letter, right + rng.uniform(-0.1, 0.35) * letter
    if kind in ("line", "two lines", "underline"):
        y = (
            baseline + rng.uniform(0.12, 0.6) * letter
            if kind == "underline"
            else middle + rng.uniform(-0.2, 0.2) * letter
        )
        for number in range(2 if kind == "two lines" else 1):
            x = np.linspace(start, end, 10)
            waves = np.convolve(rng.normal(0, 0.05 * letter, 10), [0.25, 0.5, 0.25], "same")
            slope = rng.normal(0, 0.06) * (kind != "underline")
            yield np.stack([x, y + 0.3 * letter * number + slope * (x - x.mean()) + waves], axis=1)
    elif kind == "zigzag":
        count = max(int(width / letter * rng.uniform(1.2, 3.5)), 4)
        x = np.linspace(start, end, count) + rng.normal(0, 0.08 * letter, count)
        signs = np.where(np.arange(count) % 2, 1, -1)
        yield np.stack([x, middle + rng.uniform(0.3, 0.8) * letter * signs * rng.uniform(0.7, 1.1, count)], axis=1)
    elif kind == "loops":
        share = np.linspace(0, 1, 200)
        phase = 2 * np.pi * share * max(width / letter * rng.uniform(1, 2.5), 2)
        x = left + width * share + 0.4 * letter * np.sin(phase)
        yield np.stack([x, middle + rng.uniform(0.35, 0.8) * letter * np.cos(phase)], axis=1)
    else:
        count = int(rng.integers(3, 7))
        x = np.where(np.arange(count) % 2, end, start)
        yield np.stack([x, middle + rng.uniform(-0.5, 0.5, count) * letter], axis=1)


def _photograph(
    kind: str,
    printed: np.ndarray,
    handwritten: np.ndarray,
    strokes: np.ndarray,
    struck: np.ndarray,
    rng: np.random.Generator,
) -> MarkedLine:
    """Return the line as a camera or scanner sees it."""
    height, width = printed.shape
    scale = rng.uniform(0.55, 1.6)
    angle = float(np.clip(rng.normal(0, 0.6), -1.5, 1.5))  # degrees
    margin = int(abs(np.radians(angle)) * width / 2) + 2
    matrix = scale * cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    matrix[1, 2] += scale * margin
    size = max(round(scale * width), 8), max(round(scale * (height + 2 * margin)), 8)

    def transform(ink: np.ndarray) -> np.ndarray:
        # Blurred first, so that a smaller copy does not skip thin strokes.
        soft = cv2.GaussianBlur(ink, (0, 0), 0.4 / scale) if scale < 1 else ink
        return cv2.warpAffine(soft, matrix, size, flags=cv2.INTER_LINEAR)

    printed, handwritten, strokes = map(transform, (printed, handwritten, strokes))
    pen = rng.uniform(0.4, 0.85) * np.maximum(handwritten, strokes)
    picture = (1 - rng.uniform(0.45, 0.9) * printed) * (1 - pen)
    if rng.random() < 0.8:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.2, 1.2) * max(scale, 0.7))
    light = rng.uniform(150, 245) * (1 - rng.uniform(0, 0.25) * np.linspace(0, 1, size[0])[:: rng.choice([-1, 1])])
    picture = picture * light + rng.normal(0, rng.uniform(0.5, 4.5), picture.shape)
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.7:
        picture = decode_image(encode_image(picture, ".jpg", int(rng.integers(40, 95))))
    columns = cv2.resize(struck.astype(np.uint8)[None], (size[0], 1), interpolation=cv2.INTER_NEAREST)[0] > 0
    return MarkedLine(kind, picture, printed, handwritten, columns)
