"""Arguments that several subcommands have in common."""

import pytest

from netchu.__main__ import main


@pytest.mark.parametrize(
    "arguments",
    [
        ["read", ""],
        ["read", "x.png", "--output", ""],
        ["read", "x.png", "--words", ""],
        ["read", "x.png", "--model", ""],
        ["bulk", "", "texts"],
        ["bulk", "scans", ""],
        ["bulk", "scans", "texts", "--address", ""],
        ["bulk", "scans", "texts", "--model", ""],
        ["serve", "--host", ""],
        ["serve", "--model", ""],
        ["review", ""],
    ],
    ids=" ".join,
)
def test_rejects_empty_arguments(arguments, capfd, tmp_path, monkeypatch):
    """As of a variable that is not set; an empty path would mean the current folder, an empty host all addresses."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capfd.readouterr().err.endswith(": is empty; is a variable not set?\n")
