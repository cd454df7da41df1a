import dataclasses

import numpy as np
import pytest

from netchu.synthetic.handwriting import sample_writer
from netchu.synthetic.letters import alphabets
from netchu.synthetic.stroke_drawing import _smooth, draw_strokes, measure_letter_height, measure_strokes


def make_writer(seed=0, **habits):
    return dataclasses.replace(sample_writer(np.random.default_rng(seed)), ruled=False, **habits)


def write_word(unit=25.0, repeats=6):
    """Return the strokes of "nom nom ..." as a tablet reports them: few points, y down, small letters `unit` high."""
    strokes, x = [], 0.0
    for character in "nom " * repeats:
        if character != " ":
            strokes += [(stroke[::3] * (1, -1) + (x, 0)) * unit for stroke in alphabets()["print"][character][0]]
        x += 1.3
    return strokes


def ink(image):
    grey = image.min(axis=2).astype(float)
    return grey < np.median(grey) - 40


def join(strokes):
    lengths = np.array([len(stroke) for stroke in strokes])
    return np.concatenate(strokes), np.cumsum(lengths) - lengths


@pytest.mark.parametrize("unit", [3.0, 25.0, 400.0])
def test_measures_small_letters(unit):
    assert measure_letter_height(*join(write_word(unit))) == pytest.approx(unit, rel=0.25)
    assert measure_strokes(write_word(unit))[0] == pytest.approx(31, rel=0.25)


def test_draws_same_size_in_every_unit():
    images = [draw_strokes(write_word(unit), make_writer(), np.random.default_rng(3)) for unit in (3.0, 400.0)]
    np.testing.assert_allclose(images[0].shape, images[1].shape, atol=2)


@pytest.mark.parametrize("seed", range(10))
def test_draws_every_stroke_on_light_paper(seed):
    image = draw_strokes(write_word(), make_writer(seed), np.random.default_rng(seed))
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert np.median(image) > 200
    assert 0.01 < ink(image).mean() < 0.3
    columns = np.flatnonzero(ink(image).any(axis=0))
    assert columns[-1] - columns[0] > 31 * 0.8 * 13  # width in letters, narrowest aspect, smallest letter


def test_depends_on_generator_alone():
    def draw(seed):
        return draw_strokes(write_word(), make_writer(1), np.random.default_rng(seed))

    np.testing.assert_array_equal(draw(1), draw(1))
    assert draw(1).shape != draw(2).shape


def test_draws_visible_dots():
    for seed in range(8):
        word = write_word(repeats=1)
        dot = np.array([[25 * 5.0, -80.0]])
        without, with_dot = (
            ink(draw_strokes(strokes, make_writer(seed), np.random.default_rng(seed))).sum()
            for strokes in (word, [*word, dot])
        )
        assert with_dot >= without + 2


def test_keeps_marks_written_after_their_word_and_drops_slips():
    word = write_word()
    mark = np.array([[30.0, -45.0], [40.0, -50.0], [50.0, -45.0]])
    slip = mark + np.array([300, 700])

    def height(*strokes):
        return draw_strokes([*word, *strokes], make_writer(), np.random.default_rng(1)).shape[0]

    assert height(mark) > height() + 5
    assert height(slip) == height()


@pytest.mark.parametrize("strokes", [[[[3, 4]]], [[[3, 4], [3, 4]]], [[[0, 0], [50, 0]]], [[[0, 0], [0, 50]]]])
def test_draws_degenerate_lines(strokes):
    image = draw_strokes([np.array(stroke, float) for stroke in strokes], make_writer(), np.random.default_rng(0))
    assert ink(image).any()


def test_smooths_circle_through_recorded_points():
    angles = np.linspace(0, 2 * np.pi, 13)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points, starts = join([circle, circle + 9, circle[:2]])
    curve = _smooth(points, starts)
    np.testing.assert_allclose(curve[::4], points)
    # Chords of 30 degrees cut 0.034 off the radius; the ends have no neighbour to curve towards.
    radius = np.hypot(*curve[4 : 4 * 11].T)
    assert np.abs(radius - 1).max() < 0.01


def test_draws_wider_line_where_pen_is_slow():
    def darkness(step):
        line = np.stack([np.arange(0, 241, step), np.full(240 // step + 1, -120)], axis=1)
        image = draw_strokes([*write_word(), line], make_writer(pressure=0.9), np.random.default_rng(5))
        return ink(image)[: image.shape[0] // 3].sum()

    assert darkness(2) > 1.15 * darkness(40)


def test_varies_left_margin_down_to_nothing():
    images = [draw_strokes(write_word(), make_writer(), np.random.default_rng(seed)) for seed in range(60)]
    margins = np.array([np.flatnonzero(ink(image).any(axis=0))[0] for image in images])
    assert margins.min() <= 1
    assert 0.1 < (margins < 5).mean() < 0.6
    assert margins.max() > 25
