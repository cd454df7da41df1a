"""Test lines as HTML: the image, the text, and what runs read with the differences coloured."""

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

LINES = 20
"""Lines on a page."""

_IMAGES = Path("data/preprocess/lines.parquet")

_VIETNAMESE = {
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

_STYLE = """<style>
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


def kind_name(kind: str) -> str:
    """A kind of error in the chosen language."""
    return say(KIND_NAMES[kind], _VIETNAMESE[kind])


def marked(reference: str, prediction: str) -> tuple[str, str]:
    """Reference and prediction as HTML, what differs marked; the mark's title says the kinds of error.

    Where the prediction lacks a character it has an empty mark; where it has one too many the reference has nothing.
    """
    sides: tuple[list[str], list[str]] = ([], [])
    for expected, read in align_texts(reference, prediction):
        if expected == read:
            for side in sides:
                side.append(html.escape(read))
            continue
        title = html.escape(", ".join(map(kind_name, edit_kinds(expected, read))))
        if expected:
            sides[0].append(f'<mark class="right" title="{title}">{html.escape(expected)}</mark>')
        missing = "" if read else ' class="missing"'
        sides[1].append(f'<mark{missing} title="{title}">{html.escape(read)}</mark>')
    return "".join(sides[0]), "".join(sides[1])


def line_card(about: str, image: bytes | None, texts: Sequence[tuple[str, str]]) -> str:
    """One test line as HTML.

    Args:
        about: plain text that says which line it is.
        image: a PNG, or None where there is none.
        texts: who says so, as plain text, and what, as HTML.
    """
    picture = f'<img alt="" src="data:image/png;base64,{base64.b64encode(image).decode("ascii")}">' if image else ""
    rows = "".join(
        f'<div class="who">{html.escape(who)}</div><div class="text" lang="vi">{text}</div>' for who, text in texts
    )
    return (
        f'<div class="line"><div class="about">{html.escape(about)}</div>{picture}<div class="texts">{rows}</div></div>'
    )


def show_lines(lines: Sequence[str]) -> None:
    """Show what `line_card` made, under each other."""
    st.html(f'{_STYLE}<div class="lines">{"".join(lines)}</div>')


def line_images(references: dict[str, str]) -> dict[str, bytes]:
    """The PNG images, as the network sees them, of the lines with these ids and references.

    From the workspace; a line that is not there, or there with another text, has none. None at all where the table is
    not there or unreadable.
    """
    try:
        written = _IMAGES.stat().st_mtime_ns
        places = _places(written)
        images = {}
        for name, reference in references.items():
            text, group, row = places.get(name, ("", 0, 0))
            if reference in (normalise(text), fold(text)):
                images[name] = _image(written, group, row)
        return images
    except (NetchuError, OSError, ValueError, LookupError):  # pyarrow's are of the last three
        return {}


@st.cache_data(show_spinner=False, max_entries=1)
def _places(written: int) -> dict[str, tuple[str, int, int]]:
    """Text, row group and row of every line in the table that was written at a time."""
    file = open_lines(_IMAGES)
    return {
        line["id"]: (line["text"], group, row)
        for group in range(file.num_row_groups)
        for row, line in enumerate(file.read_row_group(group, columns=["id", "text"]).to_pylist())
    }


@st.cache_data(show_spinner=False, max_entries=2000)
def _image(written: int, group: int, row: int) -> bytes:
    return open_lines(_IMAGES).read_row_group(group, columns=["image"])["image"][row].as_py()
