"""Test lines as HTML cards: the image, the reference, and predictions with coloured differences."""

import base64
import html
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app.language import say
from netchu.core.charset import normalise
from netchu.core.errors import NetchuError
from netchu.core.folding import fold
from netchu.core.tables import open_lines
from netchu.evaluation.error_kinds import align_texts, edit_kinds
from netchu.experiments.explanation import KIND_NAMES

LINES_PER_PAGE = 20

_LINE_TABLE = Path("data/preprocess/lines.parquet")

_VIETNAMESE_KIND_NAMES = {
    "base": "chữ cái gốc",
    "mark": "dấu mũ, móc, đ",
    "tone": "dấu thanh",
    "case": "chữ hoa, thường",
    "digit": "chữ số",
    "punctuation": "dấu câu",
    "space": "dấu cách",
    "insertion": "thừa chữ",
    "deletion": "thiếu chữ",
}

_CARD_STYLE = """<style>
.lines { display: flex; flex-direction: column; gap: .9rem; }
.line { border: 1px solid rgba(128, 128, 128, .3); border-radius: .5rem; padding: .6rem .9rem; }
.line img { display: block; max-width: 100%; height: auto; margin: .4rem 0; background: #fff; border-radius: .2rem; }
.line .about { font-size: .85rem; opacity: .75; overflow-wrap: anywhere; }
.line .texts { display: grid; grid-template-columns: max-content 1fr; column-gap: .9rem; align-items: baseline; }
.line .who { font-size: .85rem; opacity: .75; }
.line .text { font-size: 1.15rem; line-height: 1.75; white-space: pre-wrap; overflow-wrap: anywhere; min-width: 0; }
.line mark { color: #222; background: #ffc0b8; border-bottom: 2px solid #c0392b; border-radius: .2rem; }
.line mark.right { background: #bfe8c8; border-bottom-color: #2e8b57; }
.line mark.missing { display: inline-block; width: .5em; height: 1.1em; vertical-align: text-bottom; }
</style>"""


def translate_kind(kind: str) -> str:
    """Return the name of a kind of error in the chosen language."""
    return say(KIND_NAMES[kind], _VIETNAMESE_KIND_NAMES[kind])


def mark_differences(reference: str, prediction: str) -> tuple[str, str]:
    """Return reference and prediction as HTML with marked differences; the title of a mark names the kinds of error.

    For a missing character the prediction has an empty mark; for an additional one the reference has no mark.
    """
    sides: tuple[list[str], list[str]] = ([], [])
    for expected, found in align_texts(reference, prediction):
        if expected == found:
            for side in sides:
                side.append(html.escape(found))
            continue
        title = html.escape(", ".join(map(translate_kind, edit_kinds(expected, found))))
        if expected:
            sides[0].append(f'<mark class="right" title="{title}">{html.escape(expected)}</mark>')
        missing = "" if found else ' class="missing"'
        sides[1].append(f'<mark{missing} title="{title}">{html.escape(found)}</mark>')
    return "".join(sides[0]), "".join(sides[1])


def render_card(title: str, image: bytes | None, texts: Sequence[tuple[str, str]]) -> str:
    """Return a test line as HTML.

    Args:
        title: plain text.
        image: a PNG, or None where there is none.
        texts: a label, as plain text, and a text, as HTML.
    """
    picture = f'<img alt="" src="data:image/png;base64,{base64.b64encode(image).decode("ascii")}">' if image else ""
    rows = "".join(
        f'<div class="who">{html.escape(label)}</div><div class="text" lang="vi">{text}</div>' for label, text in texts
    )
    return (
        f'<div class="line"><div class="about">{html.escape(title)}</div>{picture}<div class="texts">{rows}</div></div>'
    )


def show_cards(cards: Sequence[str]) -> None:
    """Show cards of `render_card`, one below the other."""
    st.html(f'{_CARD_STYLE}<div class="lines">{"".join(cards)}</div>')


def load_line_images(references: dict[str, str]) -> dict[str, bytes]:
    """Return the line images, as PNG, of the lines with these ids and references.

    The images come from the workspace. A line that is missing there or has another text is left out. If the table is
    missing or damaged, the result is empty.
    """
    try:
        written = _LINE_TABLE.stat().st_mtime_ns
        index = _index_lines(written)
        images = {}
        for name, reference in references.items():
            text, group, row = index.get(name, ("", 0, 0))
            if reference in (normalise(text), fold(text)):
                images[name] = _load_image(written, group, row)
        return images
    except (NetchuError, OSError, ValueError, LookupError):  # pyarrow raises the last three
        return {}


@st.cache_data(show_spinner=False, max_entries=1)
def _index_lines(written: int) -> dict[str, tuple[str, int, int]]:
    """Return text, row group and row of every line in the table; `written` is its time, for the cache."""
    file = open_lines(_LINE_TABLE)
    return {
        line["id"]: (line["text"], group, row)
        for group in range(file.num_row_groups)
        for row, line in enumerate(file.read_row_group(group, columns=["id", "text"]).to_pylist())
    }


@st.cache_data(show_spinner=False, max_entries=2000)
def _load_image(written: int, group: int, row: int) -> bytes:
    return open_lines(_LINE_TABLE).read_row_group(group, columns=["image"])["image"][row].as_py()
