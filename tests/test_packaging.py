"""Tests of pyproject.toml and the requirements: packages, data files and dependencies agree with the code."""

import ast
import importlib
import re
import shutil
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from netchu.__main__ import COMMANDS
from netchu.pages.recognizer import Recognizer
from netchu.reading import reader_folders
from tests.test_pipeline import imported_files

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def distribution(requirement: str) -> str:
    return re.match(r"[\w.-]+", requirement).group().lower().replace("_", "-")


def dependencies() -> set[str]:
    """Return the distributions that the commands need, those of the extras included."""
    extras = PROJECT["project"]["optional-dependencies"].values()
    return {
        distribution(requirement) for group in (PROJECT["project"]["dependencies"], *extras) for requirement in group
    }


def imported_packages(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"netchu"}


def test_depends_on_the_packages_that_the_commands_import():
    files = set()
    for entry in ("pages/recognizer.py", *(f"commands/{name}.py" for name in COMMANDS)):
        files |= imported_files(ROOT / "netchu" / entry)
    packages = set().union(*map(imported_packages, files))
    owners = packages_distributions()  # several distributions can share a namespace, such as ruamel
    # A package of an extra may not be installed; its distribution then has its name.
    found = [{name.lower().replace("_", "-") for name in owners.get(package, [package])} for package in packages]
    assert all(names & dependencies() for names in found)
    assert dependencies() <= set().union(*found)


def test_pins_every_dependency():
    lines = [line for file in ROOT.glob("requirements*.txt") for line in file.read_text().splitlines()]
    pinned = {distribution(line) for line in lines if "==" in line}
    assert dependencies() <= pinned


def test_installs_a_command_that_exists():
    module, _, function = PROJECT["project"]["scripts"]["netchu"].partition(":")
    assert callable(getattr(importlib.import_module(module), function))


SETUPTOOLS = PROJECT["tool"]["setuptools"]


def test_installs_files_beside_the_code():
    patterns = SETUPTOOLS["package-data"]["*"]
    data = [file for file in (ROOT / "netchu").rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc")]
    assert data and all(any(file.match(pattern) for pattern in patterns) for file in data)


def test_installs_every_package():
    folders = {file.parent for file in (ROOT / "netchu").rglob("*.py")}
    assert all((folder / "__init__.py").is_file() for folder in folders)
    names = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert set(SETUPTOOLS["packages"]) == names | set(SETUPTOOLS["package-dir"])


def test_installs_the_reader_where_the_recognizer_finds_it(tmp_path, monkeypatch):
    """The files of the wheel are copied to a folder outside any project."""
    ((package, source),) = SETUPTOOLS["package-dir"].items()
    installed = tmp_path.joinpath(*package.split("."))
    installed.mkdir(parents=True)
    for pattern in SETUPTOOLS["package-data"][package]:
        for file in (ROOT / source).glob(pattern):
            shutil.copy(file, installed)
    monkeypatch.setattr(reader_folders, "_PACKAGE", tmp_path / "netchu")
    monkeypatch.chdir(tmp_path)
    assert reader_folders.find_default_reader() == installed
    assert Recognizer.load().read(ROOT / "app/examples/line.jpg").text
