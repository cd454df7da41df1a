from html.parser import HTMLParser

from app.marked_text import render_line
from netchu.pages.page import Line
from netchu.reading.letters import LetterReading


class Marks(HTMLParser):
    """Parses the text, the tags and the alternatives of marked letters."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.text, self.others = [], "", []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "mark":
            self.others.append((dict(attributes)["class"], dict(attributes)["data-others"]))

    def handle_data(self, data):
        self.text += data


def test_marks_uncertain_letters():
    letters = (
        LetterReading("a", 0.99, (("o", 0.01),)),
        LetterReading("n", 0.9, (("m", 0.1),)),
        LetterReading("h", 0.4, (("", 0.35), (" ", 0.2))),
    )
    marks = Marks(render_line(3, Line((), (), letters)))
    assert marks.text == "3anh"
    assert marks.others == [("high", "n  90 %\nm  10 %"), ("low", "h  40 %\n(none)  35 %\n(space)  20 %")]


def test_escapes_html():
    text = "<b>&\"'\\</b>"
    letters = tuple(LetterReading(letter, probability, ()) for letter in text for probability in (1, 0.1))
    letters = tuple(letter._replace(alternatives=(("<", 0.5), ('"', 0.2), ("&", 0.1))) for letter in letters)
    marks = Marks(render_line(1, Line((), (), letters)))
    assert marks.text == "1" + "".join(letter + letter for letter in text)
    assert marks.tags == ["div", "button", *["mark"] * len(text)]
    assert marks.others[0] == ("low", '<  10 %\n<  50 %\n"  20 %\n&  10 %')
