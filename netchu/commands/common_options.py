"""Options that several subcommands have in common: how to read."""

import argparse
from pathlib import Path
from typing import get_args

from netchu.pages.reading_options import Layout
from netchu.reading.decoders import DECODERS, DEFAULT_DECODER


def filled(text: str) -> str:
    """Return the value of an argument; an empty one, as of a variable that is not set, is an error."""
    if not text:
        raise argparse.ArgumentTypeError("is empty; is a variable not set?")
    return text


def filled_path(text: str) -> Path:
    """Return the path that an argument names; `Path` alone takes an empty one for the current folder."""
    return Path(filled(text))


def add_layout_and_decoder(parser: argparse.ArgumentParser) -> None:
    """Declare `--layout` and `--decoder`."""
    parser.add_argument(
        "--layout",
        choices=get_args(Layout),
        default="auto",
        help="content of an image. line: one line of writing; page: lines in columns or tables; auto (default): either",
    )
    parser.add_argument(
        "--decoder",
        choices=list(DECODERS),
        default=DEFAULT_DECODER,
        help="beam (default): with the language model; greedy: the network alone, faster",
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Declare `--model`."""
    parser.add_argument(
        "--model",
        type=filled_path,
        metavar="DIR",
        help="folder of the model (default: models/adopted, models/pretrained or models/reader, the first that exists)",
    )
