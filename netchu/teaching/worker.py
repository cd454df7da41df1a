"""Runs a fine-tuning in the background: the pipeline as a DVC experiment, then both readers on the test lines.

`python -m netchu.teaching.worker FOLDER`, started by `netchu.teaching.fine_tuning.start`.
"""

import json
import signal
import sys
import traceback
from pathlib import Path

from netchu.core.errors import NetchuError
from netchu.core.files import write_json, write_text
from netchu.core.folding import LabelStyle
from netchu.evaluation.scoring import normalise_for_scoring
from netchu.experiments.comparison import ScoredLine, compare_rates, pair_lines, parse_predictions
from netchu.experiments.revisions import find_revision, read_file
from netchu.experiments.runs import PREDICTIONS
from netchu.intake.archives import open_archive, read_entry
from netchu.pictures.images import decode_image
from netchu.pictures.line_image import PreprocessParams, line_image
from netchu.reading.reader import Reader
from netchu.teaching.dvc_command import find_dvc_error, run_dvc
from netchu.teaching.fine_tuning import SHIPPED
from netchu.teaching.run_progress import read_progress
from netchu.teaching.run_state import ARCHIVE, CHANGED_PARAMETERS, FAILURE, LOG, READER_FOLDER, RESULT, Result


def fine_tune(folder: Path) -> Result:
    """Run the experiment with the name of `folder`, and copy the reader that it makes into `folder`.

    Raises:
        NetchuError: a stage or DVC failed.
    """
    parameters = json.loads((folder / CHANGED_PARAMETERS).read_text(encoding="utf-8"))
    changes = [word for key, value in parameters.items() for word in ("--set-param", f"{key}={value}")]
    # --force, because DVC knows the shipped reader only by its path and would restore the result of an earlier one.
    _run_dvc(folder, "exp", "run", "--temp", "--force", "--name", folder.name, *changes)
    experiment = find_revision(folder.name)
    after = parse_predictions(read_file(experiment, PREDICTIONS), f"{PREDICTIONS} of {experiment}")
    before = read_with(Reader.load(Path(SHIPPED)), folder / ARCHIVE, after)
    cer = compare_rates(pair_lines(before, after, ("the shipped model", "the new model")))["cer"]
    counts = json.loads(read_file(experiment, "metrics/split.json"))
    _run_dvc(folder, "get", ".", "models/reader", "--rev", experiment.commit, "--out", str(folder / READER_FOLDER))
    return Result(
        before=cer.a,
        after=cer.b,
        low=cer.low,
        high=cer.high,
        distinguishable=cer.distinguishable,
        test_lines=len(after),
        training_lines=counts["train_lines"] + counts["validation_lines"],
    )


def read_with(reader: Reader, archive: Path, lines: dict[str, ScoredLine]) -> dict[str, ScoredLine]:
    """Return `lines` with the predictions of `reader`, as the stage evaluate makes them.

    Args:
        lines: by their ids, which are <name of the archive>/<path in it>.
    """
    params = PreprocessParams(**reader.preprocess)
    with open_archive(archive) as opened:
        pictures = {name: decode_image(read_entry(opened, name.partition("/")[2])) for name in lines}
    items = ((name, line_image(picture, params)) for name, picture in pictures.items())
    return {
        name: lines[name]._replace(
            prediction=normalise_for_scoring(lines[name].reference, reading, LabelStyle.EXACT).prediction
        )
        for name, reading in reader.read(items)
    }


def _run_dvc(folder: Path, *arguments: str) -> None:
    """Run a DVC command, whose output goes to the log; raise NetchuError with the reason where it fails."""
    if run_dvc(*arguments).returncode:
        log = (folder / LOG).read_text(encoding="utf-8", errors="replace")
        raise NetchuError(read_progress(folder.name).error or find_dvc_error(log))


def main(folder: Path) -> None:
    # An interrupt is for DVC, which then cleans up and fails. A handler, because children would inherit SIG_IGN.
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        write_json(folder / RESULT, fine_tune(folder)._asdict())
    except NetchuError as error:
        write_text(folder / FAILURE, str(error))
    except Exception as error:  # a bug: the log gets the traceback, the page shows one line
        traceback.print_exc()
        write_text(folder / FAILURE, " ".join(f"{type(error).__name__}: {error}".split()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
