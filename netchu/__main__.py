"""The command `python -m netchu`; each of its subcommands is a module of netchu.commands."""

import argparse
import gc
import importlib
import os
import sys
from pathlib import Path

from netchu.commands.language import LANGUAGES, VietnameseHelp, find_language, translate
from netchu.core.errors import NetchuError

COMMANDS = {
    "read": "Read handwriting from images.",
    "bulk": "Read very many images into Parquet files, on one machine or on many.",
    "serve": "Read handwriting over HTTP.",
    "review": "Review the doubtful words of pictures on the web page.",
    "compare": "Compare two runs on the same test lines.",
}
"""Subcommands: modules of netchu.commands, each with `add_arguments(parser)` and `run(arguments) -> exit status`."""


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand and return its exit status.

    Example:
        main(["read", "line.png"])  # prints the text, returns 0
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if sys.stdout is None:  # closed by the calling program
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 (open until the process ends)
    # A terminal that cannot show a letter shows a question mark; a file or pipe always gets UTF-8.
    if sys.stdout.isatty():
        sys.stdout.reconfigure(errors="replace")
    else:
        sys.stdout.reconfigure(encoding="utf-8")
    values = _build_parser(arguments).parse_args(arguments)
    try:
        return importlib.import_module(f"netchu.commands.{values.command}").run(values)
    except NetchuError as error:
        print(f"netchu {values.command}: error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the program that reads the output, such as `head`, has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print(f"netchu {values.command}: interrupted", file=sys.stderr)
        return 130


def _build_parser(arguments: list[str]) -> argparse.ArgumentParser:
    """Build the parser for `arguments`, with help in their language, and options of their subcommand alone."""
    vietnamese = find_language(arguments, os.environ) == "vi"
    formatter = VietnameseHelp if vietnamese else argparse.RawDescriptionHelpFormatter
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--lang", choices=LANGUAGES, help="language of this help (default: vi in a Vietnamese locale, else en)"
    )
    options = {"formatter_class": formatter, "parents": [common]}
    parser = argparse.ArgumentParser("netchu", description="Reads Vietnamese handwriting.", **options)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((argument for argument in arguments if argument in COMMANDS), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(
            name, help=translate(summary) if vietnamese else summary, description=summary, **options
        )
        if name == chosen:  # importing a subcommand takes most of the time of a short command
            importlib.import_module(f"netchu.commands.{name}").add_arguments(command)
    return parser


if __name__ == "__main__":
    status = main()
    gc.freeze()  # otherwise Python would look for garbage among all objects before the process ends
    sys.exit(status)
