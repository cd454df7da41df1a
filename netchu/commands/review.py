"""`python -m netchu review`: review the doubtful words of a folder of pictures on the web page."""

import argparse
import importlib.util
import os
import sys
from pathlib import Path
from typing import NoReturn

from netchu.commands.common_options import filled_path
from netchu.core.errors import NetchuError

FOLDER_VARIABLE = "NETCHU_REVIEW"
"""Environment variable that names the folder to the web page."""

_PROJECT = Path(__file__).parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `run`; their help has a translation in netchu.commands.language."""
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        type=filled_path,
        help="folder of pictures; the answers are saved in a hidden file in it",
    )


def run(arguments: argparse.Namespace) -> NoReturn:
    """Become the server of the web page, which opens the review of the folder; raise NetchuError if that is impossible.

    As the same process, it gets every signal that is sent to the command.
    """
    folder = arguments.folder.absolute()
    if not folder.is_dir():
        raise NetchuError(f"{arguments.folder}: no such folder; name a folder of pictures")
    if not (_PROJECT / "app" / "main.py").is_file():
        raise NetchuError(
            f"{_PROJECT}/app/main.py: missing, because the installed package has no web page; "
            "run `python -m netchu review` in a clone of the project"
        )
    if importlib.util.find_spec("streamlit") is None:
        raise NetchuError("the web page needs the package streamlit; install it with `pip install streamlit`")
    os.chdir(_PROJECT)  # its settings keep the page on this machine
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py"]
    os.execve(sys.executable, command, os.environ | {FOLDER_VARIABLE: str(folder)})
