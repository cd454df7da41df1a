import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from netchu.teaching.corrections import read_corrections, save_lines


def show() -> None:
    import os
    from pathlib import Path

    from app.correction_list import show_corrections
    from netchu.teaching.corrections import read_corrections

    folder = Path(os.environ["LINES"])
    show_corrections(folder, read_corrections(folder))


def read_fields(app: AppTest) -> list[tuple[str, bool]]:
    """Return each field's text and whether the page sets it, which erases what is being typed in it."""
    return [(field.value, field.proto.set_value) for field in app.text_input]


@pytest.fixture
def app(tmp_path, monkeypatch) -> AppTest:
    monkeypatch.setenv("LINES", str(tmp_path))
    save_lines(tmp_path, [(np.full((20, 60, 3), shade, np.uint8), f"Số {shade}") for shade in (8, 9)], "Lan")
    return AppTest.from_function(show, default_timeout=600).run()


def test_keeps_what_is_being_typed_in_other_fields(app, tmp_path):
    app.text_input[0].set_value("Số 7").run()
    assert read_corrections(tmp_path)[-1].text == "Số 7"
    assert read_fields(app) == [("Số 7", False), ("Số 8", False)]


@pytest.mark.parametrize(("typed", "saved"), [("  Số  7 ", "Số 7"), ("5 €", "Số 9"), ("“7”", '"7"')])
def test_shows_what_is_saved_in_the_field_that_differs(typed, saved, app, tmp_path):
    app.text_input[0].set_value(typed).run()
    assert read_corrections(tmp_path)[-1].text == saved
    assert read_fields(app) == [(saved, True), ("Số 8", False)]
