import html
import re

from hypothesis import given
from hypothesis import strategies as st

from app.differences import line, marked

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
    made = line("<b>a</b> & b", None, [("<i>", marked("x", "<script>")[1])])
    assert "<b>" not in made and "<i>" not in made and "<script" not in made and "<img" not in made
    assert "&lt;b&gt;a&lt;/b&gt; &amp; b" in made
