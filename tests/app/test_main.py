import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.tiny_project import ROOT
from netchu.core.errors import NetchuError


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (NetchuError("models/a_*b*: damaged"), r"models/a\_\*b\*\: damaged"),
        (
            FileNotFoundError(2, "No such file", "models/a_*b*"),
            r"reload the page: \[Errno 2\] No such file\: 'models/a\_\*",
        ),
    ],
)
def test_shows_error_without_markdown(error, message, monkeypatch):
    def fail():
        raise error

    monkeypatch.setattr("app.read_page.show_read_page", fail)
    shown = AppTest.from_file(ROOT / "app" / "main.py", default_timeout=600).run()
    assert not shown.exception
    (found,) = shown.error
    assert message in found.value
