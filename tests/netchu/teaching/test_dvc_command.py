import pytest

from netchu.teaching.dvc_command import find_dvc_error


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("ERROR: first\nx\nERROR: unexpected error - no space\n", "unexpected error - no space"),
        ("ERROR: Unable to acquire lock. Most likely another DVC process is running", "another DVC command is running"),
        ("", "DVC ended without an error message"),
    ],
)
def test_finds_reason_in_output(output, reason):
    assert find_dvc_error(output).startswith(reason)
