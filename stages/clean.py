"""Stage clean: check every line of the raw archives; keep the good lines, list the others with the reasons."""

import collections
import contextlib
from pathlib import Path

from netchu.core.errors import NetchuError
from netchu.core.files import write_json
from netchu.core.params import Section
from netchu.core.stage import Paths, run_stage
from netchu.core.state import state_folder
from netchu.core.tables import CLEAN_COLUMNS, write_lines, write_rejected
from netchu.intake.archives import open_archive
from netchu.intake.cleaning import REASONS, CleanParams, clean_lines
from netchu.intake.labels import Fault


class Params(Section):
    """Groups of params.yaml."""

    clean: CleanParams


INPUTS = {"raw": Path("data/raw")}
OUTPUTS = {
    "lines": Path("data/clean/lines.parquet"),
    "rejected": Path("data/clean/rejected.csv"),
    "counts": Path("metrics/clean.json"),
}


def run(params: Params, inputs: Paths, outputs: Paths) -> str:
    """Write the good lines, the rejected lines (id, reason, detail) sorted by id, and the number of each reason.

    Raises:
        NetchuError: an archive cannot be read, no line is good, or more than `max_rejected` of them are rejected.
    """
    paths = sorted(inputs["raw"].glob("*.zip"))
    if not paths:
        raise NetchuError(f"{inputs['raw']}: contains no zip archive; run `dvc repro -f download`")
    rejected: list[Fault] = []
    mapped: list[str] = []
    with contextlib.ExitStack() as stack:
        archives = {path.stem: stack.enter_context(open_archive(path)) for path in paths}
        with write_lines(outputs["lines"], CLEAN_COLUMNS) as lines:
            for row in clean_lines(archives, params.clean, rejected, mapped):
                lines.append(row)
            _check_share(rejected, lines.count + len(rejected), params.clean.max_rejected)
    write_rejected(outputs["rejected"], rejected)
    reasons = collections.Counter(fault.reason for fault in rejected)
    counts = {"lines": lines.count + len(rejected), "kept": lines.count, "rejected": len(rejected)}
    counts |= {f"rejected_{reason}": reasons[reason] for reason in REASONS}
    write_json(outputs["counts"], counts | {"mapped": len(mapped)})
    return (
        f"{lines.count:,} lines kept"
        + (f", typographic signs replaced in {len(mapped):,} of them" if mapped else "")
        + f", {len(rejected):,} rejected"
        + (f" ({_summarise(reasons)})" if rejected else "")
    )


def _check_share(rejected: list[Fault], total: int, limit: float) -> None:
    """Raise NetchuError if all lines are rejected, or more than the fraction `limit` of the `total`."""
    if len(rejected) < total and len(rejected) <= limit * total:
        return
    # In the state folder, because DVC deletes the outputs of a failed experiment.
    listing = state_folder() / "rejected.csv"
    write_rejected(listing, rejected)
    reasons = _summarise(collections.Counter(fault.reason for fault in rejected))
    if len(rejected) == total:
        raise NetchuError(f"no good line among {total:,} ({reasons}); see {listing} and fix the data")
    raise NetchuError(
        f"{len(rejected) / total:.1%} of {total:,} lines are rejected ({reasons}), more than clean.max_rejected "
        f"= {limit:.1%}; see {listing}, then fix the data or raise clean.max_rejected"
    )


def _summarise(reasons: collections.Counter) -> str:
    """Return the four most frequent reasons with their counts."""
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items(), key=lambda item: -item[1])[:4])


if __name__ == "__main__":
    run_stage("clean", run, Params, INPUTS, OUTPUTS)
