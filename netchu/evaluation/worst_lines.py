"""An SVG sheet of the lines with the highest CER: each line image above its reference and its prediction."""

import base64
import html
import itertools
import unicodedata
from collections.abc import Sequence

import cv2
import numpy as np

from netchu.evaluation.error_kinds import CharacterPair, align_texts
from netchu.evaluation.metrics import Edits, edit_rate

WORST_LINES = 12
"""Most lines on a sheet."""

_WIDTH = 1000
"""Largest width of a line image, pixels; wider images are scaled down."""

_MARGIN = 8
"""Left and right of the sheet, pixels."""

_TEXT_HEIGHT = 28
"""Height of a line of text, pixels."""

_NARROW, _WIDE = "fijlrtI .,:;!|'()[]-/", "mwMW@%"
"""Characters that need less or more room than most, in any sans-serif font."""

_SHEET_STYLE = (
    "text { font: 19px sans-serif; text-anchor: middle; fill: #222 }"
    " .caption { font-size: 12px; text-anchor: start; fill: #777 }"
    " .reference { fill: #bfe8c8 } .prediction { fill: #ffc0b8 }"
)


def find_worst_lines(edits: Edits) -> list[int]:
    """Return the indices of the WORST_LINES lines with the highest CER above 0, worst first."""
    order = np.lexsort((-edits.edits, -edit_rate(edits.edits, edits.reference)))
    return [int(line) for line in order if edits.edits[line]][:WORST_LINES]


def draw_worst_lines(lines: Sequence[tuple[str, np.ndarray, str, str]]) -> str:
    """Return an SVG image of lines below each other: caption, line image, reference, prediction.

    Aligned characters of reference and prediction have the same horizontal position, and a coloured background if they
    differ. SVG is used because its viewer supplies the font; OpenCV's fonts lack Vietnamese letters.

    Args:
        lines: caption, line image (uint8 `(height, width)`), reference and prediction of each line. Without lines, the
            sheet states that no line was misread.
    """
    elements, bottom, right = [], 0, 400
    for caption, image, reference, prediction in lines:
        scale = min(1.0, _WIDTH / image.shape[1])
        height, width = round(image.shape[0] * scale), round(image.shape[1] * scale)
        pairs = align_texts(reference, prediction)
        edges = list(itertools.accumulate((max(map(_advance, pair)) for pair in pairs), initial=_MARGIN))
        elements += [
            _caption(caption, bottom + 18),
            f'<image x="{_MARGIN}" y="{bottom + 26}" width="{width}" height="{height}" href="{_data_uri(image)}"/>',
            *_text(pairs, edges, bottom + height + 30),
        ]
        bottom += height + 30 + 2 * _TEXT_HEIGHT + 10
        right = max(right, _MARGIN + width, edges[-1])
        elements.append(f'<rect y="{bottom - 1}" width="100%" height="1" fill="#bbb"/>')
    if not lines:
        elements, bottom = [_caption("No line was misread.", 18)], 26
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{right + _MARGIN}" height="{bottom}">'
    background = '<rect width="100%" height="100%" fill="#fff"/>'
    return "\n".join((head, f"<style>{_SHEET_STYLE}</style>", background, *elements, "</svg>\n"))


def _caption(text: str, y: int) -> str:
    return f'<text class="caption" x="{_MARGIN}" y="{y}">{html.escape(text)}</text>'


def _data_uri(image: np.ndarray) -> str:
    png = cv2.imencode(".png", image)[1].tobytes()
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def _text(pairs: Sequence[CharacterPair], edges: Sequence[int], top: int) -> list[str]:
    """Return the reference and, below it, the prediction, pair n between `edges[n]` and `edges[n + 1]`, pixels."""
    elements = []
    for line, name in enumerate(("reference", "prediction")):
        y = top + line * _TEXT_HEIGHT
        middles, characters = [], []
        for pair, (left, right) in zip(pairs, itertools.pairwise(edges), strict=True):
            if pair[0] != pair[1]:
                rectangle = f'x="{left}" y="{y + 1}" width="{right - left}" height="{_TEXT_HEIGHT - 2}"'
                elements.append(f'<rect class="{name}" {rectangle}/>')
            if pair[line].strip():
                middles.append(f"{(left + right) / 2:g}")
                characters.append(html.escape(pair[line]))
        elements.append(f'<text x="{" ".join(middles)}" y="{y + 20}">{"".join(characters)}</text>')
    return elements


def _advance(character: str) -> int:
    """Return the width reserved for a character or for "", pixels."""
    base = unicodedata.normalize("NFD", character or " ")[0]
    return 8 if base in _NARROW else 18 if base in _WIDE else 13
