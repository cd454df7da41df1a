"""Measure how well printed and struck-through words are marked: `python -m benchmarks.word_marks FONTS SOURCE...`.

FONTS is a folder of fonts, such as /usr/share/fonts. Each SOURCE is an archive (.zip) of real lines, or a file of pen
strokes (.jsonl, .jsonl.xz), which are drawn; drawn addresses are added. From each line one of several kinds is made
(benchmarks/marked_lines.py): as it is, behind a printed label, with words struck through, ... The reader in
models/pretrained reads it, and its words are counted: how many are marked, of those written by hand, printed and struck
through.

`--fit` first fits the functions of netchu/pages/word_marks.json, with other writers and other fonts, and chooses the
thresholds on a third part of the writers, such that few words written by hand are marked.

200 lines of each source take two minutes on two cores. Expect the figures of benchmarks/accuracy.md.
"""

import argparse
import contextlib
import itertools
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.errors import report_errors
from benchmarks.markdown import print_table
from benchmarks.marked_lines import KINDS, MarkedLine, find_fonts, mark_line
from netchu.core.errors import NetchuError
from netchu.core.files import write_text
from netchu.intake.archives import open_archive, read_entry
from netchu.intake.labels import list_lines
from netchu.intake.stroke_files import read_strokes
from netchu.pages.word_features import measure_words
from netchu.pages.word_marks import WORD_MARKS, AdditiveModel, find_spans, load_models, score_line
from netchu.pictures.illumination import to_grey
from netchu.pictures.images import decode_image
from netchu.pictures.line_image import PreprocessParams, locate_line
from netchu.reading.reader import Reader
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import draw_line, sample_writer
from netchu.synthetic.stroke_drawing import draw_strokes

_HELD_OUT_FONTS = (
    "Carlito",
    "DejaVu Serif",
    "FreeSans",
    "FreeSerif",
    "Linux Biolinum O",
    "Roboto",
    "TeX Gyre Heros",
    "TeX Gyre Heros Cn",
    "TeX Gyre Pagella",
    "TeX Gyre Termes",
)
"""Families that only measure. Among them are those that look like Arial, Calibri and Times New Roman."""

_FALSE_ALARMS = {"printed": 0.0045, "struck": 0.003}
"""Share of words written by hand that the thresholds allow to be marked."""

_KNOTS = 4
"""Of the function of a measurement."""

_STRENGTH = 0.5
"""Inverse of the penalty on the squares of the functions' values."""

_SUBSETS = ("measure", "choose", "fit", "fit", "fit")


class LineWords(NamedTuple):
    """The words of a line as they were read."""

    kind: str
    measurements: np.ndarray  # (words, measurements)
    printed: np.ndarray  # (words,): share of print in the ink
    struck: np.ndarray  # (words,): share of columns that are struck through

    @property
    def labels(self) -> dict[str, np.ndarray]:
        """The right marks: 1, 0, or -1 where part of the word is marked."""
        return {name: _label(getattr(self, name)) for name in ("printed", "struck")}


def collect_pictures(source: Path | None, count: int) -> dict[str, list[np.ndarray]]:
    """Return grey pictures of up to `count` lines for each of _SUBSETS; no writer is in two of them.

    Args:
        source: an archive, a file of pen strokes, or None for addresses that are drawn.
    """
    rng = np.random.default_rng(1)
    pictures: dict[str, list[np.ndarray]] = {subset: [] for subset in _SUBSETS}
    if source is None:
        for subset in pictures.values():
            subset += [to_grey(draw_line(address_line(rng, 50), sample_writer(rng), rng)) for _ in range(count)]
        return pictures
    with contextlib.ExitStack() as stack:
        if source.suffix == ".zip":
            archive = stack.enter_context(open_archive(source))
            lines = list_lines(archive)[0]
        else:
            lines = [line for line in read_strokes(source) if not line.fault]
        for index in rng.permutation(len(lines)):
            line = lines[index]
            # Cinnamon's lines name no writer.
            subset = pictures[_SUBSETS[zlib.crc32((line.writer or line.text).encode()) % len(_SUBSETS)]]
            if len(subset) < count:
                if source.suffix == ".zip":
                    picture = decode_image(read_entry(archive, line.path))
                else:
                    picture = draw_strokes(line.strokes, sample_writer(rng), rng)
                subset.append(to_grey(picture))
    return pictures


def mark_lines(pictures: dict[str, list[np.ndarray]], subset: str, families: list[list[Path]]) -> Iterator[MarkedLine]:
    """Yield a marked line for each picture of a subset."""
    for number, picture in enumerate(pictures[subset]):
        yield mark_line(picture, families, np.random.default_rng([_SUBSETS.index(subset), number]))


def read_words(lines: Iterable[MarkedLine], reader: Reader) -> Iterator[LineWords]:
    """Read lines with the network alone, and yield the measurements of their words."""
    params = PreprocessParams(**reader.preprocess)

    def locate(lines: Iterable[MarkedLine]) -> Iterator:
        for line in lines:
            located = locate_line(line.picture, params)
            yield (line, located), located.image

    for (line, located), reading in reader.read(locate(lines), "greedy"):
        if not reading.words:
            continue
        left, top, right, bottom = np.rint([*located.corners[0], *located.corners[2]]).astype(int)
        spans = find_spans(reading.words, located.image.shape[1], params.margin)
        sides = left + np.rint(spans * (right - left)).astype(int)
        printed, struck = np.zeros(len(spans)), np.zeros(len(spans))
        for number, (start, end) in enumerate(sides):
            print_ink, pen_ink = (ink[top:bottom, start:end].sum() for ink in (line.printed, line.handwritten))
            printed[number] = print_ink / (print_ink + pen_ink + 1e-6)
            written = line.handwritten[top:bottom, start:end].max(axis=0, initial=0) > 0.5
            struck[number] = (written & line.struck[start:end]).sum() / max(written.sum(), 1)
        yield LineWords(line.kind, measure_words(located.image[:, params.margin :], spans), printed, struck)


