"""The command `python -m netchu`: its subcommands, one module of netchu.commands each."""

import argparse
import importlib
import os
import sys
from pathlib import Path

from netchu.core.errors import NetchuError

COMMANDS = {
    "read": "read handwriting from images",
    "compare": "tell whether one experiment reads better than another",
}
"""Subcommands: modules of netchu.commands, each with `add_arguments(parser)` and `run(arguments) -> exit status`."""


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand and return its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser("netchu", description="Reads Vietnamese handwriting.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name in arguments[:1]:  # only what runs is imported: the start is most of a short command's time
            importlib.import_module(f"netchu.commands.{name}").add_arguments(command)
    values = parser.parse_args(arguments)
    if sys.stdout is None:  # closed by who started this: nobody wants what would be written there
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 (to the end of the process)
    # A terminal that cannot show a letter gets a question mark; a file or pipe always gets UTF-8.
    if sys.stdout.isatty():
        sys.stdout.reconfigure(errors="replace")
    else:
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        return importlib.import_module(f"netchu.commands.{values.command}").run(values)
    except NetchuError as error:
        print(f"netchu {values.command}: error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print(f"netchu {values.command}: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
