"""Label Studio's exports: rectangles and polygons in percent become positions in pixels, with their texts."""

import copy
import json

import pytest

from netchu.intake.label_studio import name_image, read_label_studio

SIZE = {"original_width": 1000, "original_height": 500, "image_rotation": 0}


def region(name, value, kind="rectangle", **changes):
    return {**SIZE, "id": name, "from_name": "bbox", "to_name": "image", "type": kind, "value": value, **changes}


def transcription(name, text, value=None):
    return region(name, {**(value or {}), "text": text}, "textarea", from_name="transcription")


BOX = {"x": 10, "y": 20, "width": 30, "height": 10, "rotation": 0}
TRIANGLE = {"points": [[0, 0], [50, 0], [50, 10]], "closed": True}


def read(results, **task):
    annotation = {"id": 1, "result": results, "was_cancelled": False, "updated_at": "2026-01-02"}
    task = {"id": 7, "data": {"ocr": "/data/upload/3/0a1b2c3d-p1.jpg"}, "annotations": [annotation], **task}
    [page] = read_label_studio(json.dumps([task]).encode())
    return page


def test_reads_rectangles_and_polygons_with_their_texts():
    page = read(
        [
            region("a", BOX),
            region("a", {**BOX, "labels": ["Text"]}, "labels"),
            transcription("a", ["Ấp 8"], BOX),
            region("b", TRIANGLE, "polygon"),
            transcription("b", ["Xã", "Đông"]),
            region("c", BOX),
            {"type": "relation", "from_id": "a", "to_id": "b"},
        ]
    )
    assert (page.image, page.width, page.height) == ("0a1b2c3d-p1.jpg", 1000, 500)
    assert [(line.id, line.text) for line in page.lines] == [("a", "Ấp 8"), ("b", "Xã Đông"), ("c", "")]
    assert not any(line.fault for line in page.lines)
    assert page.lines[0].polygon == ((100, 100), (400, 100), (400, 150), (100, 150))
    assert page.lines[0].baseline == ((100, 150), (400, 150))
    assert page.lines[1].polygon == ((0, 0), (500, 0), (500, 50)) and page.lines[1].baseline == ()


def test_turns_a_rectangle_clockwise_around_its_first_corner():
    page = read([region("a", {**BOX, "rotation": 90})])
    corners = [coordinate for point in page.lines[0].polygon for coordinate in point]
    assert corners == pytest.approx([100, 100, 100, 400, 50, 400, 50, 100])


def test_takes_the_writer_of_the_task():
    page = read([region("a", BOX)], data={"writer": "An", "note": "x", "image": "s3://bucket/p 2.PNG"})
    assert page.image == "p 2.PNG" and page.lines[0].writer == "An"


def test_takes_the_ground_truth_else_the_last_annotation():
    def annotation(text, **keys):
        return {"result": [region("a", BOX), transcription("a", [text])], **keys}

    old, new = annotation("old", updated_at="2026-01-01"), annotation("new", updated_at="2026-01-03")
    truth = annotation("truth", updated_at="2025-01-01", ground_truth=True)
    cancelled = annotation("cancelled", updated_at="2026-09-09", was_cancelled=True)
    assert read([], annotations=[new, old, cancelled]).lines[0].text == "new"
    assert read([], annotations=[new, truth]).lines[0].text == "truth"
    assert read([], annotations=[cancelled]).lines == ()


def minimal(**task):
    [page] = read_label_studio(json.dumps([{"id": 1, "ocr": "/data/upload/p.png", **task}]).encode())
    return page


