"""The benchmark of marks: composed lines say where they are marked, and fitted scores allow few false alarms."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageFont

from benchmarks import marked_lines
from benchmarks.marked_lines import KINDS, STRIKES, draw_print, draw_strike, mark_line
from benchmarks.word_marks import LineWords, fit_models, tabulate
from netchu.pictures.illumination import to_grey
from netchu.synthetic.handwriting import draw_line, sample_writer


@pytest.fixture
def handwriting():
    rng = np.random.default_rng(1)
    writer = replace(sample_writer(rng), paper=(250, 250, 250), ruled=False, shading=0.0)
    return to_grey(draw_line("Số 27 đường Trần Phú", writer, rng))


@pytest.mark.parametrize("kind", KINDS)
def test_composes_lines_of_every_kind(kind, handwriting, monkeypatch):
    monkeypatch.setattr(marked_lines, "KINDS", {kind: 1.0})
    font = ImageFont.load_default(30)
    monkeypatch.setattr(ImageFont, "truetype", lambda path, size: font)
    line = mark_line(handwriting, [["font"]], np.random.default_rng(2))
    assert line.kind == kind
    assert line.picture.shape == line.printed.shape == line.handwritten.shape
    assert line.picture.shape[1:] == line.struck.shape
    assert (line.printed.max() > 0.5) == (kind in ("printed", "form"))
    assert (line.handwritten.max() > 0.5) == (kind != "printed")
    assert line.struck.any() == (kind == "struck")
    ink = np.maximum(line.printed, line.handwritten)
    if kind != "plain":
        assert line.picture[ink > 0.9].mean() < 0.8 * line.picture[ink < 0.01].mean()


@pytest.mark.parametrize("kind", [*STRIKES, "underline"])
def test_strikes_lie_in_the_zone_of_small_letters_or_below(kind):
    for points in draw_strike(kind, 100, 200, 80, 30, np.random.default_rng(3)):
        assert 60 < points[:, 0].min() < 130 and 170 < points[:, 0].max() < 240
        assert (points[:, 1].mean() > 80) == (kind == "underline")


def test_draws_print():
    ink = draw_print("Ho ten:", ImageFont.load_default(40))
    assert ink.max() == 1 and ink.min() == 0
    assert (ink[0] == 0).all() and (ink[:, 0] == 0).all()


def test_fits_scores_with_few_false_alarms():
    """One measurement tells print, another one strikes, a third one nothing."""
    rng = np.random.default_rng(4)

    def make_lines(count: int) -> list[LineWords]:
        lines = []
        for _ in range(count):
            printed, struck = np.repeat(rng.random(2) < 0.5, 5).astype(float), (rng.random(10) < 0.2).astype(float)
            measurements = np.stack([printed, struck, np.zeros(10)], axis=1) * 4 + rng.normal(size=(10, 3))
            lines.append(LineWords("plain", measurements, printed, struck))
        return lines

    models = fit_models(make_lines(200), make_lines(200))
    name, handwritten, *percentages = tabulate("all", models, make_lines(200))
    assert name == "all" and 700 < int(handwritten) < 900
    called_printed, called_struck, _, printed, _, struck = map(float, percentages)
    assert called_printed < 2 and called_struck < 2
    assert printed > 95 and 60 < struck < 95
