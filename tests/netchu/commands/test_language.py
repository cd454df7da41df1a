"""The language of the command's help: every text has a Vietnamese translation, and English remains the default."""

import argparse
import subprocess
import sys

import pytest

from netchu.__main__ import COMMANDS, main
from netchu.commands import language
from netchu.commands.language import VIETNAMESE, find_language


def show_help(capfd, *arguments: str) -> str:
    """Return the help that the command prints for these arguments."""
    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--help"])
    assert caught.value.code == 0
    return capfd.readouterr().out


class RecordingTable(dict):
    """A table of translations that records the texts that are looked up."""

    def __init__(self, table: dict[str, str]):
        super().__init__(table)
        self.used: set[str] = set()

    def get(self, key, default=None):
        if key is not None and key != argparse.SUPPRESS:
            self.used.add(key)
        return super().get(key, default)


def test_every_text_of_the_help_is_translated_and_no_translation_is_unused(capfd, monkeypatch):
    table = RecordingTable(VIETNAMESE)
    monkeypatch.setattr(language, "VIETNAMESE", table)
    for command in ([], *([name] for name in COMMANDS)):
        show_help(capfd, *command, "--lang", "vi")
    assert table.used == table.keys()


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=str)
def test_help_is_english_unless_vietnamese_is_requested(capfd, monkeypatch, command):
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    english, vietnamese = show_help(capfd, *command), show_help(capfd, "--lang", "vi", *command)
    assert english.startswith("usage: netchu") and "show this help message and exit" in english
    assert vietnamese.startswith("cách dùng: netchu") and "hiện hướng dẫn này rồi thoát" in vietnamese
    monkeypatch.setenv("LANG", "vi_VN.UTF-8")
    assert show_help(capfd, *command) == vietnamese
    assert show_help(capfd, *command, "--lang=en") == english


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ([], {}, "en"),
        ([], {"LANG": "vi_VN.UTF-8"}, "vi"),
        ([], {"LANG": "vi_VN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ([], {"LANG": "en_US.UTF-8", "LC_MESSAGES": "vi_VN"}, "vi"),
        ([], {"LANG": "vi_VN", "LC_ALL": ""}, "vi"),
        ([], {"LANG": "en_US", "LANGUAGE": "vi:en"}, "vi"),
        (["--lang", "en"], {"LANG": "vi_VN"}, "en"),
        (["read", "x.png", "--lang=vi"], {}, "vi"),
        (["read", "--lang"], {"LANG": "vi_VN"}, ""),
    ],
)
def test_finds_language_of_arguments_and_locale(arguments, environment, expected):
    assert find_language(arguments, environment) == expected


def test_rejects_unknown_language(capfd):
    with pytest.raises(SystemExit) as caught:
        main(["read", "--lang", "fr", "x.png"])
    assert caught.value.code == 2
    assert "argument --lang: invalid choice: 'fr'" in capfd.readouterr().err


@pytest.mark.parametrize("command", ["read", "bulk", "serve", "review"])
def test_help_imports_no_package(command):
    code = (
        "import sys; from netchu.__main__ import main\n"
        f"try: main(['{command}', '--help'])\n"
        "except SystemExit: assert not {'numpy', 'cv2', 'onnxruntime', 'PIL', 'pydantic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
