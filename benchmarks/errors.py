"""Errors of benchmarks that the user can fix."""

import contextlib
import sys
from collections.abc import Iterator

from netchu.core.errors import NetchuError
from netchu.core.printing import describe_error


@contextlib.contextmanager
def report_errors() -> Iterator[None]:
    """End the process with one line for an error that the user can fix, such as a missing file. Decorates `main`.

    Raises:
        SystemExit: its code is the line.
    """
    try:
        yield
    except NetchuError as error:
        sys.exit(f"error: {error}")
    except (FileNotFoundError, IsADirectoryError) as error:
        sys.exit(f"error: {describe_error(error)}; --help tells what this benchmark needs")
