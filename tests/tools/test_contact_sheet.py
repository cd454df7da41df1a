"""The contact sheet shows the lines of an archive."""

import json
import sys
import zipfile

import numpy as np
import pytest

from netchu.pictures.encoding import encode_image
from tools.contact_sheet import draw_contact_sheet, main


def test_shows_lines_in_their_colours(tmp_path):
    colours = {"a.png": (20, 40, 200), "b.png": (20, 120, 40)}
    with zipfile.ZipFile(tmp_path / "lines.zip", "w") as archive:
        for name, colour in colours.items():
            archive.writestr(f"x/{name}", encode_image(np.full((60, 400, 3), colour, np.uint8)))
        archive.writestr("x/grey.png", encode_image(np.full((60, 400), 90, np.uint8)))
        archive.writestr("x/labels.json", json.dumps(dict.fromkeys((*colours, "grey.png"), "Hà Nội")))
    sheet = draw_contact_sheet(tmp_path / "lines.zip", columns=1, rows=3)
    height = len(sheet) // 3
    assert [tuple(sheet[height * row + 39, 100]) for row in range(3)] == [*colours.values(), (90, 90, 90)]
    assert (sheet[height - 30 : height] < 200).any()  # the caption


def test_rejects_wrong_arguments_with_one_line(tmp_path, monkeypatch, capsys):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("x/labels.json", '{"a.png": "Huế"}')
    for name, message in (
        ("missing.zip", "No such file"),
        ("other.zip", "labels.json"),
        ("empty.zip", "no labelled lines"),
    ):
        monkeypatch.setattr(sys, "argv", ["contact_sheet", str(tmp_path / name), str(tmp_path / "out.png")])
        with pytest.raises(SystemExit, match=f"^contact_sheet: .*{name}.*{message}"):
            main()
    monkeypatch.setattr(sys, "argv", ["contact_sheet", "a.zip", "out.png", "--rows", "0"])
    with pytest.raises(SystemExit):
        main()
    assert "error: --columns and --rows: at least 1" in capsys.readouterr().err
