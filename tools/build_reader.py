"""Train the reader in models/pretrained again: `python -m tools.build_reader DATA`, days on two cores.

DATA is a folder with the archives of the training data. Every file experiments/shipped/N-NAME.yaml is one step, a DVC
experiment: it changes parameters of the step before, and its reader is kept as models/step-N. Steps that are done are
skipped, and one that was interrupted resumes after its last epoch: stop the command at any time, and run it again.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path
from netchu.synthetic.dataset import SyntheticParams, write_archive
from netchu.teaching.dvc_command import quote_for_hydra, run_dvc

STEPS = Path("experiments/shipped")

MODELS = Path("models")

ARCHIVES, GENERAL = "download.archives", "decoder.general"
"""Parameters that name files in DATA."""


def build_reader(data: Path, steps: Path = STEPS) -> None:
    """Run the steps that are not done, and copy the reader of the last one to models/pretrained.

    Raises:
        NetchuError: an archive is missing, or a step fails.
    """
    for file, parameters, reader in _read_steps(steps):
        if reader.exists():
            print(f"{file}: done, in {reader}")
        else:
            run_step(file, parameters, data)
            _replace_folder(MODELS / "reader", reader)
    # Not from models/reader, which may be of a later run. The whole folder, as the former reader may have other files.
    _replace_folder(reader, MODELS / "pretrained")


def check_data(data: Path, steps: Path = STEPS) -> None:
    """Raise NetchuError if `data` lacks a file that a step needs and that `draw_archives` does not draw."""
    if not data.is_dir():
        raise NetchuError(f"{data}: no such folder; name the one with the archives of DATA_CARD.md")
    drawn = {f"{file.stem}.zip": file for file in (steps / "drawn").glob("*.yaml")}
    for name, file in drawn.items():
        sentences = read_yaml(file)["sentences"]
        if sentences and not (data / name).exists():
            _locate(data, sentences, file)
    for file, parameters, reader in _read_steps(steps):
        general = parameters.get(GENERAL)
        for name in [*parameters[ARCHIVES], *([general["sentences"]] if general else [])]:
            if name not in drawn and not reader.exists():
                _locate(data, name, file)


def draw_archives(data: Path, steps: Path = STEPS) -> None:
    """Draw the archives of `steps`/drawn/*.yaml that are missing in `data`: files of `SyntheticParams`."""
    for file in sorted((steps / "drawn").glob("*.yaml")):
        archive = data / f"{file.stem}.zip"
        if not archive.exists():
            values = read_yaml(file)
            if values["sentences"]:
                values["sentences"] = str(data / values["sentences"])
            write_archive(archive, SyntheticParams(**values))


def run_step(file: Path, parameters: dict[str, object], data: Path) -> None:
    """Run the pipeline up to the stage decoder with changed parameters, as an experiment."""
    located = {ARCHIVES: [_locate(data, name, file) for name in parameters[ARCHIVES]]}
    if general := parameters.get(GENERAL):
        located[GENERAL] = general | {"sentences": _locate(data, general["sentences"], file)}
    overrides = [override for change in (parameters | located).items() for override in _format_change(*change)]
    if run_dvc("exp", "run", *(f"--set-param={override}" for override in overrides), "decoder").returncode:
        raise NetchuError(f"{file}: the step failed; DVC says above why. Run the command again to resume")


def read_yaml(file: Path) -> dict[str, object]:
    """Read the parameters of a step: dotted keys of params.yaml and their values."""
    return YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))


def _read_steps(steps: Path) -> Iterator[tuple[Path, dict[str, object], Path]]:
    """Yield the file of each step, its parameters with those of the steps before, and the folder of its reader."""
    parameters: dict[str, object] = {}
    for file in sorted(steps.glob("*.yaml"), key=_number):
        parameters = parameters | read_yaml(file)
        yield file, parameters, MODELS / f"step-{_number(file)}"


def _locate(data: Path, name: str, file: Path) -> str:
    """Return the absolute path of a file in `data`; raise NetchuError if it is missing, which `file` needs."""
    if not (data / name).exists():
        raise NetchuError(f"{data / name}: missing; {file} needs it, see DATA_CARD.md")
    return str((data / name).absolute())


def _replace_folder(source: Path, target: Path) -> None:
    with atomic_path(target) as copy:
        shutil.copytree(source, copy)


def _number(file: Path) -> int:
    return int(file.name.partition("-")[0])


def _format_change(key: str, value: object) -> list[str]:
    """Return what sets a parameter to a value, in the grammar of `dvc exp run --set-param`."""
    change = f"{key}={_format_value(value)}"
    # A mapping is set to null before: a change of a mapping keeps its former keys, and new ones are rejected.
    return [f"{key}=null", change] if isinstance(value, dict) else [change]


def _format_value(value: object) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_format_value, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_format_value(item)}" for key, item in value.items()) + "}"
    return quote_for_hydra(value) if isinstance(value, str) else json.dumps(value)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the reader in models/pretrained again.")
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the archives")
    data = parser.parse_args().data
    try:
        check_data(data)
        draw_archives(data)
        build_reader(data)
    except NetchuError as error:
        sys.exit(f"build_reader: {error}")


if __name__ == "__main__":
    main()
