"""Runs DVC such that it copies settings with any letters: `python -m netchu.teaching.utf8_dvc exp run --temp`.

For `--temp` DVC writes the absolute path of its cache, and the project's git settings, into configuration files. By
default ConfigObj writes ASCII: DVC would fail in a folder such as ~/Tài liệu, or where git's user has an accent.
"""

import sys

import configobj


class _Utf8ConfigObj(configobj.ConfigObj):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **{"encoding": "utf-8", "default_encoding": "utf-8"} | options)


if __name__ == "__main__":
    configobj.ConfigObj = _Utf8ConfigObj  # before DVC imports it
    from dvc.cli import main

    sys.exit(main(sys.argv[1:]))
