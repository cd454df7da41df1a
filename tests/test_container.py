"""Dockerfile and compose.yaml: the rules of safe images, and the start command. The image itself is not built."""

import argparse
import fnmatch
import json
import re
import resource
import subprocess
import sys

from ruamel.yaml import YAML

from benchmarks.service import start_service
from benchmarks.tiny_project import ENVIRONMENT, ROOT
from netchu.commands import serve
from tests.netchu.service.server import draw_picture, post
from tests.test_packaging import PROJECT, SETUPTOOLS

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SERVICE = YAML(typ="safe").load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["netchu"]


def list_instructions(*names: str) -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile with these names, or all; each with its arguments."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    rows = [row.partition(" ")[::2] for row in text.splitlines() if row]
    return [row for row in rows if not names or row[0] in names]


def list_final_instructions() -> list[tuple[str, str]]:
    """Return the instructions of the last stage, whose image is run."""
    instructions = list_instructions()
    return instructions[max(number for number, (name, _) in enumerate(instructions) if name == "FROM") :]


def test_pins_its_base_image_in_a_python_that_the_project_supports():
    images = {arguments.partition(" AS ")[0] for _, arguments in list_instructions("FROM")}
    [version] = {re.fullmatch(r"python:(3\.\d+)\.\d+-slim-[a-z]+", image).group(1) for image in images}
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["project"]["requires-python"]).groups()
    assert int(low) <= int(version.partition(".")[2]) < int(high)


def test_runs_as_a_user_without_rights():
    [(_, user)] = list_instructions("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)  # by number, so that a cluster can check that it is not root
    names = [name for name, _ in list_final_instructions()]
    assert "RUN" not in names and names.index("USER") < names.index("ENTRYPOINT")


def test_contains_no_secrets_and_downloads_only_pinned_packages():
    assert not list_instructions("ADD", "ARG", "SECRET")
    assert not any(re.search("key|token|secret|passw", text, re.IGNORECASE) for _, text in list_instructions("ENV"))
    [(_, command)] = list_instructions("RUN")
    assert re.findall("pip install|curl|wget|apt|apk", command) == ["pip install"]
    assert "--no-cache-dir" in command and "--constraint requirements.txt" in command
    [extra] = re.findall(r'"\.\[(\w+)\]"', command)
    assert extra in PROJECT["project"]["optional-dependencies"]
    for line in (ROOT / "requirements.txt").read_text().splitlines():  # pip accepts no extras in constraints
        assert re.fullmatch(r"|#.*|[\w.-]+==[\w.]+", line)


def test_copies_the_package_and_nothing_else():
    sources = [
        source
        for _, arguments in list_instructions("COPY")
        if not arguments.startswith("--from=")
        for source in arguments.split()[:-1]
    ]
    assert all((ROOT / source).exists() for source in sources)
    assert {"netchu", "pyproject.toml", *SETUPTOOLS["package-dir"].values()} <= set(sources)
    first, *rules = [
        rule for rule in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if rule and rule[0] != "#"
    ]
    assert first == "*" and [rule[1:] for rule in rules if rule[0] == "!"] == sources
    ignored = [rule for rule in rules if rule[0] != "!"]
    for package, folder in SETUPTOOLS["package-dir"].items():
        for pattern in SETUPTOOLS["package-data"][package]:
            files = [file.relative_to(ROOT).as_posix() for file in (ROOT / folder).glob(pattern)]
            assert files and not any(fnmatch.fnmatch(file, rule) for file in files for rule in ignored)


def test_serves_with_the_command_of_the_image(tmp_path):
    """In an empty folder, with the shipped reader, while every attempt to write to a file fails."""
    final = dict(list_final_instructions())
    program, subcommand, *arguments = json.loads(final["ENTRYPOINT"]) + json.loads(final["CMD"])
    assert (program, subcommand) == ("netchu", "serve") and arguments == ["--host", "0.0.0.0", "--port", "8000"]
    assert program in PROJECT["project"]["scripts"]
    assert final["EXPOSE"] == "8000" and SERVICE["ports"] == ["127.0.0.1:8000:8000"]
    with start_service(
        *[argument.replace("8000", "0") for argument in arguments],
        cwd=tmp_path,
        env=ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    ) as service:
        address = service.address.replace("0.0.0.0", "127.0.0.1")
        assert post(address, ("line.png", draw_picture(1))).status_code == 200
        check = check_health(address.rpartition(":")[2])
        assert check.returncode == 0, check.stderr
    assert check_health(address.rpartition(":")[2]).returncode == 1


def check_health(port: str) -> subprocess.CompletedProcess:
    """Run the check of the image, which needs Python alone."""
    [(_, check)] = list_instructions("HEALTHCHECK")
    program, *arguments = json.loads(check.partition(" CMD ")[2])
    assert program == "python"
    arguments = [argument.replace(":8000/", f":{port}/") for argument in arguments]
    return subprocess.run([sys.executable, *arguments], capture_output=True, check=False)


def test_composes_a_service_without_rights_that_has_time_to_stop():
    assert SERVICE["read_only"] is True and SERVICE["cap_drop"] == ["ALL"]
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]
    assert not SERVICE.keys() & {"privileged", "volumes", "user", "tmpfs", "command", "entrypoint"}
    assert SERVICE["environment"] == {"NETCHU_API_KEY": "${NETCHU_API_KEY:-}"}
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    assert int(SERVICE["stop_grace_period"].removesuffix("s")) > parser.parse_args([]).timeout + 5
