"""Checks every line of the raw archives and quarantines what is wrong, with its reason, instead of stopping."""

import collections
import contextlib
import dataclasses
import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from netchu.core.charset import normalise, unknown_characters
from netchu.core.errors import NetchuError
from netchu.core.files import write_json
from netchu.core.parallel import ordered_map
from netchu.core.params import Section
from netchu.core.printing import escape_unprintable
from netchu.core.progress import progress
from netchu.core.stage import Paths, run_stage
from netchu.core.state import state_folder
from netchu.core.tables import CLEAN_COLUMNS, SUBSETS, write_lines, write_rejected
from netchu.intake.archives import open_archive, read_entry
from netchu.intake.labels import Fault, Label, list_lines
from netchu.pictures.images import decode_image
from netchu.pictures.line_image import has_ink, to_grey

INPUTS = {"raw": Path("data/raw")}
OUTPUTS = {
    "lines": Path("data/clean/lines.parquet"),
    "rejected": Path("data/clean/rejected.csv"),
    "counts": Path("metrics/clean.json"),
}

REASONS = (
    "blank",
    "conflicting_text",
    "duplicate_image",
    "empty_text",
    "malformed_label",
    "no_image",
    "no_label",
    "too_small",
    "undecodable",
    "unknown_character",
    "unknown_subset",
)
"""Why a line may be rejected."""


class CleanParams(Section):
    """What a line must be, the `clean` group of params.yaml."""

    min_height: int = Field(ge=1, le=1000)  # pixels
    min_width: int = Field(ge=1, le=1000)  # pixels
    max_rejected: float = Field(ge=0, le=1)  # fraction of the lines


class Params(Section):
    clean: CleanParams


def run(params: Params, inputs: Paths, outputs: Paths) -> str:
    """Write the good lines, the rejected ones (id, reason, detail; by id) and the counts by reason.

    Raises:
        NetchuError: an archive cannot be read, no line is good, or more than `max_rejected` of them are not.
    """
    paths = sorted(inputs["raw"].glob("*.zip"))
    if not paths:
        raise NetchuError(f"{inputs['raw']}: holds no zip archive; run `dvc repro -f download`")
    with contextlib.ExitStack() as stack:
        archives = {path.stem: stack.enter_context(open_archive(path)) for path in paths}
        labels, rejected = [], []
        for archive in archives.values():
            found, faults = list_lines(archive)
            labels += found
            rejected += faults
        total = len(labels) + len(rejected)
        labels = _check_texts(labels, rejected)
        labels = _check_copies(labels, archives, rejected)
        with write_lines(outputs["lines"], CLEAN_COLUMNS) as lines:
            for row in _check_images(labels, archives, params.clean, rejected):
                lines.append(row)
            _refuse_too_many(rejected, total, params.clean.max_rejected)
    write_rejected(outputs["rejected"], rejected)
    reasons = collections.Counter(fault.reason for fault in rejected)
    counts = {"lines": total, "kept": lines.count, "rejected": len(rejected)}
    write_json(outputs["counts"], counts | {f"rejected_{reason}": reasons[reason] for reason in REASONS})
    return f"{lines.count:,} lines kept, {len(rejected):,} rejected" + (f" ({_most(reasons)})" if rejected else "")


def _check_texts(labels: list[Label], rejected: list[Fault]) -> list[Label]:
    """The labels with some text; an empty one is no second opinion on a line that is labelled elsewhere."""
    kept = []
    for label in labels:
        if normalise(label.text):
            kept.append(label)
        else:
            rejected.append(Fault(label.id, "empty_text", ""))
    return kept


def _check_copies(labels: list[Label], archives: dict[str, zipfile.ZipFile], rejected: list[Fault]) -> list[Label]:
    """One label an image, the best described: equal files are one image, whatever their names and archives.

    It takes the writer from a copy where only that names one, so that no writer gets into two subsets unseen.

    Copies whose texts disagree are all rejected. Labels with characters outside the charset take part, and leave
    afterwards.
    """
    copies: dict[bytes, list[Label]] = collections.defaultdict(list)
    for label in progress(labels, "clean: comparing", len(labels)):
        copies[hashlib.sha256(read_entry(archives[label.source], label.path)).digest()].append(label)
    kept = []
    for same in copies.values():
        same.sort(key=_description)
        texts = sorted({normalise(label.text) for label in same})
        if len(texts) > 1:
            rejected += [
                Fault(label.id, "conflicting_text", " | ".join(map(escape_unprintable, texts))) for label in same
            ]
            continue
        rejected += [Fault(label.id, "duplicate_image", f"of {same[0].id}") for label in same[1:]]
        if unknown := unknown_characters(texts[0]):
            rejected.append(Fault(same[0].id, "unknown_character", escape_unprintable(unknown)))
        else:
            kept.append(
                dataclasses.replace(same[0], writer=next((label.writer for label in same if label.writer), None))
            )
    return kept


def _description(label: Label) -> tuple:
    """Sorts the best described of several copies first: by subset, then by whether the writer is known, then by id."""
    # Test lines first: the official test set must not lose one to a copy elsewhere.
    return (*reversed(SUBSETS), None).index(label.subset), label.writer is None, label.id


def _check_images(
    labels: list[Label], archives: dict[str, zipfile.ZipFile], params: CleanParams, rejected: list[Fault]
) -> Iterator[dict]:
    """The rows of the lines with a good image."""
    # In the order of the ids' hashes, which is as good as shuffled: any row group of the table is then a fair sample
    # of sources and writers, and later stages may stream groups without shuffling lines across the whole table.
    labels = sorted(labels, key=lambda label: hashlib.sha256(label.id.encode()).digest())
    # Read in this thread: an open zip file is not safe to read from several.
    items = ((label, read_entry(archives[label.source], label.path)) for label in labels)
    checked = ordered_map(lambda item: (*item, _image_fault(item[1], params)), items)
    for label, data, fault in progress(checked, "clean: decoding", len(labels)):
        if fault:
            rejected.append(Fault(label.id, *fault))
            continue
        yield {
            "id": label.id,
            "source": label.source,
            "writer": label.writer,
            "subset": label.subset,
            "text": normalise(label.text),
            "image": data,
        }


def _image_fault(data: bytes, params: CleanParams) -> tuple[str, str] | None:
    """Reason and detail why the image file `data` is no good line, or None."""
    try:
        image = decode_image(data)
    except NetchuError as error:
        return "undecodable", str(error)
    height, width = image.shape[:2]
    if height < params.min_height or width < params.min_width:
        return "too_small", f"{width} x {height} pixels"
    return None if has_ink(to_grey(image)) else ("blank", "")


def _refuse_too_many(rejected: list[Fault], total: int, limit: float) -> None:
    if len(rejected) < total and len(rejected) <= limit * total:
        return
    # DVC deletes the outputs of a stage before it runs, and those of a failed experiment after it.
    kept = state_folder() / "rejected.csv"
    write_rejected(kept, rejected)
    reasons = collections.Counter(fault.reason for fault in rejected)
    if len(rejected) == total:
        raise NetchuError(f"no good line of {total:,} ({_most(reasons)}); read {kept} and mend the data")
    raise NetchuError(
        f"{len(rejected) / total:.1%} of {total:,} lines are rejected ({_most(reasons)}), more than clean.max_rejected "
        f"= {limit:.1%}; read {kept}, then mend the data or raise clean.max_rejected"
    )


def _most(reasons: collections.Counter) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items(), key=lambda item: -item[1])[:4])


if __name__ == "__main__":
    run_stage("clean", run, Params, INPUTS, OUTPUTS)
