"""The model that was adopted reads, until another is, or the shipped one again."""

import json
from pathlib import Path

import pytest

from netchu.core.errors import NetchuError
from netchu.pages.recognizer import Recognizer, default_model
from netchu.teaching import adoption, fine_tuning
from netchu.teaching.fine_tuning import RUNS, Result, Run
from tests.netchu.tiny_model import write_tiny_reader


def done_run(folder: Path, after: float) -> Run:
    write_tiny_reader(folder / "reader")
    result = Result(5.0, after, -5.0, -1.0, True, 10, 40)
    (folder / "result.json").write_text(json.dumps(result._asdict()))
    return fine_tuning.watch()


def test_an_adopted_model_takes_the_place_of_another(fake):
    adoption.adopt(done_run(fake, 2.0))
    assert adoption.adopted().after == 2.0 and fine_tuning.watch() is None
    other = RUNS / "teach-20300101-000001"
    other.mkdir()
    (other / "log.txt").touch()
    adoption.adopt(done_run(other, 1.0))
    assert adoption.adopted().after == 1.0
    assert [path.name for path in Path("models").iterdir()] == ["adopted"]
    assert default_model() == Path("models/adopted")
    Recognizer.load()
    adoption.go_back()
    adoption.go_back()
    assert adoption.adopted() is None and not list(Path("models").iterdir())


def test_a_damaged_model_is_not_adopted(fake):
    found = done_run(fake, 2.0)
    (fake / "reader" / "model.onnx").write_bytes(b"x")
    with pytest.raises(NetchuError, match=r"model\.onnx"):
        adoption.adopt(found)
    assert adoption.adopted() is None and fine_tuning.watch().state == "done"
