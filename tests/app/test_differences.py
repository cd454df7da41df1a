import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import differences
from app.differences import line_card, line_images, marked
from netchu.core.tables import LINE_COLUMNS, write_lines

TEXTS = st.text("aáâậ <>&\"'1", max_size=8)


def plain(text: str) -> str:
    """What a browser shows of HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def test_differences_are_marked_with_their_kinds():
    written, read = marked("Hà Nội 1", "Ha Nộ1")
    assert written == (
        'H<mark class="right" title="tones">à</mark> Nộ<mark class="right" title="deletions">i</mark>'
        '<mark class="right" title="spaces"> </mark>1'
    )
    assert read == (
        'H<mark title="tones">a</mark> Nộ<mark class="missing" title="deletions"></mark>'
        '<mark class="missing" title="spaces"></mark>1'
    )
    assert marked("Ế", "e")[1] == '<mark title="vowel marks, tones, case">e</mark>'
    assert marked("1", "12") == ("1", '1<mark title="insertions">2</mark>')


@given(TEXTS, TEXTS)
def test_both_texts_are_shown_as_they_are(reference, prediction):
    written, read = marked(reference, prediction)
    assert (plain(written), plain(read)) == (reference, prediction)
    assert ("<mark" in read) == (reference != prediction)


def test_what_files_say_is_no_html():
    made = line_card("<b>a</b> & b", None, [("<i>", marked("x", "<script>")[1])])
    assert "<b>" not in made and "<i>" not in made and "<script" not in made and "<img" not in made
    assert "&lt;b&gt;a&lt;/b&gt; &amp; b" in made


@pytest.fixture
def table(tmp_path, monkeypatch):
    """The table of line images, of 100 lines."""
    path = tmp_path / "lines.parquet"
    with write_lines(path, LINE_COLUMNS) as lines:
        for number in range(100):
            lines.append(
                {"id": f"{number}", "source": "s", "text": "Hà Nội", "image": bytes([number]) * 50, "width": 9}
            )
    monkeypatch.setattr(differences, "_IMAGES", path)
    differences._places.clear()
    differences._image.clear()
    return path


def test_images_of_lines_whose_text_is_the_same(table):
    assert line_images({"70": "Hà Nội", "2": "ha noi", "3": "Huế", "no": "Hà Nội"}) == {"70": bytes([70]) * 50}


@pytest.mark.parametrize("where", ["everywhere", "start", "middle", "end", "gone"])
def test_a_damaged_table_has_no_images(table, where):
    data = table.read_bytes()
    half = len(data) // 2
    damaged = {
        "everywhere": b"no Parquet",
        "start": data[:4] + b"\xff" * half + data[4 + half :],
        "middle": data[:half] + b"\xff" * 2000 + data[half + 2000 :],
        "end": data[:half],
    }
    if where == "gone":
        table.unlink()
    else:
        table.write_bytes(damaged[where])
    assert line_images({f"{number}": "Hà Nội" for number in range(100)}) == {}


def test_a_table_that_is_replaced_while_it_is_read(table, monkeypatch):
    assert len(line_images({"70": "Hà Nội"})) == 1
    places = differences._places(table.stat().st_mtime_ns)
    with write_lines(table, LINE_COLUMNS) as lines:
        lines.append({"id": "70", "source": "s", "text": "Hà Nội", "image": b"x", "width": 9})
    monkeypatch.setattr(differences, "_places", lambda written: places)
    assert line_images({"70": "Hà Nội"}) == {}
