"""The model that was adopted reads, until another is, or the shipped one again."""

import errno
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
    adoption.adopt(another_run(1.0))
    assert adoption.adopted().after == 1.0
    assert [path.name for path in Path("models").iterdir()] == ["adopted"]
    assert default_model() == Path("models/adopted")
    Recognizer.load()
    adoption.go_back()
    adoption.go_back()
    assert adoption.adopted() is None and not list(Path("models").iterdir())


def refuse(monkeypatch, method: str, refused, number: int = errno.EACCES) -> None:
    """Let the method of Path fail where `refused` says so of its arguments."""
    real = getattr(Path, method)

    def call(*arguments, **options):
        if refused(*arguments):
            raise OSError(number, "refused")
        return real(*arguments, **options)

    monkeypatch.setattr(Path, method, call)


def another_run(after: float) -> Run:
    folder = RUNS / "teach-20300101-000001"
    folder.mkdir()
    (folder / "log.txt").touch()
    return done_run(folder, after)


@pytest.mark.parametrize(
    ("method", "refused"),
    [
        ("rename", lambda path, target: target == adoption.ADOPTED and path.name != "adopted"),  # at the last step
        ("rename", lambda path, _: path == adoption.ADOPTED),
        ("replace", lambda *_: True),
    ],
)
def test_the_model_before_stays_where_another_cannot_be_adopted(fake, monkeypatch, method, refused):
    adoption.adopt(done_run(fake, 2.0))
    run = another_run(1.0)
    with monkeypatch.context() as patch:
        refuse(patch, method, refused)
        with pytest.raises(NetchuError, match=r"models/adopted: cannot be written \(refused\)"):
            adoption.adopt(run)
    assert adoption.adopted().after == 2.0 and fine_tuning.watch().state == "done"
    assert [path.name for path in Path("models").iterdir()] == ["adopted"]
    adoption.adopt(run)
    assert adoption.adopted().after == 1.0


def test_runs_and_models_may_lie_on_two_disks(fake, monkeypatch):
    def crosses(path, target):
        return RUNS.parts[0] in path.parts and "models" in Path(target).parts

    for method in ("rename", "replace"):
        refuse(monkeypatch, method, crosses, errno.EXDEV)
    run = done_run(fake, 2.0)
    reader = {path.name: path.read_bytes() for path in (fake / "reader").iterdir()}
    adoption.adopt(run)
    assert adoption.adopted() == run.result
    assert reader.items() <= {path.name: path.read_bytes() for path in adoption.ADOPTED.iterdir()}.items()
    assert not (fake / "reader").exists()  # which would only take room


def test_an_adopted_model_whose_run_cannot_be_closed_is_not_called_a_failure(fake, monkeypatch):
    run = done_run(fake, 2.0)
    with monkeypatch.context() as patch:
        refuse(patch, "unlink", lambda path, *_: path.name == "log.txt")
        with pytest.raises(NetchuError, match=r"the new model reads now, but .*\(refused\)"):
            adoption.adopt(run)
    assert adoption.adopted().after == 2.0
    adoption.adopt(run)
    assert adoption.adopted().after == 2.0 and fine_tuning.watch() is None


def test_the_model_stays_where_it_cannot_be_removed(fake, monkeypatch):
    adoption.adopt(done_run(fake, 2.0))
    refuse(monkeypatch, "rename", lambda *_: True)
    with pytest.raises(NetchuError, match=r"models/adopted: cannot be removed \(refused\)"):
        adoption.go_back()
    assert adoption.adopted().after == 2.0


def test_a_damaged_model_is_not_adopted(fake):
    found = done_run(fake, 2.0)
    (fake / "reader" / "model.onnx").write_bytes(b"x")
    with pytest.raises(NetchuError, match=r"model\.onnx"):
        adoption.adopt(found)
    assert adoption.adopted() is None and fine_tuning.watch().state == "done"
