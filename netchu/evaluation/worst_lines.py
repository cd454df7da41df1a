"""A contact sheet of the lines that were read worst: each line image over its reference and its prediction."""

import base64
import html
import itertools
import unicodedata
from collections.abc import Sequence

import cv2
import numpy as np

from netchu.evaluation.error_kinds import Pair, align
from netchu.evaluation.metrics import Edits, rate

LINES = 12
"""Lines on a sheet."""

_WIDTH = 1000
"""Pixels of the widest line image; wider ones are shown smaller."""

_MARGIN = 8
_ROW = 28
"""Height of a line of text, pixels."""

_NARROW, _WIDE = "fijlrtI .,:;!|'()[]-/", "mwMW@%"
"""Characters that need less or more room than most, in any sans-serif font."""

_STYLE = (
    "text { font: 19px sans-serif; text-anchor: middle; fill: #222 }"
    " .caption { font-size: 12px; text-anchor: start; fill: #777 }"
    " .reference { fill: #bfe8c8 } .prediction { fill: #ffc0b8 }"
)


def worst_lines(edits: Edits) -> list[int]:
    """Places of the LINES lines with the highest CER among those that have edits, the worst first."""
    order = np.lexsort((-edits.edits, -rate(edits.edits, edits.reference)))
    return [int(place) for place in order if edits.edits[place]][:LINES]


def contact_sheet(lines: Sequence[tuple[str, np.ndarray, str, str]]) -> str:
    """An SVG image of lines under each other: caption, line image, reference, prediction.

    Characters of reference and prediction that belong together stand under each other, on coloured ground if they
    differ. SVG because its viewer has the letters: OpenCV draws ờ as ớ, and no font with both is sure to be installed.

    Args:
        lines: caption, line image (uint8 `(height, width)`), reference and prediction of each. If there is none, the
            sheet says so.
    """
    drawn, bottom, right = [], 0, 400
    for caption, image, reference, prediction in lines:
        scale = min(1.0, _WIDTH / image.shape[1])
        height, width = round(image.shape[0] * scale), round(image.shape[1] * scale)
        pairs = align(reference, prediction)
        places = list(itertools.accumulate((max(map(_advance, pair)) for pair in pairs), initial=_MARGIN))
        drawn += [
            _caption(caption, bottom + 18),
            f'<image x="{_MARGIN}" y="{bottom + 26}" width="{width}" height="{height}" href="{_data_uri(image)}"/>',
            *_text(pairs, places, bottom + height + 30),
        ]
        bottom += height + 30 + 2 * _ROW + 10
        right = max(right, _MARGIN + width, places[-1])
        drawn.append(f'<rect y="{bottom - 1}" width="100%" height="1" fill="#bbb"/>')
    if not lines:
        drawn, bottom = [_caption("No line was misread.", 18)], 26
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{right + _MARGIN}" height="{bottom}">'
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    return "\n".join((head, f"<style>{_STYLE}</style>", ground, *drawn, "</svg>\n"))


def _caption(text: str, y: int) -> str:
    return f'<text class="caption" x="{_MARGIN}" y="{y}">{html.escape(text)}</text>'


def _data_uri(image: np.ndarray) -> str:
    png = cv2.imencode(".png", image)[1].tobytes()
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def _text(pairs: Sequence[Pair], places: Sequence[int], top: int) -> list[str]:
    """Both sides of `pairs` on a line each, the pair at index n between `places[n]` and `places[n + 1]`."""
    elements = []
    for line, name in enumerate(("reference", "prediction")):
        y = top + line * _ROW
        middles, characters = [], []
        for pair, (left, right) in zip(pairs, itertools.pairwise(places), strict=True):
            if pair[0] != pair[1]:
                rectangle = f'x="{left}" y="{y + 1}" width="{right - left}" height="{_ROW - 2}"'
                elements.append(f'<rect class="{name}" {rectangle}/>')
            if pair[line].strip():
                middles.append(f"{(left + right) / 2:g}")
                characters.append(html.escape(pair[line]))
        elements.append(f'<text x="{" ".join(middles)}" y="{y + 20}">{"".join(characters)}</text>')
    return elements


def _advance(character: str) -> int:
    """Width of the place for a character, or for "", pixels."""
    base = unicodedata.normalize("NFD", character or " ")[0]
    return 8 if base in _NARROW else 18 if base in _WIDE else 13
