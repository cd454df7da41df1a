import shutil

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.tiny_project import ENVIRONMENT, ROOT
from netchu.commands.review import FOLDER_VARIABLE
from netchu.core.errors import NetchuError
from netchu.pages.recognizer import Recognizer
from netchu.reviewing.answers import ANSWERS, read_answers
from netchu.teaching.corrections import read_corrections
from tests.app.conftest import fits, serve, wait_for_count, wait_until_idle

LINE = ROOT / "app" / "examples" / "line.jpg"


@pytest.fixture(scope="module")
def words():
    """Return the words of the example, the least certain first."""
    try:
        page = Recognizer.load().read(LINE)
    except NetchuError as error:
        pytest.skip(str(error))
    return sorted(page.words, key=lambda word: word.confidence)


@pytest.fixture
def folder(tmp_path, monkeypatch, words):
    folder = tmp_path / "scans"
    (folder / "more").mkdir(parents=True)
    shutil.copy(LINE, folder / "more" / "line.jpg")
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    monkeypatch.setattr("app.review_page.DEFAULT_FOLDER", tmp_path / "lines")
    return folder


def open_page(language: str = "English") -> AppTest:
    app = AppTest.from_string("from app.review_page import show_review_page; show_review_page()", default_timeout=600)
    app.session_state["language"] = language
    app.run()
    assert not app.exception
    return app


def find_field(app: AppTest):
    """Find the text field of the word."""
    return app.text_input[1]


def accept(app: AppTest) -> None:
    find_button(app, "Accept (Enter)").click().run()
    assert not app.exception


def find_button(app: AppTest, label: str):
    (button,) = (button for button in app.button if button.label == label)
    return button


def test_shows_words_least_certain_first_and_saves_answers(folder, words):
    app = open_page()
    for word in words:
        assert find_field(app).value == word.text
        accept(app)
    assert [answer.text for answer in read_answers(folder).answers] == [word.text for word in words]
    assert len(app.text_input) == 1 and f"{len(words)} of {len(words)} words answered" in app.markdown[0].value


def test_continues_after_restart(folder, words):
    app = open_page()
    find_field(app).set_value("Láng")
    accept(app)
    (folder / "more" / "line.jpg").rename(folder / "renamed.jpg")
    app = open_page()
    assert find_field(app).value == words[1].text
    assert f"1 of {len(words)} words answered" in app.markdown[0].value
    find_button(app, "Take the last answer back").click().run()
    assert find_field(app).value == words[0].text
    assert read_answers(folder).answers == []


def test_saves_reviewed_line_for_teach(folder, words, tmp_path, monkeypatch):
    """The reader is so sure of the example's words that one answer would do."""
    monkeypatch.setattr("netchu.reviewing.words.SURE", 1.1)
    app = open_page()
    find_field(app).set_value("Láng")
    accept(app)
    assert find_button(app, "Save 0 reviewed lines for Teach").disabled
    for _ in words[1:]:
        accept(app)
    find_button(app, "Save 1 reviewed line for Teach").click().run()
    (line,) = read_corrections(tmp_path / "lines")
    assert line.text == Recognizer.load().read(LINE).text.replace(words[0].text, "Láng", 1)


def test_answers_with_an_alternative(folder, words, monkeypatch):
    """The network is so sure of the example's letters that they have no alternatives."""
    monkeypatch.setattr("app.review_page.suggest_texts", lambda line, number: ["20-23", "2*"])
    app = open_page()
    find_button(app, r"2\*").click().run()
    (answer,) = read_answers(folder).answers
    assert (answer.read, answer.text) == (words[0].text, "2*")


def test_tells_errors_left(folder):
    app = open_page()
    assert "of the words are wrong still" in app.markdown[0].value and "more to reach" in app.markdown[0].value
    vietnamese = open_page("Tiếng Việt")
    assert "số từ bị sai" in vietnamese.markdown[0].value


def test_names_file_that_cannot_be_read(folder):
    (folder / "torn_*page*.png").write_bytes(LINE.read_bytes()[:900])
    (error,) = open_page().error
    assert r"torn\_\*page\*\.png" in error.value and "damaged image" in error.value


def test_reports_folder_without_pictures(tmp_path, folder, monkeypatch):
    for name, message in ("missing", "no such folder"), ("empty", "holds no pictures"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / name))
        app = AppTest.from_file(ROOT / "app" / "main.py", default_timeout=600).run()
        assert [message in error.value for error in app.error] == [True]
        assert app.title[0].value == "Review"


def test_warns_of_rows_that_are_no_answers(folder):
    (folder / ANSWERS).write_text('{"picture": 1}\n')
    (warning,) = open_page().warning
    assert "these rows are no answers and have no effect; correct or remove them: 1" in warning.value


def test_reports_answer_that_cannot_be_saved(folder, words):
    (folder / ANSWERS).mkdir()
    app = AppTest.from_file(ROOT / "app" / "main.py", default_timeout=600).run()
    (error,) = app.error
    assert "cannot be read" in error.value and not app.exception
    (folder / ANSWERS).rmdir()
    app = open_page()
    shutil.rmtree(folder)
    find_button(app, "Accept (Enter)").click().run()
    assert not app.exception
    assert any("the answer cannot be saved" in error.value for error in app.error)


def test_reviews_with_the_keyboard_alone(page, folder, words):
    """Enter accepts, typing corrects, Alt+Z takes back; the field always has the focus."""
    with serve(ROOT, environment=ENVIRONMENT | {FOLDER_VARIABLE: str(folder)}) as address:
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(address)
        wait_for_word(page, words[0].text)
        page.keyboard.press("Enter")
        wait_for_word(page, words[1].text)
        page.keyboard.type("Láng")
        page.keyboard.press("Enter")
        wait_for_word(page, words[2].text)
        assert [answer.text for answer in read_answers(folder).answers] == [words[0].text, "Láng"]
        page.keyboard.press("Alt+Z")
        wait_for_word(page, words[1].text)
        assert [answer.text for answer in read_answers(folder).answers] == [words[0].text]
        wait_for_count(page.get_by_role("img", name="The word", exact=True), 1)
        assert fits(page)


def wait_for_word(page, text: str) -> None:
    """Wait until the field of this word has the focus and its text is selected."""
    page.wait_for_function(
        "text => document.activeElement.tagName === 'INPUT' && document.getSelection().toString() === text", arg=text
    )
    wait_until_idle(page)  # Streamlit ignores Enter until it has shown the button of the form
