import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import differences
from app.differences import load_line_images, mark_differences, render_card
from netchu.core.tables import LINE_COLUMNS, write_lines

TEXTS = st.text("aáâậ <>&\"'1", max_size=8)


def strip_html(text: str) -> str:
    """Return the text that a browser shows."""
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def test_marks_differences_with_their_kinds():
    written, read = mark_differences("Hà Nội 1", "Ha Nộ1")
    assert written == (
        'H<mark class="right" title="tones">à</mark> Nộ<mark class="right" title="deletions">i</mark>'
        '<mark class="right" title="spaces"> </mark>1'
    )
    assert read == (
        'H<mark title="tones">a</mark> Nộ<mark class="missing" title="deletions"></mark>'
        '<mark class="missing" title="spaces"></mark>1'
    )
    assert mark_differences("Ế", "e")[1] == '<mark title="vowel marks, tones, case">e</mark>'
    assert mark_differences("1", "12") == ("1", '1<mark title="insertions">2</mark>')


@given(TEXTS, TEXTS)
def test_shows_both_texts_unchanged(reference, prediction):
    written, read = mark_differences(reference, prediction)
    assert (strip_html(written), strip_html(read)) == (reference, prediction)
    assert ("<mark" in read) == (reference != prediction)


def test_escapes_html():
    made = render_card("<b>a</b> & b", None, [("<i>", mark_differences("x", "<script>")[1])])
    assert "<b>" not in made and "<i>" not in made and "<script" not in made and "<img" not in made
    assert "&lt;b&gt;a&lt;/b&gt; &amp; b" in made


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table of 100 line images."""
    path = tmp_path / "lines.parquet"
    with write_lines(path, LINE_COLUMNS) as lines:
        for number in range(100):
            lines.append(
                {"id": f"{number}", "source": "s", "text": "Hà Nội", "image": bytes([number]) * 50, "width": 9}
            )
    monkeypatch.setattr(differences, "_LINE_TABLE", path)
    differences._index_lines.clear()
    differences._load_image.clear()
    return path


def test_loads_images_of_lines_with_same_text(table):
    assert load_line_images({"70": "Hà Nội", "2": "ha noi", "3": "Huế", "no": "Hà Nội"}) == {"70": bytes([70]) * 50}


@pytest.mark.parametrize("where", ["everywhere", "start", "middle", "end", "gone"])
def test_returns_no_images_of_damaged_table(table, where):
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
    assert load_line_images({f"{number}": "Hà Nội" for number in range(100)}) == {}


def test_survives_replacement_of_table(table, monkeypatch):
    assert len(load_line_images({"70": "Hà Nội"})) == 1
    index = differences._index_lines(table.stat().st_mtime_ns)
    with write_lines(table, LINE_COLUMNS) as lines:
        lines.append({"id": "70", "source": "s", "text": "Hà Nội", "image": b"x", "width": 9})
    monkeypatch.setattr(differences, "_index_lines", lambda written: index)
    assert load_line_images({"70": "Hà Nội"}) == {}
