"""The sheet of worst lines: its selection, images, texts and marked differences."""

import base64
import xml.etree.ElementTree as ElementTree

import cv2
import numpy as np

from netchu.evaluation.metrics import character_edits
from netchu.evaluation.worst_lines import WORST_LINES, draw_worst_lines, find_worst_lines

SVG = "{http://www.w3.org/2000/svg}"


def images(sheet):
    for element in sheet.iter(SVG + "image"):
        png = base64.b64decode(element.get("href").removeprefix("data:image/png;base64,"))
        yield cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)


def texts(sheet):
    """Return the characters of each text by their position, without captions."""
    found = [element for element in sheet.iter(SVG + "text") if element.get("class") is None]
    return [dict(zip(map(float, element.get("x").split()), element.text or "", strict=True)) for element in found]


def test_sorts_worst_first_without_correct_lines():
    references = ["abcd", "ab", "abcdefgh", "x", ""]
    predictions = ["abcx", "ax", "abcdwxyz", "x", "z"]
    assert find_worst_lines(character_edits(references, predictions)) == [4, 2, 1, 0]


def test_keeps_first_of_equally_bad_lines():
    assert find_worst_lines(character_edits(["ab"] * 30, ["ax"] * 30)) == list(range(WORST_LINES))


def test_shows_image_texts_and_differences():
    image = np.random.default_rng(0).integers(0, 256, (16, 90)).astype(np.uint8)
    sheet = ElementTree.fromstring(draw_worst_lines([("<id> & CER 40 %", image, "Hồ <1", "Hò <12")]))
    assert np.array_equal(next(images(sheet)), image)
    assert sheet.find(f"{SVG}text[@class='caption']").text == "<id> & CER 40 %"
    reference, prediction = texts(sheet)
    assert "".join(reference.values()) == "Hồ<1" and "".join(prediction.values()) == "Hò<12"
    positions = list(prediction)
    assert list(reference) == positions[:4] == sorted(reference)
    for side in ("reference", "prediction"):
        marked = sheet.findall(f"{SVG}rect[@class='{side}']")
        starts = [float(mark.get("x")) for mark in marked]
        widths = [float(mark.get("width")) for mark in marked]
        assert [start + width / 2 for start, width in zip(starts, widths, strict=True)] == [positions[1], positions[4]]


def test_draws_everything_inside_sheet():
    rng = np.random.default_rng(1)
    lines = [(f"line {n}", rng.integers(0, 256, (48, 60 + 900 * n)).astype(np.uint8), "m" * 70, "") for n in range(3)]
    sheet = ElementTree.fromstring(draw_worst_lines(lines))
    width, height = float(sheet.get("width")), float(sheet.get("height"))
    for element in sheet.iter(SVG + "image"):
        assert float(element.get("x")) + float(element.get("width")) <= width
        assert float(element.get("y")) + float(element.get("height")) <= height
    assert max(position for text in texts(sheet) for position in text) <= width
    assert [image.shape[1] for image in images(sheet)] == [60, 960, 1860]
    assert max(float(element.get("width")) for element in sheet.iter(SVG + "image")) == 1000


def test_says_that_no_line_was_misread():
    sheet = ElementTree.fromstring(draw_worst_lines([]))
    assert [element.text for element in sheet.iter(SVG + "text")] == ["No line was misread."]


def test_same_lines_give_same_bytes():
    lines = [("a", np.zeros((16, 40), np.uint8), "ab", "b")]
    assert draw_worst_lines(lines) == draw_worst_lines(lines)
