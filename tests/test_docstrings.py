"""Tests of docstrings: their first words and their examples."""

import ast
import doctest
import importlib
import re

import pytest

from benchmarks.tiny_project import ROOT

FILES = sorted(
    file
    for folder in ("app", "benchmarks", "netchu", "stages", "tests", "tools")
    for file in (ROOT / folder).rglob("*.py")
)
MODULES = [
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for file in FILES
    if file.is_relative_to(ROOT / "netchu") and ">>>" in file.read_text(encoding="utf-8")
]


def test_starts_no_docstring_with_a_question_word():
    found = []
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                docstring = ast.get_docstring(node) or ""
                if re.match(r"(How|What|Where|Whether|Which|Who|Why)\b", docstring):
                    found.append(f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}: {docstring.splitlines()[0]}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", MODULES)
def test_gives_correct_examples(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted and not result.failed
