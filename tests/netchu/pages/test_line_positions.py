"""Lines in PAGE and ALTO XML: every line has a baseline and a polygon on its writing, in reading order.

Kraken and eScriptorium skip lines without a baseline.
"""

from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from netchu.pages.alto import format_alto
from netchu.pages.image_files import PageFile
from netchu.pages.page import Page
from netchu.pages.page_xml import format_page_xml
from netchu.pages.recognizer import Recognizer
from tests.netchu.synthetic_pages import draw_page
from tests.netchu.synthetic_tables import draw_cells, lay_out_table
from tests.netchu.tiny_model import write_tiny_reader

FORMATS = {"alto": format_alto, "page": format_page_xml}


@pytest.fixture(scope="module", params=[0.0, 4.0], ids=["level", "tilted"])
def drawn_and_read(request, tmp_path_factory):
    """Return a drawn page and its reading."""
    drawn = draw_page(7, lines=5, skew=request.param)
    recognizer = Recognizer.load(write_tiny_reader(tmp_path_factory.mktemp("model") / "tiny"))
    return drawn, recognizer.read(drawn.image, "page")


def parse_points(text: str) -> np.ndarray:
    """Return points, (points, 2), of either format."""
    return np.array(text.replace(",", " ").split(), np.float32).reshape(-1, 2)


def parse(name: str, document: str) -> list[tuple[np.ndarray, np.ndarray, str]]:
    """Return baseline, polygon and text of each line in reading order, as our own parser finds them."""
    root = ElementTree.fromstring(document.encode())
    lines = {}
    for line in root.findall(".//{*}TextLine"):
        if name == "alto":
            baseline, polygon = line.get("BASELINE"), line.find("{*}Shape/{*}Polygon").get("POINTS")
            text = "".join(part.get("CONTENT", " ") for part in line if not part.tag.endswith("Shape"))
            lines[line.get("ID")] = parse_points(baseline), parse_points(polygon), text
        else:
            baseline, polygon = line.find("{*}Baseline").get("points"), line.find("{*}Coords").get("points")
            text = line.findtext("{*}TextEquiv/{*}Unicode")
            lines[line.get("custom")] = parse_points(baseline), parse_points(polygon), text
    if name == "alto":
        order = [reference.get("REF") for reference in root.findall(".//{*}ElementRef")]
    else:
        assert [reference.get("regionRef") for reference in root.findall(".//{*}RegionRefIndexed")] == ["region1"]
        order = [f"readingOrder {{index:{index};}}" for index in range(len(lines))]
    assert sorted(order) == sorted(lines)
    return [lines[reference] for reference in order]


def check_lines(lines: list[tuple[np.ndarray, np.ndarray, str]], page: Page) -> None:
    assert [text for _, _, text in lines] == page.text.split("\n")
    for (baseline, polygon, _), line in zip(lines, page.lines, strict=True):
        np.testing.assert_array_equal(polygon, line.corners)
        assert len(baseline) >= 2 and (np.diff(baseline[:, 0]) > 0).all()
        contour = polygon.astype(np.float32)[:, None]
        assert all(cv2.pointPolygonTest(contour, (float(x), float(y)), True) > -2 for x, y in baseline)
        # From one end of the polygon to the other.
        assert np.ptp(baseline[:, 0]) > 0.95 * np.ptp(polygon[:, 0]) - 0.1 * np.ptp(polygon[:, 1])
    middles = [baseline[:, 1].mean() for baseline, _, _ in lines]
    assert middles == sorted(middles)


@pytest.mark.parametrize("name", FORMATS)
def test_every_line_has_baseline_polygon_and_text_in_reading_order(name, drawn_and_read):
    _, page = drawn_and_read
    assert len(page.lines) == 5
    check_lines(parse(name, FORMATS[name](PageFile(Path("page.png")), page)), page)


@pytest.mark.parametrize("name", FORMATS)
def test_kraken_reads_every_line(name, drawn_and_read, tmp_path):
    kraken = pytest.importorskip("kraken.lib.xml", reason="Kraken is not installed: it needs PyTorch")
    drawn, page = drawn_and_read
    cv2.imwrite(str(tmp_path / "page.png"), drawn.image)
    document = tmp_path / "page.xml"
    document.write_text(FORMATS[name](PageFile(Path("page.png")), page), encoding="utf-8")
    read = kraken.XMLPage(document, filetype=name)
    assert read.imagename == tmp_path / "page.png" and read.image_size == (page.width, page.height)
    segmentation = read.to_container()
    assert segmentation.type == "baselines" and [*segmentation.regions] == ["text"]
    lines = [(np.array(line.baseline), np.array(line.boundary), line.text) for line in segmentation.lines]
    check_lines(lines, page)
    for level in read.reading_orders.values():
        assert level["is_total"]


@pytest.mark.parametrize("name", FORMATS)
def test_kraken_reads_every_cell_of_a_table(name, recognizer, tmp_path):
    kraken = pytest.importorskip("kraken.lib.xml", reason="Kraken is not installed: it needs PyTorch")
    page = recognizer.read(lay_out_table(draw_cells(2, 3, 4)[1]))
    document = tmp_path / "page.xml"
    document.write_text(FORMATS[name](PageFile(Path("page.png")), page), encoding="utf-8")
    cv2.imwrite(str(tmp_path / "page.png"), np.full((page.height, page.width), 255, np.uint8))
    lines = kraken.XMLPage(document, filetype=name).to_container().lines
    assert [line.text for line in lines] == page.text.replace("\t", "\n").split("\n")


def test_polygons_and_baselines_follow_the_writing(drawn_and_read):
    drawn, page = drawn_and_read
    for line, box in zip(page.lines, drawn.boxes, strict=True):
        canvas = np.zeros((2, *drawn.image.shape[:2]), np.uint8)
        for mask, corners in zip(canvas, (np.array(line.corners), np.rint(box).astype(int)), strict=True):
            cv2.fillConvexPoly(mask, corners, 1)
        assert (canvas[0] & canvas[1]).sum() > 0.8 * (canvas[0] | canvas[1]).sum()
        (left, top), (right, bottom) = line.baseline
        slope = (box[1, 1] - box[0, 1]) / (box[1, 0] - box[0, 0])
        assert (bottom - top) / (right - left) == pytest.approx(slope, abs=0.02)
