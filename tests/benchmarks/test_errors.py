"""Errors of benchmarks: one line for those that the user can fix."""

import pytest

from benchmarks.errors import report_errors
from netchu.core.errors import NetchuError


@report_errors()
def fail(error: Exception) -> None:
    raise error


def test_reports_errors_that_the_user_can_fix(tmp_path):
    with pytest.raises(SystemExit, match=r"^error: x.zip: damaged$"):
        fail(NetchuError("x.zip: damaged"))
    with pytest.raises(SystemExit, match=r"^error: .*No such file.*no.csv'; --help tells what this benchmark needs$"):
        fail(FileNotFoundError(2, "No such file or directory", "no.csv"))
    with pytest.raises(ValueError):
        fail(ValueError("a fault of the benchmark"))
