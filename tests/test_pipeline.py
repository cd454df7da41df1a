"""dvc.yaml against the code: what each stage imports, reads, writes and validates."""

import ast
import importlib
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from netchu.core.params import Section

ROOT = Path(__file__).parent.parent
PIPELINE = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
STAGES = list(PIPELINE["stages"])


def imported_files(path: Path, root: Path = ROOT) -> set[Path]:
    """`path` and every file of the project that it imports, directly or not, wherever in the file it does so."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        for node in ast.walk(ast.parse(current.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{current}: relative import"
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            else:
                continue
            waiting += [file for name in names for file in module_files(name, root)]
    return seen


def module_files(name: str, root: Path) -> list[Path]:
    """The module's file and the __init__.py of each package above it; nothing for what is not the project's."""
    parts = name.split(".")
    packages = [root.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    files = [*packages, root.joinpath(*parts).with_suffix(".py")]
    return [file for file in files if file.is_file()]


def code_deps(stage: str) -> set[str]:
    files = imported_files(ROOT / "stages" / f"{stage}.py") | {ROOT / "stages" / "__init__.py"}
    return {file.relative_to(ROOT).as_posix() for file in files}


def covered(file: str, deps: set[str]) -> str:
    """The folder of `file` where `deps` name it as a whole, else `file`."""
    return next((dep for dep in deps if file.startswith(dep + "/")), file)


@pytest.mark.parametrize("stage", STAGES)
def test_deps_name_every_imported_module(stage):
    code = {dep for dep in PIPELINE["stages"][stage]["deps"] if dep.startswith(("netchu", "stages"))}
    imported = {covered(file, code) for file in code_deps(stage) if not file.endswith("__init__.py")}
    assert code == imported, "deps (left) and the stage's imports (right) differ"


def test_packages_whose_init_no_stage_depends_on_hold_no_code():
    for package in (ROOT / "stages", *(path.parent for path in ROOT.glob("netchu/*/__init__.py"))):
        tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
        assert len(tree.body) == 1 and ast.get_docstring(tree)


def test_a_stage_that_imports_netchu_runs_none_of_its_init():
    """There is only the __getattr__ that loads the recognizer for those who ask for it, and it imports by name."""
    tree = ast.parse((ROOT / "netchu" / "__init__.py").read_text(encoding="utf-8"))
    kinds = [type(node) for node in tree.body]
    assert kinds == [ast.Expr, ast.Import, ast.Assign, ast.FunctionDef] and tree.body[-1].name == "__getattr__"
    assert imported_files(ROOT / "netchu" / "__init__.py") == {ROOT / "netchu" / "__init__.py"}


def test_folders_that_stages_depend_on_are_wholly_used():
    """A module there that no stage imports would rerun stages for nothing."""
    used = set().union(*(code_deps(stage) for stage in STAGES))
    deps = set().union(*(stage["deps"] for stage in PIPELINE["stages"].values()))
    folders = [ROOT / dep for dep in deps if dep.startswith("netchu/") and (ROOT / dep).is_dir()]
    files = {file.relative_to(ROOT).as_posix() for folder in folders for file in folder.rglob("*.py")}
    assert {ROOT / "netchu" / "core", ROOT / "netchu" / "reading"} <= set(folders)
    assert {file for file in files if not file.endswith("__init__.py")} <= used


def test_a_missing_module_is_noticed(tmp_path):
    """The walk follows indirect imports, those inside functions and `from package import module`."""
    for name, text in {
        "pkg/__init__.py": "",
        "pkg/a.py": "from pkg import b\nimport json",
        "pkg/b.py": "def f():\n    from pkg.sub.c import g",
        "pkg/sub/__init__.py": "import pkg.d",
        "pkg/sub/c.py": "g = 1",
        "pkg/d.py": "",
        "pkg/unused.py": "",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    found = {file.relative_to(tmp_path).as_posix() for file in imported_files(tmp_path / "pkg/a.py", tmp_path)}
    assert found == {"pkg/__init__.py", "pkg/a.py", "pkg/b.py", "pkg/sub/__init__.py", "pkg/sub/c.py", "pkg/d.py"}


@pytest.mark.parametrize("stage", STAGES)
def test_stage_reads_writes_and_validates_what_dvc_yaml_says(stage):
    module = importlib.import_module(f"stages.{stage}")
    declared = PIPELINE["stages"][stage]
    assert declared["cmd"] == f"python -m stages.{stage}"
    assert sorted(declared["params"]) == sorted(module.Params.model_fields)
    outs = [next(iter(out)) if isinstance(out, dict) else out for out in declared["outs"]]
    assert sorted(outs) == sorted(map(str, module.OUTPUTS.values()))
    data = {dep for dep in declared["deps"] if not dep.startswith(("netchu/", "stages/"))}
    assert data == set(map(str, module.INPUTS.values()))


def test_what_people_compare_is_in_git_and_all_else_in_the_cache():
    for stage in PIPELINE["stages"].values():
        for out in stage["outs"]:
            cached = not isinstance(out, dict) or next(iter(out.values())).get("cache", True)
            name = next(iter(out)) if isinstance(out, dict) else out
            assert cached != name.startswith("metrics/")


def knobs(kind, path=()):
    """Each field that is not a group itself: its path and its pydantic description."""
    for name, field in kind.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from knobs(field.annotation, (*path, name))
        else:
            yield (*path, name), field


KNOBS = {path: field for stage in STAGES for path, field in knobs(importlib.import_module(f"stages.{stage}").Params)}


@pytest.mark.parametrize("path", KNOBS, ids=".".join)
def test_every_knob_has_a_comment_with_its_range(path):
    """In params.yaml, beside the value, and as the stage checks it."""
    values = YAML().load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for key in path[:-1]:
        values = values[key]
    row = values.lc.data[path[-1]][0]
    comment = (ROOT / "params.yaml").read_text(encoding="utf-8").splitlines()[row].partition("#")[2]
    assert len(comment) > 5
    numbers = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", comment)}
    for constraint in KNOBS[path].metadata:
        for kind in ("ge", "gt", "le", "lt"):
            if (bound := getattr(constraint, kind, None)) is not None:
                assert numbers & {float(bound), float(bound) - 1}, f"{bound} is not in: {comment}"


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "train"])
def test_only_train_reaches_tensorflow(stage):
    for file in code_deps(stage):
        assert not {"tensorflow", "keras"} & third_party(ROOT / file), file


def third_party(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])
    return names
