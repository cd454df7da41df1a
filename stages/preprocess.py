"""Stage preprocess: make the line image of every clean line; reject lines that cannot be used for training."""

import functools
import statistics
from collections import Counter
from pathlib import Path

import cv2

from netchu.core.errors import NetchuError
from netchu.core.files import write_json
from netchu.core.frames import FRAME_WIDTH, required_frames
from netchu.core.parallel import ordered_map
from netchu.core.params import Section, section_of
from netchu.core.progress import progress
from netchu.core.stage import Paths, run_stage
from netchu.core.subsets import encode_line_image
from netchu.core.tables import LINE_COLUMNS, open_lines, read_rows, write_lines, write_rejected
from netchu.pictures.images import decode_image
from netchu.pictures.ink import NoInk
from netchu.pictures.line_image import PreprocessParams, line_image


class Params(Section):
    """Groups of params.yaml."""

    preprocess: section_of(PreprocessParams)


INPUTS = {"lines": Path("data/clean/lines.parquet")}
OUTPUTS = {
    "lines": Path("data/preprocess/lines.parquet"),
    "rejected": Path("data/preprocess/rejected.csv"),
    "counts": Path("metrics/preprocess.json"),
}


def run(params: Params, inputs: Paths, outputs: Paths) -> str:
    """Write the line images in the order of the input, the rejected lines with their reasons, and the counts.

    Raises:
        NetchuError: no line can be used.
    """
    # One thread per line, from `ordered_map`: OpenCV's own threads would compete with these.
    cv2.setNumThreads(1)
    table = open_lines(inputs["lines"])
    process = functools.partial(_process, params=params.preprocess.to_settings())
    widths, rejected = [], []
    with write_lines(outputs["lines"], LINE_COLUMNS, {"preprocess": params.preprocess.model_dump()}) as lines:
        rows = progress(ordered_map(process, read_rows(table)), "preprocess", table.metadata.num_rows)
        for row, reason, detail in rows:
            if reason is None:
                lines.append(row)
                widths.append(row["width"])
            else:
                rejected.append((row["id"], reason, detail))
        reasons = Counter(reason for _, reason, _ in rejected)
        if not widths:
            cause = _summarise(reasons) or "it is empty"
            raise NetchuError(f"{inputs['lines']}: none of its lines can be used ({cause}); check the stage clean")
    write_rejected(outputs["rejected"], rejected)
    counts = {
        "lines": len(widths),
        "rejected": reasons.total(),
        "median_width": round(statistics.median(widths)),
        **{f"rejected_{reason}": count for reason, count in reasons.items()},
    }
    write_json(outputs["counts"], counts)
    summary = f"{reasons.total()} rejected" + (f" ({_summarise(reasons)})" if reasons else "")
    return f"{len(widths)} lines, {summary}, median width {counts['median_width']} px"


def _summarise(reasons: Counter) -> str:
    """Return the reasons, sorted, with their counts."""
    return ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))


def _process(row: dict, params: PreprocessParams) -> tuple[dict, str | None, str]:
    """Return the row with its picture replaced by the line image; or the row, the reason to reject it, and a detail."""
    try:
        picture = decode_image(row["image"])
    except NetchuError as error:
        return row, "undecodable", str(error)
    try:
        image = line_image(picture, params)
    except NoInk as error:
        return row, "blank", str(error)
    except NetchuError as error:
        return row, "too_wide", str(error)
    width = image.shape[1]
    needed, frames = required_frames(row["text"]), width // FRAME_WIDTH
    if needed > frames:
        detail = f"{len(row['text'])} characters need {needed} frames, {width} pixels of width give {frames}"
        return row, "too_narrow", detail
    return {**row, "image": encode_line_image(image), "width": width}, None, ""


if __name__ == "__main__":
    run_stage("preprocess", run, Params, INPUTS, OUTPUTS)
