import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.errors import NetchuError
from netchu.evaluation.metrics import error_rates
from netchu.experiments.comparison import (
    FEWEST_DIFFERING,
    ScoredLine,
    compare_rates,
    group_by_correctness,
    pair_lines,
    parse_predictions,
)

TEXTS = st.text("aắ b", max_size=6)
HEADER = "id,source,writer,reference,prediction\n"


def pairs(references, a, b):
    """Pair the test lines of two runs with the predictions `a` and `b`."""
    runs = [
        {f"{n:05}": ScoredLine("s", *texts) for n, texts in enumerate(zip(references, side, strict=True))}
        for side in (a, b)
    ]
    return pair_lines(*runs, ("A", "B"))


def line_texts(count: int, seed: int) -> list[str]:
    """Make lines of 3 to 6 words of 2 to 6 letters."""
    rng = np.random.default_rng(seed)
    return [
        " ".join("".join(rng.choice(list("aeghintốưắđ"), rng.integers(2, 7))) for _ in range(rng.integers(3, 7)))
        for _ in range(count)
    ]


def predict(references: list[str], rate: float, seed: int) -> list[str]:
    """Make predictions with the character error rate `rate`; some lines are harder than others for every seed."""
    rng, difficulty = np.random.default_rng(seed), np.random.default_rng(0).gamma(2, 0.5, len(references))
    return [
        "".join(letter if rng.random() > rate * hard else rng.choice(["", "x", letter + "x"]) for letter in text)
        for text, hard in zip(references, difficulty, strict=True)
    ]


