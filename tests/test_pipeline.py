"""Tests of dvc.yaml and params.yaml: they agree with what each stage imports, reads, writes and validates."""

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
    """Return `path` and every file of the project that it imports, directly or not, anywhere in the file."""
    found: set[Path] = set()
    pending = [path]
    while pending:
        current = pending.pop()
        if current in found:
            continue
        found.add(current)
        for node in ast.walk(ast.parse(current.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{current}: relative import"
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            else:
                continue
            pending += [file for name in names for file in module_files(name, root)]
    return found


def module_files(name: str, root: Path) -> list[Path]:
    """Return the module's file and the __init__.py of each package above it; nothing for other projects' modules."""
    parts = name.split(".")
    packages = [root.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    files = [*packages, root.joinpath(*parts).with_suffix(".py")]
    return [file for file in files if file.is_file()]


def code_deps(stage: str) -> set[str]:
    """Return all files of code that a stage needs, with the data file beside a module that has the module's name."""
    files = imported_files(ROOT / "stages" / f"{stage}.py")
    files |= {data for file in files for data in file.parent.glob(f"{file.stem}.*") if data.is_file()}
    return {file.relative_to(ROOT).as_posix() for file in files if file.name != "__init__.py"}


def modules_in(folder: str) -> set[str]:
    return {file.relative_to(ROOT).as_posix() for file in (ROOT / folder).rglob("*.py") if file.name != "__init__.py"}


def find_mistakes(stage: str, deps: list[str]) -> list[str]:
    """Return the edits that dvc.yaml needs, so that `deps` are the files of code that `stage` imports."""
    needed = code_deps(stage)
    folders = [dep for dep in deps if (ROOT / dep).is_dir()]
    mistakes = []
    for folder in folders:
        used = needed & modules_in(folder)
        if 2 * len(used) <= len(modules_in(folder)):
            edits = ", ".join(f'"- {module}"' for module in sorted(used)) or "nothing"
            mistakes.append(f'replace "- {folder}" with {edits}: the stage does not import most of that folder')
    listed = {file for file in needed if any(file.startswith(f"{folder}/") for folder in folders)}
    mistakes += [f'add "- {file}", which the stage imports' for file in sorted(needed - listed - set(deps))]
    superfluous = sorted(set(deps) - set(folders) - (needed - listed))
    return mistakes + [
        f'remove "- {file}", which the stage does not import or a folder contains' for file in superfluous
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_lists_the_modules_that_a_stage_imports(stage):
    deps = [dep for dep in PIPELINE["stages"][stage]["deps"] if dep.startswith(("netchu", "stages"))]
    mistakes = find_mistakes(stage, deps)
    assert not mistakes, "\n".join(f"dvc.yaml: stages.{stage}.deps: {mistake}" for mistake in mistakes)


def test_finds_each_mistake():
    def find(*deps):
        return "\n".join(find_mistakes("split", ["netchu/core", *deps]))

    good = ("netchu/intake/splitting.py", "stages/split.py")
    assert find(*good) == ""
    assert find(good[1]) == 'add "- netchu/intake/splitting.py", which the stage imports'
    assert find(*good, "netchu/intake/labels.py").startswith('remove "- netchu/intake/labels.py"')
    assert find(*good, "netchu/core/files.py").startswith('remove "- netchu/core/files.py"')
    assert find("netchu/intake", good[1]).startswith('replace "- netchu/intake" with "- netchu/intake/splitting.py"')
    assert find(*good, "netchu/reading").startswith('replace "- netchu/reading" with nothing')
    assert "netchu/intake/cinnamon.sha256" in "\n".join(find_mistakes("download", ["netchu/core"]))


def test_has_no_code_in_the_init_of_packages_that_no_stage_lists():
    for package in (ROOT / "stages", *(path.parent for path in ROOT.glob("netchu/*/__init__.py"))):
        tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
        assert len(tree.body) == 1 and ast.get_docstring(tree)


def test_runs_no_code_that_changes_results_when_netchu_is_imported():
    """There are only a setting against telemetry, and __getattr__, which imports the recognizer when it is used."""
    _, *body = ast.parse((ROOT / "netchu" / "__init__.py").read_text(encoding="utf-8")).body
    statements = [node for node in body if not isinstance(node, ast.Import)]
    assert [type(node) for node in statements] == [ast.Expr, ast.Assign, ast.FunctionDef]
    assert ast.unparse(statements[0]) == "os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')"
    assert statements[-1].name == "__getattr__"
    assert imported_files(ROOT / "netchu" / "__init__.py") == {ROOT / "netchu" / "__init__.py"}


def test_follows_all_kinds_of_imports(tmp_path):
    """Indirect imports, imports within functions and `from package import module`."""
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
def test_declares_the_inputs_outputs_and_parameters_of_a_stage(stage):
    module = importlib.import_module(f"stages.{stage}")
    declared = PIPELINE["stages"][stage]
    assert declared["cmd"] == f"python -m stages.{stage}"
    assert sorted(declared["params"]) == sorted(module.Params.model_fields)
    outs = [next(iter(out)) if isinstance(out, dict) else out for out in declared["outs"]]
    assert sorted(outs) == sorted(map(str, module.OUTPUTS.values()))
    data = {dep for dep in declared["deps"] if not dep.startswith(("netchu/", "stages/"))}
    assert data == set(map(str, module.INPUTS.values()))


def test_keeps_metrics_in_git_and_other_outputs_in_the_cache():
    for stage in PIPELINE["stages"].values():
        for out in stage["outs"]:
            cached = not isinstance(out, dict) or next(iter(out.values())).get("cache", True)
            name = next(iter(out)) if isinstance(out, dict) else out
            assert cached != name.startswith("metrics/")


def find_fields(kind, path=()):
    """Yield path and pydantic field of each parameter that is not a group."""
    for name, field in kind.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from find_fields(field.annotation, (*path, name))
        else:
            yield (*path, name), field


PARAMS = [importlib.import_module(f"stages.{stage}").Params for stage in STAGES]
FIELDS = {path: field for params in PARAMS for path, field in find_fields(params)}


@pytest.mark.parametrize("path", FIELDS, ids=".".join)
def test_gives_the_range_of_a_parameter_in_its_comment(path):
    """The comment is in params.yaml, beside the value; the stage checks the range."""
    values = YAML().load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for key in path[:-1]:
        values = values[key]
    row = values.lc.data[path[-1]][0]
    comment = (ROOT / "params.yaml").read_text(encoding="utf-8").splitlines()[row].partition("#")[2]
    assert len(comment) > 5
    numbers = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", comment)}
    for constraint in FIELDS[path].metadata:
        for kind in ("ge", "gt", "le", "lt"):
            if (bound := getattr(constraint, kind, None)) is not None:
                assert numbers & {float(bound), float(bound) - 1}, (
                    f"params.yaml: {bound} is missing in the comment: {comment}"
                )


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "train"])
def test_imports_tensorflow_in_the_train_stage_only(stage):
    for file in imported_files(ROOT / "stages" / f"{stage}.py"):
        assert not {"tensorflow", "keras"} & third_party(file), file


def third_party(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])
    return names
