import os

import pytest

from app import serving
from app.serving import serve
from netchu.core.errors import NetchuError


def test_reports_server_that_stops(tmp_path):
    with pytest.raises(NetchuError, match="stopped with exit status"), serve(tmp_path, os.environ):
        pass


def test_reports_server_that_does_not_answer(tmp_path, monkeypatch):
    (tmp_path / "streamlit.py").write_text("import signal\nsignal.pause()")
    monkeypatch.setattr(serving, "_START_PATIENCE", 0.5)
    with pytest.raises(NetchuError, match="does not answer"), serve(tmp_path, os.environ):
        pass