def levenshtein(one, other) -> int:
    """Return the edit distance by its definition, row by row."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return row[-1]


@pytest.mark.parametrize(("name", "split"), [("cer", list), ("wer", str.split), ("ser", lambda text: [text])])
def test_agrees_with_independent_bootstrap(name, split):
    references = line_texts(300, 1)
    a, b = predict(references, 0.06, 2), predict(references, 0.05, 3)
    edits = [
        np.array([levenshtein(split(one), split(" ".join(other.split()))) for one, other in zip(*both, strict=True)])
        for both in ((references, a), (references, b))
    ]
    lengths = np.array([len(split(text)) for text in references])
    expected = scipy.stats.bootstrap(
        (*edits, lengths),
        lambda x, y, n, axis=-1: 100 * y.sum(axis=axis) / n.sum(axis=axis) - 100 * x.sum(axis=axis) / n.sum(axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=20_000,
        rng=np.random.default_rng(7),
    ).confidence_interval
    found = compare_rates(pairs(references, a, b))[name]
    # Two drawings of a percentile differ by chance: by about 3 % of the interval's half-width, 0.02 points of CER.
    tolerance = {"cer": 0.05, "wer": 0.1, "ser": 0.4}[name]  # SER moves in steps of 1/3
    assert [found.low, found.high] == pytest.approx([expected.low, expected.high], abs=tolerance)
    assert found.low < found.difference < found.high


def test_reports_no_difference_between_two_seeds():
    references = line_texts(1000, 1)
    rates = compare_rates(pairs(references, predict(references, 0.05, 2), predict(references, 0.05, 3)))
    assert [rate.distinguishable for rate in rates.values()] == [False] * 3
    assert rates["cer"].low < 0 < rates["cer"].high


def test_finds_difference_of_one_point():
    references = line_texts(1000, 1)
    rate = compare_rates(pairs(references, predict(references, 0.05, 2), predict(references, 0.04, 3)))["cer"]
    assert rate.distinguishable and rate.low < -1 < rate.high < 0
    assert rate.difference == pytest.approx(-1, abs=0.3)


def test_raises_one_false_alarm_in_twenty():
    """Two equally good runs are distinguishable in about 5 % of the cases, as a 95 % interval promises."""
    alarms = 0
    for seed in range(100):
        references = line_texts(60, seed)
        two = predict(references, 0.06, 1000 + seed), predict(references, 0.06, 2000 + seed)
        alarms += compare_rates(pairs(references, *two))["cer"].distinguishable
    assert 1 <= alarms <= 11  # 99 % of the draws from a binomial distribution of 100 and 0.05


def test_removes_difficulty_of_lines_by_pairing():
    """Lines that both runs misread in the same way do not widen the interval."""
    references = line_texts(200, 1)
    a = ["" if n % 2 else text for n, text in enumerate(references)]
    b = [text[:-1] for text in a]
    rate = compare_rates(pairs(references, a, b))["cer"]
    assert rate.a > 40 and rate.distinguishable and rate.high - rate.low < 1


def test_returns_interval_computed_by_hand():
    """On two lines of one letter, B makes 1 edit less and 3 more: the resamples give -100, 100 and 300 %."""
    rate = compare_rates(pairs(["a", "b"], ["x", "b"], ["a", "bxyz"]))["cer"]
    assert (rate.a, rate.b, rate.difference, rate.low, rate.high) == (50, 150, 100, -100, 300)


@pytest.mark.parametrize(
    ("references", "a", "b", "expected", "distinguishable"),
    [
        # One line: every resample is that line, which is no evidence.
        (["abcd"], ["abcx"], ["abcd"], (25, 0, -25, -25), False),
        # All equal.
        (["ab", "cd"] * 50, ["ab", "cx"] * 50, ["ab", "cx"] * 50, (25, 25, 0, 0), False),
        # All right.
        (["ab", "cd"] * 50, ["ab", "cd"] * 50, ["ab", "cd"] * 50, (0, 0, 0, 0), False),
        # B is better on every line: one line too few, and just enough lines.
        (
            ["ab"] * (FEWEST_DIFFERING - 1),
            ["ax"] * (FEWEST_DIFFERING - 1),
            ["ab"] * (FEWEST_DIFFERING - 1),
            (50, 0, -50, -50),
            False,
        ),
        (["ab"] * FEWEST_DIFFERING, ["ax"] * FEWEST_DIFFERING, ["ab"] * FEWEST_DIFFERING, (50, 0, -50, -50), True),
        # Nothing read at all.
        (["ab"] * 10, [""] * 10, ["ab"] * 10, (100, 0, -100, -100), True),
        # Nothing to read: as in netchu.evaluation.metrics, 100 % with insertions.
        ([""], [""], ["xy"], (0, 100, 100, 100), False),
    ],
)
def test_compares_degenerate_sets(references, a, b, expected, distinguishable):
    rate = compare_rates(pairs(references, a, b))["cer"]
    assert (rate.a, rate.b, rate.low, rate.high) == expected
    assert rate.distinguishable is distinguishable


def test_ignores_difference_on_few_lines():
    references = ["ab"] * 300
    rates = compare_rates(pairs(references, ["ax"] * 5 + ["ab"] * 295, references))
    assert all(rate.high < 0 and not rate.distinguishable for rate in rates.values())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=8))
def test_agrees_with_error_rates(lines):
    references, a, b = (list(side) for side in zip(*lines, strict=True))
    found = compare_rates(pairs(references, a, b))
    for side, predictions in (("a", a), ("b", b)):
        expected = error_rates(references, predictions)
        assert {name: round(getattr(rate, side), 3) for name, rate in found.items()} == {
            name: expected[name] for name in found
        }


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=8))
def test_mirrors_interval_of_swapped_runs(lines):
    references, a, b = (list(side) for side in zip(*lines, strict=True))
    there, back = compare_rates(pairs(references, a, b)), compare_rates(pairs(references, b, a))
    for name, rate in there.items():
        assert [rate.low, rate.high] == pytest.approx([-back[name].high, -back[name].low])
        assert rate.distinguishable == back[name].distinguishable


def test_ignores_order_of_lines():
    references = line_texts(30, 1)
    run = {
        f"{n}": ScoredLine("s", *texts)
        for n, texts in enumerate(zip(references, predict(references, 0.1, 2), strict=True))
    }
    other = {name: ScoredLine("s", line.reference, line.reference) for name, line in run.items()}
    turned = dict(reversed(run.items()))
    assert compare_rates(pair_lines(run, other, ("A", "B"))) == compare_rates(pair_lines(turned, other, ("A", "B")))


def test_ignores_size_of_chunks(monkeypatch):
    several = pairs(["abc", "de"] * 20, ["abd", "de"] * 20, ["abc", "dx"] * 20)
    whole = compare_rates(several)
    monkeypatch.setattr("netchu.evaluation.metrics._RESAMPLE_CHUNK", 700)
    assert compare_rates(several) == whole


def test_rejects_empty_comparison():
    with pytest.raises(ValueError, match="no line"):
        compare_rates([])


def test_groups_lines_by_correctness():
    """Of the lines 0 to 4, A reads 0, 2 and 4 right, B 0 and 3; the line with more edits comes first."""
    references = ["ab", "ab", "ab", "ab", "ab"]
    found = group_by_correctness(pairs(references, ["ab", "ax", "ab", "xx", "ab"], ["ab", "a", "xb", "ab", ""]))
    assert {name: [pair.id[-1] for pair in lines] for name, lines in found.items()} == {
        "both": ["0"],
        "only_a": ["4", "2"],
        "only_b": ["3"],
        "neither": ["1"],
    }


def test_pairs_lines_by_id_in_nfc():
    a = {"2": ScoredLine("s", "Hà  Nội", "Ha Nội"), "1": ScoredLine("t", "Huế", "Huế")}
    b = {"1": ScoredLine("t", "Hue\u0302\u0301", "Huê"), "2": ScoredLine("s", "Hà Nội", "Hà Nội ")}
    found = pair_lines(a, b, ("A", "B"))
    assert [tuple(pair) for pair in found] == [
        ("1", "t", "Huế", "Huế", "Huê", 0, 1),
        ("2", "s", "Hà Nội", "Ha Nội", "Hà Nội", 1, 0),
    ]


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ("xy", "xz", "small and main have different test lines: 1 in common, 1 only in small, 1 only in main"),
        ("xy", "x", r"1 in common, 1 only in small, 0 only in main \(such as y\)"),
        ("x", "xy", r"0 only in small, 1 only in main \(such as y\)"),
        ("xy", "xY", "1 only in small"),
    ],
)
def test_rejects_different_test_lines(a, b, message):
    with pytest.raises(NetchuError, match=message):
        pair_lines(
            {name: ScoredLine("s", "t", "t") for name in a},
            {name: ScoredLine("s", "t", "t") for name in b},
            ("small", "main"),
        )


def test_rejects_different_references():
    a, b = {"x": ScoredLine("s", "Hà Nội", "")}, {"x": ScoredLine("s", "hà nội", "")}
    with pytest.raises(NetchuError, match=r"references for 1 of 1 test lines \(such as x: 'Hà Nội' and 'hà nội'\)"):
        pair_lines(a, b, ("small", "main"))


def test_parses_predictions_exactly():
    text = HEADER + 'a,s,w,"1, ""x""",\nb,s,,NA,null\n'
    assert parse_predictions(text, "p.csv") == {
        "a": ScoredLine("s", '1, "x"', "", "w"),
        "b": ScoredLine("s", "NA", "null"),
    }
    # Further columns, which later versions may write, are ignored.
    assert parse_predictions("confidence,prediction,reference,source,id\n0.5,p,r,s,a\n", "p.csv") == {
        "a": ScoredLine("s", "r", "p")
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the column id is missing"),
        ("id,source,reference\n", "the column prediction is missing"),
        (HEADER, "holds no test line"),
        (HEADER + "a,s,w,r\n", "line 2 is damaged"),
        (HEADER + "a,s,w,r,p,q\n", "line 2 is damaged"),
        (HEADER + "a,s,w,r,p\na,s,w,r,p\n", "line 3 is damaged or repeats an id"),
        (HEADER + "<<<<<<< HEAD\na,s,w,r,p\n", "line 2 is damaged"),
        (HEADER + 'a,s,w,r,"p\n', "not a CSV"),
        (HEADER + f"a,s,w,r,{'p' * 200_000}\n", "not a CSV"),
    ],
)
def test_rejects_damaged_predictions(text, message):
    with pytest.raises(NetchuError, match=rf"p\.csv: .*{message}"):
        parse_predictions(text, "p.csv")
