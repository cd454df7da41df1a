"""The command `netchu compare`: its report in every format, and its errors."""

import csv
import io
import json

import pytest

from benchmarks.tiny_project import commit, run
from netchu.__main__ import main

REFERENCES = {
    "set/0.png": "Hà Nội",
    "set/1.png": "Phường 1|2",
    "set/2.png": "Huế",
    "set/3.png": "12 `Lê Lợi`",
    "set/4.png": "Đà Nẵng",
    "set/5.png": "Vũng Tàu",
}
A = ["Hà Nội", "Phuong 1|2", "Huế", "12 `Lê Lợi`", "Da Năng", ""]
B = ["Ha Nội", "Phường 1|2", "Huế", "12 Lê Lợ", "Da Nẵng", "Vũng Tàu"]
SOURCES = ["set"] * 6


def write(folder, predictions, references=REFERENCES, sources=SOURCES) -> None:
    table = io.StringIO(newline="")
    rows = zip(references, sources, [""] * len(references), references.values(), predictions, strict=True)
    csv.writer(table, lineterminator="\n").writerows([("id", "source", "writer", "reference", "prediction"), *rows])
    (folder / "metrics" / "predictions.csv").write_text(table.getvalue(), encoding="utf-8")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Make a project the current folder: A is committed as `old`, B as `main` and the workspace."""
    folder = tmp_path / "project"
    (folder / "metrics").mkdir(parents=True)
    run(folder, "git", "init", "--quiet", "--initial-branch=main")
    commits = []
    for predictions in (A, B):
        write(folder, predictions)
        commit(folder, "run")
        commits.append(run(folder, "git", "rev-parse", "HEAD").strip())
    run(folder, "git", "branch", "old", commits[0])
    monkeypatch.chdir(folder)
    return folder


def compare(capsys, *arguments: str) -> str:
    assert main(["compare", *arguments]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def fail_to_compare(capsys, *arguments: str) -> str:
    """Run a comparison that fails, and return its message, which is one line."""
    assert main(["compare", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    return printed.err


def test_formats_text(project, capsys):
    old = run(project, "git", "rev-parse", "--short=7", "old").strip()
    text = compare(capsys, "old", "--lines", "1")
    # Of 45 characters, A misreads 2 + 3 + 8, B 1 + 3 + 2.
    head, verdict, table, kinds, summary, better, worse, note = text.split("\n\n")
    assert head == f"A  old ({old})\nB  workspace"
    assert verdict.startswith("No difference shown. B − A is −15.56 points of CER (95 % interval −")
    rows = table.splitlines()
    assert rows[0].split() == ["A", "B", "B", "−", "A", "95", "%", "interval"]
    assert rows[1].split()[:5] == ["CER", "%", "28.89", "13.33", "−15.56"]
    assert rows[1].endswith("   no difference shown")
    assert rows[3].split()[:5] == ["SER", "%", "50.00", "50.00", "0.00"]
    assert len({row.index("to") for row in rows[1:]}) == 1
    # A misreads 2.5 marks, 2.5 tones and 1 space, and omits 7 letters; B 1, 2, 0 and 1, and 2 punctuation marks.
    assert kinds.splitlines() == [
        "points of CER by kind of error       A      B    B − A",
        "deletions                        15.56   2.22   −13.33",
        "punctuation                       0.00   4.44    +4.44",
        "vowel marks                       5.56   2.22    −3.33",
        "spaces                            2.22   0.00    −2.22",
        "tones                             5.56   4.44    −1.11",
    ]
    assert summary == ("Of 6 test lines, 1 are read without error by both, 2 by A alone, 2 by B alone, 1 by neither.")
    assert better.splitlines() == [
        "Lines that B reads better, with their edits:",
        "  8 → 0  set/5.png",
        "      =  Vũng Tàu",
        "      A",
        "      B  Vũng Tàu",
    ]
    assert worse.splitlines() == [
        "Lines that B reads worse, with their edits:",
        "  0 → 3  set/3.png",
        "      =  12 `Lê Lợi`",
        "      A  12 `Lê Lợi`",
        "      B  12 Lê Lợ",
    ]
    assert note.startswith("Intervals of B − A in points: paired bootstrap over the test lines, 10,000 resamples.")
    assert "\033" not in text


def test_colours_misread_characters_on_terminal(project, capsys, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    text = compare(capsys, "old")
    assert "      A  Ph\033[31muo\033[0mng 1|2\n" in text
    assert "      B  12 \033[31m_\033[0mLê Lợ\033[31m_\033[0m\n" in text
    assert "      =  12 `Lê Lợi`\n" in text
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\033" not in compare(capsys, "old")


def test_formats_json(project, capsys):
    values = json.loads(compare(capsys, "old", "main", "--format", "json"))
    assert values["a"] == {"name": "old", "commit": run(project, "git", "rev-parse", "old").strip()}
    assert values["b"] == {"name": "main", "commit": run(project, "git", "rev-parse", "main").strip()}
    assert values["lines"] == 6
    assert values["right"] == {"both": 1, "only_a": 2, "only_b": 2, "neither": 1}
    cer = values["cer"]
    assert (cer["a"], cer["b"], cer["difference"], cer["distinguishable"]) == (28.889, 13.333, -15.556, False)
    assert cer["low"] < cer["difference"] < cer["high"]
    assert set(cer) == set(values["wer"]) == set(values["ser"])
    assert values["cer_by_source"] == {}
    assert values["verdict"].startswith("No difference shown.")
    kinds = values["cer_by_kind"]
    assert list(kinds)[:2] == ["deletion", "punctuation"] and len(kinds) == 9
    assert kinds["tone"] == {"a": 5.556, "b": 4.444, "difference": -1.111}
    changes = [(line["id"], line["edits_a"], line["edits_b"]) for line in values["better"] + values["worse"]]
    # The largest change first.
    assert changes == [
        ("set/5.png", 8, 0),
        ("set/1.png", 2, 0),
        ("set/4.png", 3, 2),
        ("set/3.png", 0, 3),
        ("set/0.png", 0, 1),
    ]
    assert values["better"][0] | {"a": "", "b": "Vũng Tàu", "reference": "Vũng Tàu"} == values["better"][0]


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.replace("\\|", "\0").strip("|").split("|")]


def test_formats_markdown(project, capsys):
    text = compare(capsys, "old", "--format", "md")
    lines = text.splitlines()
    assert lines[0].startswith("A is `old (") and lines[0].endswith(")`, B is `workspace`.")
    tables = [line for line in lines if line.startswith("|")]
    assert [len(cells(row)) for row in tables] == [6] * 5 + [4] * 7 + [5] * (len(tables) - 12)
    assert lines[2].startswith("No difference shown. B − A is −15.56 points of CER (95 % interval −")
    assert cells(tables[7]) == ["deletions", "15.56", "2.22", "−13.33"]
    assert cells(tables[2])[:4] == ["CER %", "28.89", "13.33", "−15.56"]
    assert "| 2 → 0 | `set/1.png` | `Phường 1\\|2` | `Phuong 1\\|2` | `Phường 1\\|2` |" in lines
    assert "| 0 → 3 | `set/3.png` | `` 12 `Lê Lợi` `` | `` 12 `Lê Lợi` `` | `12 Lê Lợ` |" in lines
    assert "| 8 → 0 | `set/5.png` | `Vũng Tàu` | nothing | `Vũng Tàu` |" in lines
    assert text.count("<details>") == text.count("</details>") == 2


@pytest.mark.parametrize(("arguments", "verdict"), [(("worse", "main"), "B"), (("main", "worse"), "A")])
def test_names_better_run(project, capsys, arguments, verdict):
    references = {f"{n:03}": "Quận 1" for n in range(50)}
    write(project, ["Quận 1"] * 50, references, ["s"] * 50)
    commit(project, "all right")
    run(project, "git", "checkout", "--quiet", "-b", "worse")
    write(project, ["Quan 1"] * 30 + ["Quận 1"] * 20, references, ["s"] * 50)
    commit(project, "worse")
    text = compare(capsys, *arguments)
    assert text.count(f"   {verdict} is better\n") == 3
    # In 30 of 300 characters, ậ is read as a: half a mark and half a tone.
    sentence = text.split("\n\n")[1]
    assert sentence.startswith(f"{verdict} is better by 10.00 points of CER (95 % interval 7.")
    assert sentence.endswith("), mostly vowel marks (5.00) and tones (5.00).")
    kinds = text.split("\n\n")[3].splitlines()[1:]
    assert [row.split()[-1] for row in kinds] == [f"{'+' if verdict == 'A' else '−'}5.00"] * 2


def test_names_main_kinds_of_error(project, capsys):
    references = {f"{n:03}": "Quận 1" for n in range(50)}
    readings = ["Quạn 1"] * 10 + ["Quân 1"] * 9 + ["Quan 7"] * 1 + ["Quận1"] * 15 + ["Quận 1"] * 15
    for predictions in (readings, ["Quận 1 "] * 30 + ["Qu ận 1"] * 10 + ["Quận 1"] * 10):
        write(project, predictions, references, ["s"] * 50)
        commit(project, "run")
    # Of 300 characters, A misreads 36, B 10. Of A: 10.5 marks, 9.5 tones, 1 digit, 15 spaces; of B: 10 spaces.
    sentence = compare(capsys, "main~1").split("\n\n")[1]
    assert sentence.startswith("B is better by 8.67 points of CER (95 % interval ")
    assert sentence.endswith("), mostly vowel marks (3.50) and tones (3.17).")
    for predictions in (["Quan 1"] * 40 + ["Quận 1"] * 10, ["Qu ận 1"] * 20 + ["Quận 1"] * 30):
        write(project, predictions, references, ["s"] * 50)
        commit(project, "run")
    # 40 marks and tones against 20 spaces.
    sentence = compare(capsys, "main~1").split("\n\n")[1]
    assert sentence.endswith("), mostly vowel marks (6.67) and tones (6.67), though worse at spaces (6.67).")


def test_reports_too_few_differing_lines(project, capsys):
    for prediction in ("", "Vũng Tàu"):
        write(project, [prediction], {"set/5.png": "Vũng Tàu"}, ["set"])
        commit(project, "one line")
    assert compare(capsys, "main~1").count("no difference shown: fewer than 6 lines differ") == 3


def test_reports_same_predictions(project, capsys):
    text = compare(capsys, "main")
    assert "Both runs have the same predictions for all 6 test lines." in text
    assert text.count("0.00 to 0.00   no difference shown") == 3
    assert "Lines that B reads" not in text and "by kind of error" not in text


def test_shows_cer_by_source_where_there_are_several(project, capsys):
    for predictions in (A, B):
        write(project, predictions, sources=["photos", "scans"] * 3)
        commit(project, "two sources")
    assert "CER %, photos" in compare(capsys, "main~1") and "CER %, scans" in compare(capsys, "main~1")
    values = json.loads(compare(capsys, "main~1", "--format", "json"))["cer_by_source"]
    # photos: lines 0, 2, 4 (16 characters); scans: 1, 3, 5 (29).
    assert [values["photos"][run] for run in "ab"] == [18.75, 18.75]
    assert [values["scans"][run] for run in "ab"] == [34.483, 10.345]


def test_omits_example_lines_on_request(project, capsys):
    assert "Lines that B reads" not in compare(capsys, "old", "--lines", "0")


def test_reports_errors_in_one_line(project, capsys):
    assert "netchu compare: error: 'nothing': no such commit" in fail_to_compare(capsys, "nothing")
    (project / "metrics" / "predictions.csv").unlink()
    assert "metrics/predictions.csv: No such file or directory; run `dvc repro`" in fail_to_compare(capsys, "main")
    commit(project, "without predictions")
    assert "holds no metrics/predictions.csv; check it out, run `dvc repro`" in fail_to_compare(capsys, "old", "main")
    (project / "metrics" / "predictions.csv").write_text("a,b\n")
    assert "metrics/predictions.csv of workspace: the column id is missing" in fail_to_compare(capsys, "old")
    write(project, B[:5], dict(list(REFERENCES.items())[:5]), ["set"] * 5)
    assert "have different test lines: 5 in common, 1 only in old (" in fail_to_compare(capsys, "old")
    write(project, B, REFERENCES | {"set/2.png": "huế"})
    assert "different references for 1 of 6 test lines (such as set/2.png: 'Huế' and 'huế')" in fail_to_compare(
        capsys, "old"
    )
