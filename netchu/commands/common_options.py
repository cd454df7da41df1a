"""Options that several subcommands have in common: how to read."""

import argparse
from pathlib import Path
from typing import get_args

from netchu.pages.reading_options import Layout
from netchu.reading.decoders import DECODERS, DEFAULT_DECODER


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
        type=Path,
        metavar="DIR",
        help="folder of the model (default: models/adopted, models/pretrained or models/reader, the first that exists)",
    )
