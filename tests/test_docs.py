"""Tests of README and docs/: they name only files, functions, parameters and figures that exist."""

import ast
import json
import re
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from benchmarks.tiny_project import ROOT
from netchu.intake.archives import open_archive, read_entry
from netchu.intake.cleaning import REASONS
from netchu.intake.labels import list_lines
from netchu.pictures.images import decode_image
from netchu.pictures.line_image import PreprocessParams, line_image
from netchu.reading.onnx_network import OnnxNetwork
from netchu.reading.padding import pad_images
from netchu.synthetic.dataset import SyntheticParams, write_archive
from netchu.teaching.adoption import ADOPTED

DOCUMENTS = [ROOT / "README.md", ROOT / "README.vi.md", *sorted((ROOT / "docs").glob("*.md"))]
PIPELINE = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
PARAMETERS = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
CODE = ("app", "benchmarks", "netchu", "stages", "tests", "tools")
STATE = ".netchu"


def find_names(text: str) -> list[str]:
    """Return the texts in backticks outside code blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def is_output(path: str) -> bool:
    """Return True if a stage, the page or a run writes `path`, something in it, or its folder."""
    outputs = [
        out if isinstance(out, str) else next(iter(out)) for s in PIPELINE["stages"].values() for out in s["outs"]
    ]
    outputs += [ADOPTED.as_posix(), STATE]
    return any((path + "/").startswith(out + "/") or (out + "/").startswith(path + "/") for out in outputs)


def is_path(name: str) -> bool:
    return re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", name) is not None and (
        name.split("/")[0] in (*CODE, "data", "docs", "metrics", "models", STATE)
        if "/" in name
        else name.endswith(".py")
    )


def find_members(body: list[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """Return the names that `body` defines, each with the body of its definition."""
    found: dict[str, list[ast.stmt]] = {}
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found[node.name] = node.body if isinstance(node, ast.ClassDef) else []
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: [] for target in targets if isinstance(target, ast.Name)}
    return found


def is_defined(name: str) -> bool:
    """Return True if `name`, such as netchu.core.charset.encode, is a package, module or something in a module."""
    parts = name.split(".")
    for depth in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:depth])
        if path.is_dir() and depth == len(parts):
            return True
        if path.with_suffix(".py").is_file():
            body = ast.parse(path.with_suffix(".py").read_text(encoding="utf-8")).body
            for part in parts[depth:]:
                if part not in (defined := find_members(body)):
                    return False
                body = defined[part]
            return True
    return False


def is_parameter(name: str) -> bool:
    values = PARAMETERS
    for key in name.removesuffix(".*").split("."):
        if not isinstance(values, dict) or key not in values:
            return False
        values = values[key]
    return True


def find_problems(document: Path) -> list[str]:
    text = document.read_text(encoding="utf-8")
    problems = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file = target.partition("#")[0]
        if not target.startswith("http") and not (document.parent / file).exists():
            problems.append(f"link to {target}")
    for name in find_names(text):
        if re.fullmatch(r"(netchu|stages|app|benchmarks|tools)(\.\w+)+", name) and not is_defined(name):
            problems.append(f"name {name}")
        elif is_path(name):
            exists = (ROOT / name).exists() if "/" in name else any(ROOT.glob(f"netchu/*/{name}"))
            if not exists and not is_output(name.rstrip("/")):
                problems.append(f"path {name}")
        elif re.fullmatch(rf"({'|'.join(PARAMETERS)})\.(?!json)[\w.]+(\.\*)?", name) and not is_parameter(name):
            problems.append(f"parameter {name}")
    return problems


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_names_only_existing_things(document):
    assert find_problems(document) == []


def test_finds_wrong_names(tmp_path):
    document = tmp_path / "page.md"
    document.write_text(
        "`netchu.core.charset.encode` `netchu.core.charset.no` `netchu/core` `netchu/no.py` `models/crnn` `models/no` "
        "`train.epochs` `train.augment.*` `train.no` `no.py` [x](no.md) `netchu.core.params.Section.no`"
    )
    assert find_problems(document) == [
        "link to no.md",
        "name netchu.core.charset.no",
        "path netchu/no.py",
        "path models/no",
        "parameter train.no",
        "path no.py",
        "name netchu.core.params.Section.no",
    ]


def read_rows(document: str, heading: str) -> list[list[str]]:
    """Return the cells of the rows of the first table below `heading`, without the header."""
    text = "\n" + (ROOT / document).read_text(encoding="utf-8")
    table = text[text.index(f"\n{heading}\n") :].partition("\n|")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def imported_packages(package: str) -> set[str]:
    names: set[str] = set()
    for file in (ROOT / package).glob("**/*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("netchu.")} - {Path(package).name}


def test_lists_imports_of_packages():
    above: list[str] = []
    for package, _, imports in read_rows("docs/architecture.md", "## Packages"):
        listed = set(filter(None, imports.split(", ")))
        assert listed == imported_packages(package.strip("`")), package
        assert listed <= set(above), f"{package} imports a package below it"
        above.append(package.strip("`").removeprefix("netchu/"))
    folders = {path.parent.name for path in ROOT.glob("netchu/*/__init__.py")}
    assert set(above) == folders


def test_names_module_and_test_of_each_change():
    changes = read_rows("docs/architecture.md", "## To change X, edit Y")
    assert len(changes) >= 10
    for change, _, how, test in changes:
        assert how and (ROOT / test.strip("`")).exists(), change


def test_shows_shapes_of_the_line(tmp_path):
    """The line that docs/architecture.md follows, from its archive to its logits."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    sizes = {"lines": 1, "writers": 1, "test_lines": 1}
    write_archive(tmp_path / "synthetic.zip", SyntheticParams(**PARAMETERS["download"]["synthetic"] | sizes))
    with open_archive(tmp_path / "synthetic.zip") as archive:
        [label] = [label for label in list_lines(archive)[0] if label.subset == "test"]
        picture = decode_image(read_entry(archive, label.path))
    image = line_image(picture, PreprocessParams(**PARAMETERS["preprocess"]))
    logits = OnnxNetwork(ROOT / "models/pretrained")(image)
    assert f'`{label.id}` with the text "{label.text}"' in text and f"`{label.path}`" in text
    for name, array in ("picture, uint8", picture), ("line image, uint8", image), ("logits, float32", logits):
        assert f"{name} `{array.shape}`" in text
    assert f"network, float32 `{pad_images([image]).shape}`" in text
    assert (picture.dtype, image.dtype, logits.dtype) == (np.uint8, np.uint8, np.float32)


def test_explains_every_key_of_the_metrics():
    explained = {name for keys, _ in read_rows("docs/metrics.md", "# Metrics") for name in find_names(keys)}
    written = set(json.loads((ROOT / "metrics/metrics.json").read_text(encoding="utf-8")))
    assert written - explained <= {f"{rate}_{bound}" for rate in ("cer", "wer", "ser") for bound in ("low", "high")}
    assert {name for name in explained if not name.startswith("cer_on_")} <= written


def test_explains_every_reason_for_rejection():
    explained = [name for names, _ in read_rows("docs/data.md", "## Rejected lines") for name in find_names(names)]
    assert sorted(explained) == sorted(REASONS)


def test_lists_benchmarks():
    listed = {name.strip("`") for name, _ in read_rows("docs/experiments.md", "## Benchmarks")}
    runnable = {
        path.stem for path in (ROOT / "benchmarks").glob("*.py") if '__name__ == "__main__"' in path.read_text("utf-8")
    }
    assert listed == runnable