def _label(shares: np.ndarray) -> np.ndarray:
    return np.select([shares > 0.7, shares < 0.2], [1, 0], -1)


def fit_models(fitted: list[LineWords], chosen: list[LineWords]) -> dict[str, AdditiveModel]:
    """Fit the scores to the words of some lines, and choose the thresholds with those of others."""
    measurements = np.concatenate([line.measurements for line in fitted])
    knots = [np.unique(np.quantile(column, np.linspace(0, 1, _KNOTS)).round(6)) for column in measurements.T]
    # The value of a piecewise linear function is a sum of its values at the knots, each times a hat function.
    hats = [
        np.interp(column, positions, hat)
        for column, positions in zip(measurements.T, knots, strict=True)
        for hat in np.eye(len(positions))
    ]
    models = {}
    for name, share in _FALSE_ALARMS.items():
        labels = np.concatenate([line.labels[name] for line in fitted])
        is_known = labels >= 0
        regression = LogisticRegression(C=_STRENGTH, max_iter=3000)
        regression.fit(np.stack(hats, axis=1)[is_known], labels[is_known])
        ends = np.cumsum([len(positions) for positions in knots])[:-1]
        values = np.split(regression.coef_[0].round(4), ends)
        # Equal knots are repeated, with their values.
        model = AdditiveModel(round(float(regression.intercept_[0]), 4), _pad(knots), _pad(values), 0.0)
        scores = np.concatenate([score_words(name, model, line)[_is_handwritten(line)] for line in chosen])
        models[name] = model._replace(threshold=round(float(np.quantile(scores, 1 - share)), 4))
    return models


def _pad(rows: list[np.ndarray]) -> np.ndarray:
    """Return rows of up to _KNOTS numbers as a matrix; the last number of a shorter row is repeated."""
    return np.array([np.pad(row, (0, _KNOTS - len(row)), mode="edge") for row in rows])


def score_words(name: str, model: AdditiveModel, line: LineWords) -> np.ndarray:
    """Return the scores of a line's words."""
    scores = model.score(line.measurements)
    return score_line(scores) if name == "printed" else scores


def _is_handwritten(line: LineWords) -> np.ndarray:
    return (line.labels["printed"] == 0) & (line.labels["struck"] == 0)


def tabulate(name: str, models: dict[str, AdditiveModel], lines: list[LineWords]) -> list[str]:
    """Return the cells of a table row: the number of words of each sort, and the percentages that are marked."""
    marks = {
        mark: np.concatenate([score_words(mark, model, line) for line in lines] or [np.zeros(0)]) >= model.threshold
        for mark, model in models.items()
    }
    handwritten = np.concatenate([_is_handwritten(line) for line in lines])
    cells = [name, str(handwritten.sum()), *(_percent(marks[mark][handwritten]) for mark in models)]
    for mark in models:
        marked = np.concatenate([line.labels[mark] for line in lines]) == 1
        cells += [str(marked.sum()), _percent(marks[mark][marked])]
    return cells


def _percent(marks: np.ndarray) -> str:
    return f"{100 * marks.mean():.1f}" if len(marks) else "–"


@report_errors()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fonts", type=Path, metavar="FONTS")
    parser.add_argument("sources", type=Path, nargs="+", metavar="SOURCE")
    parser.add_argument("--lines", type=int, default=200, help="of each source and subset")
    parser.add_argument("--fit", action="store_true", help="write netchu/pages/word_marks.json")
    arguments = parser.parse_args()
    families = find_fonts(arguments.fonts)
    fonts = {
        is_held_out: [paths for name, paths in families.items() if (name in _HELD_OUT_FONTS) == is_held_out]
        for is_held_out in (False, True)
    }
    if not all(fonts.values()):
        raise NetchuError(f"{arguments.fonts}: needs Vietnamese fonts, both of the families held out and of others")
    reader = Reader.load(Path("models/pretrained"))

    pictures = {
        source.name.partition(".")[0] if source else "drawn": collect_pictures(source, arguments.lines)
        for source in (*arguments.sources, None)
    }

    def prepare(subset: str) -> dict[str, list[LineWords]]:
        families = fonts[subset != "fit"]
        return {
            name: list(read_words(mark_lines(of_source, subset, families), reader))
            for name, of_source in pictures.items()
        }

    if arguments.fit:
        fitted, chosen = (list(itertools.chain(*prepare(subset).values())) for subset in ("fit", "choose"))
        models = fit_models(fitted, chosen)
        write_text(
            WORD_MARKS,
            json.dumps({name: model._asdict() for name, model in models.items()}, default=np.ndarray.tolist) + "\n",
        )
    else:
        models = load_models()
    by_source = prepare("measure")
    lines = list(itertools.chain(*by_source.values()))
    groups = by_source | {kind: [line for line in lines if line.kind == kind] for kind in KINDS} | {"all": lines}
    columns = [
        "lines",
        "handwritten",
        "called printed %",
        "called struck %",
        "printed",
        "marked %",
        "struck",
        "marked %",
    ]
    print_table(columns, [tabulate(name, models, group) for name, group in groups.items() if group])


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
