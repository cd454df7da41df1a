"""Tests of README: every command, run in a clone of a project with tiny parameters, and the figures."""

import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from decimal import ROUND_HALF_UP, Decimal

import cv2
import pytest

from benchmarks.tiny_project import ENVIRONMENT, ROOT, run
from netchu.intake.archives import open_archive, read_entry
from netchu.intake.labels import list_lines

ENGLISH, VIETNAMESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.vi.md"))


def find_blocks(text: str, language: str) -> list[tuple[str, str]]:
    """Return the code blocks in `language`, each with the heading above it, without comments."""
    blocks, heading = [], ""
    for title, block in re.findall(rf"^## ([^\n]+)$|^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if title:
            heading = title
        else:
            blocks.append((heading, "".join(re.sub(r"\s+# .*", "", line) + "\n" for line in block.splitlines())))
    return blocks


def commands_under(heading: str) -> str:
    return "".join(block for title, block in find_blocks(ENGLISH, "sh") if title == heading)


def read_results(text: str) -> list[list[str]]:
    """Return the rows of the table of results."""
    rows = re.findall(r"^\|(.*)\|$", text[text.index("| CER % |") :], re.MULTILINE)
    return [[cell.strip() for cell in row.split("|")] for row in rows[2:]]


@pytest.fixture(scope="module")
def clone(finished, tmp_path_factory):
    """Return a clone, made by the first command of README, in which `make repro` has run; nothing is installed."""
    clone_command, *commands = commands_under("Start").splitlines()
    assert commands == ["make app", "make repro", "make test"], "run new commands in a test of their own"
    folder = tmp_path_factory.mktemp("readme")
    run(folder, "bash", "-ec", clone_command.replace("<this repository>", str(finished)))
    clone = folder / "netchu"
    (clone / ".venv" / "bin").mkdir(parents=True)
    for name in ("installed", "bin/activate"):
        (clone / ".venv" / name).touch()
    output = run(clone, "make", "repro")
    assert output.count("Running stage") == 7 and re.search(r"^Path +cer\b", output, re.MULTILINE)
    return clone


@pytest.fixture
def workspace(clone):
    """Return the clone with the pictures that README names."""
    picture = ROOT / "app/examples/line.jpg"
    (clone / "scans" / "more").mkdir(parents=True, exist_ok=True)
    for name in ("scans/one.jpg", "scans/more/two.jpg"):
        shutil.copy(picture, clone / name)
    cv2.imwrite(str(clone / "line.png"), cv2.imread(str(picture)))
    return clone


def test_covers_every_section_with_commands():
    headings = ["Start", "Read", "Train on your own lines", "Compare two experiments"]
    assert list(dict.fromkeys(heading for heading, _ in find_blocks(ENGLISH, "sh"))) == headings


def test_serves_page_by_make_app(clone):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        ["make", "app"],
        cwd=clone,
        env=ENVIRONMENT | {"STREAMLIT_SERVER_PORT": str(port)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=5) as answer:
                    assert answer.read() == b"ok"
                    break
            except OSError:
                assert server.poll() is None
                time.sleep(0.2)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


def test_runs_tests_by_make_test(clone):
    """One module of them."""
    chosen = {"PYTEST_ADDOPTS": "tests/netchu/core/test_charset.py", "PYTEST_XDIST_AUTO_NUM_WORKERS": "1"}
    done = subprocess.run(
        ["make", "test"], cwd=clone, env=ENVIRONMENT | chosen, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout + done.stderr


def test_runs_reading_commands(workspace):
    output = run(workspace, "bash", "-ec", commands_under("Read"))
    text, *pages = output.splitlines()
    assert text and "scans/more/two.jpg" in {json.loads(page)["path"] for page in pages}
    read = list(csv.DictReader((workspace / "scans.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["path"] for row in read} == {"scans/one.jpg", "scans/more/two.jpg"}
    assert {row["text"] for row in read} == {text}
    for name in ("xml", "pdf"):
        files = {path.relative_to(workspace).as_posix() for path in (workspace / name).rglob("*.*")}
        assert files == {f"{name}/one.{name}", f"{name}/more/two.{name}"}


@pytest.mark.parametrize("document", ["README.md", "docs/data.md"])
def test_runs_python_example(workspace, document):
    [(_, code)] = find_blocks((ROOT / document).read_text(encoding="utf-8"), "python")
    assert run(workspace, "python", "-c", code).split()


def test_trains_on_your_own_lines(workspace, tmp_path):
    """With the tiny reader of the pipeline in place of the shipped one."""
    with open_archive(workspace / "data/raw/synthetic.zip") as archive:
        lines = [(read_entry(archive, label.path), label) for label in list_lines(archive)[0]]
    with (tmp_path / "lines.csv").open("w", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(ENGLISH[ENGLISH.index("file,text,writer") :].splitlines()[0].split(","))
        for number, (image, label) in enumerate(lines):
            (tmp_path / f"{number:03}.png").write_bytes(image)
            writer.writerow((f"{number:03}.png", label.text, label.writer))
    shutil.rmtree(workspace / "models/pretrained")
    shutil.copytree(workspace / "models/reader", workspace / "models/pretrained")
    commands = commands_under("Train on your own lines").replace("/path/to/lines", str(tmp_path))
    output = run(workspace, "bash", "-ec", commands)
    assert "Running stage 'train'" in output
    assert run(workspace, "git", "status", "--porcelain", "--untracked-files=no") == ""
    assert "mine" in run(workspace, "dvc", "exp", "list", "--name-only").split()


def test_compares_two_experiments(workspace):
    output = run(workspace, "bash", "-ec", commands_under("Compare two experiments"))
    assert re.findall("Running stage '(.+)'", output) == ["evaluate"]
    assert re.search(r"^A +greedy .*\nB +HEAD ", output, re.MULTILINE) and "points of CER by kind of error" in output
    assert run(workspace, "git", "status", "--porcelain", "--untracked-files=no") == ""


def test_shows_measured_results():
    """The last row has the committed metrics; the others are rows of the model card."""
    *shipped, default = read_results(ENGLISH)
    metrics = json.loads((ROOT / "metrics/metrics.json").read_text(encoding="utf-8"))
    for cell, rate in zip(default[1:], ("cer", "wer", "ser"), strict=True):
        values = [Decimal(str(metrics[f"{rate}{end}"])) for end in ("", "_low", "_high")]
        assert cell == "{} ({}–{})".format(*(value.quantize(Decimal("0.01"), ROUND_HALF_UP) for value in values))
    card = (ROOT / "MODEL_CARD.md").read_text(encoding="utf-8")
    for row in shipped:
        assert " | ".join(row[1:]) in card


def test_leaves_nothing_to_fill_in():
    assert "TODO_FIGURE" not in ENGLISH + VIETNAMESE


def test_repeats_commands_and_figures_in_vietnamese():
    for language in ("sh", "python"):
        blocks = [[block for _, block in find_blocks(text, language)] for text in (ENGLISH, VIETNAMESE)]
        assert blocks[0] == blocks[1]
    assert [row[1:] for row in read_results(ENGLISH)] == [row[1:] for row in read_results(VIETNAMESE)]
    links = [re.findall(r"\]\((?!README)([^)]+)\)", text) for text in (ENGLISH, VIETNAMESE)]
    assert sorted(links[0]) == sorted(links[1])


@pytest.mark.parametrize("text", [ENGLISH, VIETNAMESE], ids=["English", "Vietnamese"])
def test_is_short(text):
    assert len(text.splitlines()) <= 130
