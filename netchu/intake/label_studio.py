"""Transcribed pages from the JSON and JSON-MIN exports of Label Studio's template for OCR.

Each region is a rectangle or a polygon, in percent of the picture's width and height, with its transcription.
"""

import json
import math
import posixpath
import re
from urllib.parse import parse_qs, unquote, urlsplit

from netchu.intake.transcribed_pages import Point, TranscribedLine, TranscribedPage, parse_number


def read_label_studio(data: bytes) -> list[TranscribedPage] | None:
    """Return the pages of a Label Studio export; None if the JSON file `data` is something else.

    Raises:
        ValueError: the file begins like an export but is not valid JSON. The message does not name the file.
    """
    if not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
        return None
    try:
        tasks = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not valid JSON ({error}); export it again") from None
    if not tasks or not all(isinstance(task, dict) for task in tasks):
        return None
    if all(isinstance(task.get("annotations"), list) and isinstance(task.get("data"), dict) for task in tasks):
        return [_make_page(task["data"], _read_results(_choose_results(task["annotations"]))) for task in tasks]
    if any("transcription" in task for task in tasks):
        return [_make_page(task, _read_parallel_lists(task)) for task in tasks]
    return None


def name_image(location: str) -> str:
    """Return the file name in the location of a picture.

    >>> name_image("/data/local-files/?d=scans/p%201.jpg")
    'p 1.jpg'
    """
    url = urlsplit(location)
    return posixpath.basename(parse_qs(url.query).get("d", [unquote(url.path)])[0].replace("\\", "/"))


def _make_page(data: dict, regions: list[tuple[str, dict, object]]) -> TranscribedPage:
    """Return the page of a task with these `data` and regions: id, result and transcription of each."""
    writer = data.get("writer")
    writer = str(writer) if isinstance(writer, str | int) else ""
    sizes = [(result.get("original_width"), result.get("original_height")) for _, result, _ in regions]
    try:
        width, height = (parse_number(side) for side in sizes[0])
        problem = "" if all(size == sizes[0] for size in sizes) else "regions of pictures of different sizes"
    except (ValueError, IndexError):
        width, height, problem = 1, 1, "original_width or original_height is missing"
    lines = tuple(_make_line(*region, (width, height), writer, problem) for region in regions)
    return TranscribedPage(_find_image(data), width, height, lines)


def _find_image(data: dict) -> str:
    """Return the name of the picture: of the values of a task, the first that ends like one."""
    for value in data.values():
        if isinstance(value, str) and re.search(r"\.(png|jpe?g|tiff?|webp|bmp|gif|heic|avif)$", value, re.IGNORECASE):
            try:
                return name_image(value)
            except ValueError:  # not a valid URL
                return value
    return ""


def _choose_results(annotations: list) -> list[dict]:
    """Return the results of the annotation marked as ground truth, else of the one that was changed last."""
    valid = [item for item in annotations if isinstance(item, dict) and not item.get("was_cancelled")]
    if not valid:
        return []
    best = max(valid, key=lambda item: (item.get("ground_truth") is True, str(item.get("updated_at", ""))))
    results = best.get("result")
    return [result for result in results if isinstance(result, dict)] if isinstance(results, list) else []


def _read_results(results: list[dict]) -> list[tuple[str, dict, object]]:
    """Return id, result and transcription of each region; results with one id belong to one region."""
    regions: dict[str, dict] = {}
    texts: dict[str, object] = {}
    for number, result in enumerate(results, 1):
        name, value = str(result.get("id") or f"result{number}"), result.get("value")
        if not isinstance(value, dict):
            continue
        if "text" in value:
            texts[name] = value["text"]
        if name not in regions and not {"x", "points", "rle"}.isdisjoint(value):
            regions[name] = {**result, **value}
    return [(name, result, texts.get(name, "")) for name, result in regions.items()]


def _read_parallel_lists(task: dict) -> list[tuple[str, dict, object]]:
    """Return id, result and transcription of each region of a task of JSON-MIN: one list of regions, one of texts."""
    texts = task.get("transcription", [])
    texts = texts if isinstance(texts, list) else [texts]
    lists = [
        value
        for value in task.values()
        # The labels repeat the regions.
        if isinstance(value, list)
        and value
        and all(isinstance(item, dict) and "original_width" in item and "labels" not in item for item in value)
    ]
    regions = [region for regions in lists for region in regions]
    if len(lists) > 1 or len(texts) != len(regions):
        fault = {"fault": "JSON-MIN does not say which text belongs to which region; export the project as JSON"}
        return [(str(number), {**region, **fault}, "") for number, region in enumerate(regions, 1)]
    return [(str(n), region, text) for n, (region, text) in enumerate(zip(regions, texts, strict=True), 1)]


def _make_line(
    name: str, result: dict, text: object, size: tuple[float, float], writer: str, problem: str
) -> TranscribedLine:
    """Return the line of a region of a picture of that size."""
    if isinstance(text, dict):  # JSON-MIN, if there are several texts
        text = text.get("text", "")
    text = text if isinstance(text, list) else [text]
    fault = str(result.get("fault", "")) or problem
    if not all(isinstance(part, str) for part in text):
        text, fault = [], "the transcription is not text"
    polygon: tuple[Point, ...] = ()
    baseline: tuple[Point, ...] = ()
    if not fault:
        try:
            if parse_number(result.get("image_rotation", 0)) % 360:
                raise ValueError("the picture was turned in Label Studio; turn the file instead")
            if "points" in result:
                polygon = _read_polygon(result["points"], size)
            else:
                polygon = _read_rectangle(result, size)
                baseline = (polygon[3], polygon[2])
        except ValueError as error:
            polygon, fault = (), str(error)
    return TranscribedLine(name, " ".join(text).strip(), polygon, baseline, writer, fault)


def _read_polygon(points: object, size: tuple[float, float]) -> tuple[Point, ...]:
    if not isinstance(points, list) or not all(isinstance(point, list) and len(point) == 2 for point in points):
        raise ValueError("points: expected a list of pairs [x, y]")
    return tuple((parse_number(x) * size[0] / 100, parse_number(y) * size[1] / 100) for x, y in points)


def _read_rectangle(result: dict, size: tuple[float, float]) -> tuple[Point, ...]:
    """Return the corners of a rectangle, which is turned clockwise around its first corner."""
    if not all(name in result for name in ("x", "y", "width", "height")):
        raise ValueError("neither a rectangle nor a polygon")
    left, width = (parse_number(result[name]) * size[0] / 100 for name in ("x", "width"))
    top, height = (parse_number(result[name]) * size[1] / 100 for name in ("y", "height"))
    angle = math.radians(parse_number(result.get("rotation", 0)))
    cos, sin = math.cos(angle), math.sin(angle)
    corners = ((0, 0), (width, 0), (width, height), (0, height))
    return tuple((left + x * cos - y * sin, top + x * sin + y * cos) for x, y in corners)
