import errno
import json
from pathlib import Path

import pytest

from netchu.core.errors import NetchuError
from netchu.core.progress_log import progress_path
from netchu.pages.recognizer import Recognizer
from netchu.reading.reader_folders import find_default_reader
from netchu.teaching import adoption
from netchu.teaching.run_state import RUNS, FineTuning, Result, hold_lock, read_current_run
from tests.netchu.tiny_model import write_tiny_reader


def finish_run(folder: Path, after: float) -> FineTuning:
    write_tiny_reader(folder / "reader")
    result = Result(5.0, after, -5.0, -1.0, True, 10, 40)
    (folder / "result.json").write_text(json.dumps(result._asdict()))
    return read_current_run()


def test_replaces_adopted_model(run_folder):
    adoption.adopt(finish_run(run_folder, 2.0))
    assert adoption.read_adopted_result().after == 2.0 and read_current_run() is None
    assert not progress_path(run_folder.name).exists()
    adoption.adopt(finish_another_run(1.0))
    assert adoption.read_adopted_result().after == 1.0
    assert [path.name for path in Path("models").iterdir()] == ["adopted"]
    assert find_default_reader() == Path("models/adopted")
    Recognizer.load()
    adoption.restore_shipped()
    adoption.restore_shipped()
    assert adoption.read_adopted_result() is None and not list(Path("models").iterdir())


def refuse(monkeypatch, method: str, refused, number: int = errno.EACCES) -> None:
    """Make a method of Path fail if `refused` returns True for its arguments."""
    real = getattr(Path, method)

    def call(*arguments, **options):
        if refused(*arguments):
            raise OSError(number, "refused")
        return real(*arguments, **options)

    monkeypatch.setattr(Path, method, call)


def finish_another_run(after: float) -> FineTuning:
    folder = RUNS / "teach-20300101-000001"
    folder.mkdir()
    (folder / "log.txt").touch()
    return finish_run(folder, after)


@pytest.mark.parametrize(
    ("method", "refused"),
    [
        ("rename", lambda path, target: target == adoption.ADOPTED and path.name != "adopted"),  # the last step
        ("rename", lambda path, _: path == adoption.ADOPTED),
        ("replace", lambda *_: True),
    ],
)
def test_keeps_model_where_another_cannot_be_adopted(run_folder, monkeypatch, method, refused):
    adoption.adopt(finish_run(run_folder, 2.0))
    run = finish_another_run(1.0)
    with monkeypatch.context() as patch:
        refuse(patch, method, refused)
        with pytest.raises(NetchuError, match=r"models/adopted: cannot be written \(refused\)"):
            adoption.adopt(run)
    assert adoption.read_adopted_result().after == 2.0 and read_current_run().state == "done"
    assert [path.name for path in Path("models").iterdir()] == ["adopted"]
    adoption.adopt(run)
    assert adoption.read_adopted_result().after == 1.0


def test_adopts_across_disks(run_folder, monkeypatch):
    def crosses_disks(path, target):
        return RUNS.parts[0] in path.parts and "models" in Path(target).parts

    for method in ("rename", "replace"):
        refuse(monkeypatch, method, crosses_disks, errno.EXDEV)
    run = finish_run(run_folder, 2.0)
    reader = {path.name: path.read_bytes() for path in (run_folder / "reader").iterdir()}
    adoption.adopt(run)
    assert adoption.read_adopted_result() == run.result
    assert reader.items() <= {path.name: path.read_bytes() for path in adoption.ADOPTED.iterdir()}.items()
    assert not (run_folder / "reader").exists()  # it would only take space


def test_removes_what_a_killed_adoption_left(run_folder):
    run = finish_run(run_folder, 2.0)
    leftover = Path("models/.adopted.x1y2")
    write_tiny_reader(leftover / ".reader.z3" / "reader")
    adoption.adopt(run)
    assert [path.name for path in Path("models").iterdir()] == ["adopted"]


def test_does_not_adopt_twice_at_a_time(run_folder):
    """Another window would remove the files of this one as those of a killed adoption."""
    run = finish_run(run_folder, 2.0)
    with hold_lock(), pytest.raises(NetchuError, match="being trained already"):
        adoption.adopt(run)
    assert adoption.read_adopted_result() is None and read_current_run().state == "done"


def test_reports_run_that_cannot_be_closed(run_folder, monkeypatch):
    run = finish_run(run_folder, 2.0)
    with monkeypatch.context() as patch:
        refuse(patch, "unlink", lambda path, *_: path.name == "log.txt")
        with pytest.raises(NetchuError, match=r"the new model is in use, but .*\(refused\)"):
            adoption.adopt(run)
    assert adoption.read_adopted_result().after == 2.0
    adoption.adopt(run)
    assert adoption.read_adopted_result().after == 2.0 and read_current_run() is None


def test_keeps_model_that_cannot_be_removed(run_folder, monkeypatch):
    adoption.adopt(finish_run(run_folder, 2.0))
    refuse(monkeypatch, "rename", lambda *_: True)
    with pytest.raises(NetchuError, match=r"models/adopted: cannot be removed \(refused\)"):
        adoption.restore_shipped()
    assert adoption.read_adopted_result().after == 2.0


def test_rejects_damaged_model(run_folder):
    found = finish_run(run_folder, 2.0)
    (run_folder / "reader" / "model.onnx").write_bytes(b"x")
    with pytest.raises(NetchuError, match=r"model\.onnx"):
        adoption.adopt(found)
    assert adoption.read_adopted_result() is None and read_current_run().state == "done"
