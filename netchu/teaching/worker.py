"""What runs in the background: the pipeline as a DVC experiment, then both readers on the lines held back.

`python -m netchu.teaching.worker FOLDER`, started by `netchu.teaching.fine_tuning.start`.
"""

import json
import signal
import sys
import traceback
from pathlib import Path

from netchu.core.errors import NetchuError
from netchu.core.files import write_json, write_text
from netchu.evaluation.scoring import score
from netchu.experiments.comparison import Line, compare_rates, pair_lines, parse_predictions
from netchu.experiments.revisions import find_revision, read_file
from netchu.experiments.runs import PREDICTIONS
from netchu.intake.archives import open_archive, read_entry
from netchu.pictures.images import decode_image
from netchu.pictures.line_image import PreprocessParams, line_image
from netchu.reading.reader import Reader
from netchu.teaching.fine_tuning import ARCHIVE, CHOSEN, FAILURE, LOG, READER, RESULT, SHIPPED, Result, explain, run_dvc


def teach(folder: Path) -> Result:
    """Run the experiment that is named like `folder`, with its settings; fetch the reader that it made into `folder`.

    Raises:
        NetchuError: a stage failed, or DVC.
    """
    settings = json.loads((folder / CHOSEN).read_text(encoding="utf-8"))
    changes = [word for key, value in settings.items() for word in ("--set-param", f"{key}={value}")]
    # By force: DVC knows the shipped reader by its name, and would give back what an earlier one had learned.
    _dvc(folder, "exp", "run", "--temp", "--force", "--name", folder.name, *changes)
    experiment = find_revision(folder.name)
    after = parse_predictions(read_file(experiment, PREDICTIONS), f"{PREDICTIONS} of {experiment}")
    before = read_with(Reader.load(Path(SHIPPED)), folder / ARCHIVE, after)
    cer = compare_rates(pair_lines(before, after, ("the shipped model", "the new model")))["cer"]
    counts = json.loads(read_file(experiment, "metrics/split.json"))
    _dvc(folder, "get", ".", "models/reader", "--rev", experiment.commit, "--out", str(folder / READER))
    return Result(
        cer.a, cer.b, cer.low, cer.high, cer.distinguishable,
        len(after), counts["train_lines"] + counts["validation_lines"],
    )  # fmt: skip


def read_with(reader: Reader, archive: Path, lines: dict[str, Line]) -> dict[str, Line]:
    """`lines`, whose ids are <archive's name>/<path in it>, as `reader` reads them: as the stage evaluate does."""
    params = PreprocessParams(**reader.preprocess)
    with open_archive(archive) as opened:
        pictures = {name: decode_image(read_entry(opened, name.partition("/")[2])) for name in lines}
    items = ((name, line_image(picture, params)) for name, picture in pictures.items())
    return {
        name: lines[name]._replace(prediction=score(lines[name].reference, reading, folded=False).prediction)
        for name, reading in reader.read(items)
    }


def _dvc(folder: Path, *arguments: str) -> None:
    """Run a DVC command, what it says going to the log; raises NetchuError where it fails."""
    if run_dvc(*arguments).returncode:
        raise NetchuError(explain((folder / LOG).read_text(encoding="utf-8", errors="replace")))


def main(folder: Path) -> None:
    # An interrupt is for DVC, which then cleans up, and fails; a handler, since children would inherit mere ignoring.
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        write_json(folder / RESULT, teach(folder)._asdict())
    except NetchuError as error:
        write_text(folder / FAILURE, str(error))
    except Exception as error:  # a fault of ours: the log has the whole of it, the page one line
        traceback.print_exc()
        write_text(folder / FAILURE, " ".join(f"{type(error).__name__}: {error}".split()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
