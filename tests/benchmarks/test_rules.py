"""Rules for the code of benchmarks and tools."""

import ast
import importlib
import re

import pytest

from benchmarks.tiny_project import ROOT

FILES = sorted(
    file for folder in ("benchmarks", "tools") for file in (ROOT / folder).glob("*.py") if file.stem != "__init__"
)
NAMES = [f"{file.parent.name}.{file.stem}" for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_imports_neither_tests_nor_private_names(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.module.partition(".")[0] != "tests"
            assert not [alias.name for alias in node.names if alias.name.startswith("_")]
            modules |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            assert not [alias.name for alias in node.names if alias.name.partition(".")[0] == "tests"]
            modules |= {alias.asname or alias.name for alias in node.names}
    private = [
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
        if node.attr.startswith("_")
    ]
    assert not private


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_writes_images_with_encode_image(file):
    """OpenCV takes arrays for BGR: written directly, blue ink becomes red."""
    assert not re.search(r"\bim(write|encode|read|decode)\b", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "file"), list(zip(NAMES, FILES, strict=True)), ids=NAMES)
def test_docstring_names_command(name, file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert "main" not in functions or f"`python -m {name}" in ast.get_docstring(tree)


@pytest.mark.parametrize("name", NAMES)
def test_imports(name):
    """A benchmark's imports from netchu exist, and importing it runs nothing."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name.partition(".")[0] in ("app", "benchmarks", "netchu", "stages", "tools"):
            raise
        pytest.skip(f"{error.name} is not installed")
