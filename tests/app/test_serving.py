"""The server that tests and pictures use."""

import os
import time

import pytest

from app import serving
from app.serving import serve
from netchu.core.errors import NetchuError


def test_a_server_that_dies_is_an_error(tmp_path):
    with pytest.raises(NetchuError, match="stopped with exit status"), serve(tmp_path, os.environ):
        pass


def test_a_server_that_does_not_answer_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "streamlit.py").write_text("import time\ntime.sleep(60)")
    monkeypatch.setattr(serving, "_PATIENCE", 0.5)
    start = time.monotonic()
    with pytest.raises(NetchuError, match="does not answer"), serve(tmp_path, os.environ):
        pass
    assert time.monotonic() - start < 20
