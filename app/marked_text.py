"""A line's text as HTML: uncertain letters are coloured, and show their alternatives on hover."""

import html

from app.language import say
from netchu.pages.page import Line

_LEVELS = ((0.5, "low"), (0.8, "middle"), (0.95, "high"))
"""Probabilities below which a letter has a colour, with its CSS class; letters above the last bound have none."""

READING_STYLE = """
<style>
.reading { font-size: 1.15rem; line-height: 1.7; overflow-wrap: anywhere; position: relative; }
.reading button { min-width: 1.5em; padding: 0 .3em; margin-right: .5em; border: 0; border-radius: .3em;
  background: #1f5fa8; color: #fff; font: inherit; font-size: .8em; line-height: 1.5; text-align: center;
  cursor: pointer; }
.reading mark, .legend mark { color: #1c1c1c; border-radius: .2em; padding: 0 1px; }
.reading mark { position: relative; cursor: help; }
mark.low { background: #ff9d94; } mark.middle { background: #ffc97a; } mark.high { background: #fbeb9c; }
.reading mark:hover::after, .reading mark:focus::after { content: attr(data-others); position: absolute; z-index: 9;
  left: -.3em; bottom: 115%; padding: .35em .6em; border-radius: .4em; background: #222b36; color: #fff;
  font-size: .9rem; line-height: 1.45; white-space: pre; pointer-events: none; }
.legend { font-size: .85rem; opacity: .85; } .legend mark { padding: 0 .4em; margin: 0 .15em 0 .6em; }
@media (max-width: 640px) { .reading mark { position: static; } .reading mark:hover::after,
  .reading mark:focus::after { left: 0; bottom: 100%; } }
</style>
"""


def render_legend() -> str:
    """Return an explanation of the colours, the picture and the numbers."""
    marks = "".join(f'<mark class="{name}">&lt; {100 * bound:.0f} %</mark>' for bound, name in _LEVELS)
    text = say(
        "How sure the network is of a letter (point at a letter or tap it to see the alternatives):",
        "Độ chắc chắn của mạng về từng chữ (trỏ hoặc chạm vào chữ để xem các khả năng khác):",
    )
    lines = say(
        "Click a line in the picture to correct its text, or a number to see its line in the picture.",
        "Nhấp vào một dòng trong ảnh để sửa văn bản của dòng, hoặc nhấp vào số để xem dòng đó trong ảnh.",
    )
    return f'<div class="legend">{lines}<br>{text}{marks}</div>'


def render_line(number: int, line: Line) -> str:
    """Return the number and the text of a line, which was read with `letters=True`."""
    letters = "".join(_render_letter(letter.text, letter.probability, letter.alternatives) for letter in line.letters)
    label = say(f"Show line {number} in the picture", f"Xem dòng {number} trong ảnh")
    return f'<div class="reading"><button aria-label="{label}">{number}</button>{letters}</div>'


def _render_letter(text: str, probability: float, alternatives: tuple[tuple[str, float], ...]) -> str:
    level = next((name for bound, name in _LEVELS if probability < bound), None)
    if level is None:
        return html.escape(text)
    rows = "&#10;".join(
        f"{html.escape(_name_character(candidate))}  {100 * share:.0f} %"
        for candidate, share in ((text, probability), *alternatives)
    )
    return f'<mark class="{level}" tabindex="0" data-others="{rows}">{html.escape(text)}</mark>'


def _name_character(character: str) -> str:
    return {"": say("(none)", "(không có)"), " ": say("(space)", "(dấu cách)")}.get(character, character)