def test_reads_json_min_with_one_list_of_regions():
    boxes = [{**BOX, **SIZE}, {**BOX, "y": 40, **SIZE}]
    labels = [{**box, "labels": ["Text"]} for box in boxes]
    page = minimal(bbox=boxes, label=labels, transcription=["Ấp 8", {"text": ["Xã", "9"]}], writer="An")
    assert page.image == "p.png" and page.lines[1].polygon[0] == (100, 200)
    assert [(line.text, line.writer, line.fault) for line in page.lines] == [("Ấp 8", "An", ""), ("Xã 9", "An", "")]
    assert minimal(bbox=boxes[:1], transcription="Ấp 8").lines[0].text == "Ấp 8"


@pytest.mark.parametrize(
    "task",
    [
        {"bbox": [{**BOX, **SIZE}] * 2, "transcription": "one"},
        {"bbox": [{**BOX, **SIZE}], "poly": [{**TRIANGLE, **SIZE}], "transcription": ["one", "two"]},
    ],
)
def test_rejects_json_min_that_does_not_assign_texts(task):
    page = minimal(**task)
    assert len(page.lines) == 2 and {line.text for line in page.lines} == {""}
    assert all("export the project as JSON" in line.fault for line in page.lines)


FAULTY = {
    # name: (result, fault)
    "turned picture": (region("a", BOX, image_rotation=90), "turned in Label Studio"),
    "brush": (region("a", {"rle": [1, 2], "format": "rle"}, "brush"), "neither a rectangle nor a polygon"),
    "ellipse": (region("a", {"x": 1, "y": 1, "radiusX": 2, "radiusY": 2}, "ellipse"), "neither a rectangle"),
    "no size": (region("a", BOX, original_width=None), "original_width or original_height is missing"),
    "no number": (region("a", {**BOX, "x": "left"}), "expected a number, found 'left'"),
    "no pairs": (region("a", {"points": [[1, 2, 3]]}), "expected a list of pairs"),
    "text that is none": (region("a", {**BOX, "text": [5]}), "the transcription is not text"),
}


@pytest.mark.parametrize(("result", "fault"), FAULTY.values(), ids=FAULTY.keys())
def test_keeps_faulty_regions_with_the_fault(result, fault):
    [line] = read([result]).lines
    assert fault in line.fault and line.polygon == ()


@pytest.mark.parametrize("data", [b"{}", b"[]", b"[1, 2]", b'[{"name": "x"}]', b"not JSON"])
def test_ignores_other_json(data):
    assert read_label_studio(data) is None


@pytest.mark.parametrize("data", [b'[{"id": 1, "annotations"', b"[" * 100_000, b'["\xff"]'])
def test_rejects_damaged_json(data):
    with pytest.raises(ValueError, match="not valid JSON"):
        read_label_studio(data)


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("/data/upload/3/0a1b2c3d-p1.jpg", "0a1b2c3d-p1.jpg"),
        ("/data/local-files/?d=scans%5Cp%201.jpg", "p 1.jpg"),
        ("https://example.org/a/Qu%E1%BA%ADn.png?token=1", "Quận.png"),
        ("C:\\scans\\p.png", "p.png"),
    ],
)
def test_finds_the_name_of_a_picture(location, name):
    assert name_image(location) == name


JUNK = [None, True, -1, 1e308, 10**30, "", "x", "\ud800", [], {}, [[]], [None], {"a": 1}, float("nan")]


def change_each_value(value):
    """Yield copies of a JSON value, in each of them one value replaced."""
    yield from JUNK
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        for changed in change_each_value(value[key]):
            copied = copy.copy(value)
            copied[key] = changed
            yield copied


def test_reads_any_values():
    result = transcription("a", ["Ấp 8"], BOX)
    full = {"id": 7, "data": {"ocr": "p.png"}, "annotations": [{"id": 1, "result": [result, region("b", TRIANGLE)]}]}
    short = {"ocr": "p.png", "bbox": [{**BOX, **SIZE}], "transcription": "Ấp 8"}
    for export in change_each_value([full]), change_each_value([short]):
        for tasks in export:
            pages = read_label_studio(json.dumps(tasks).encode())
            assert pages is None or len(pages) == 1
