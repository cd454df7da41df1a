"""Output formats: parsed again by other libraries, and XML validated against its published schemas."""

import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from htrvx.schemas import Validator
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from netchu.core.charset import CHARSET
from netchu.intake.xml_pages import read_xml_page
from netchu.pages.alto import format_alto
from netchu.pages.hocr import format_hocr
from netchu.pages.image_files import PageFile
from netchu.pages.output_formats import OUTPUT_FORMATS, format_csv, format_jsonl, format_text
from netchu.pages.page import Cell, Line, Page, Point, Word
from netchu.pages.page_xml import format_page_xml

PAGE = Page(
    400,
    200,
    (
        Line(
            (
                Word("Số", 0.75, ((10, 20), (50, 22), (49, 42), (9, 40))),
                Word('"5",', 1.0, ((60, 23), (90, 24), (89, 44), (59, 43))),
            ),
            ((8, 20), (92, 24), (91, 44), (7, 40)),
        ),
        Line(
            (Word("<Hà&Nội>", 0.1234567, ((8, 60), (80, 64), (79, 84), (7, 80))),),
            ((8, 60), (80, 64), (79, 84), (7, 80)),
        ),
    ),
)
BLANK = Page(40, 20, ())
MARKED = replace(
    PAGE,
    lines=(
        replace(
            PAGE.lines[0],
            words=(replace(PAGE.lines[0].words[0], printed=True), replace(PAGE.lines[0].words[1], struck=True)),
        ),
        PAGE.lines[1],
    ),
)
"""The first word is printed, the second one struck through."""


def rectangle(left: int, top: int, right: int, bottom: int) -> tuple[Point, ...]:
    return (left, top), (right, top), (right, bottom), (left, bottom)


def line_of_one_word(text: str, left: int, top: int, region: int, cell: Cell | None = None) -> Line:
    corners = rectangle(left, top, left + 60, top + 20)
    return Line((Word(text, 0.5, corners),), corners, region=region, cell=cell)


CELLS = {
    (row, column): Cell(row, column, rectangle(100 * column, 40 * row + 40, 100 * column + 100, 40 * row + 80))
    for row in range(2)
    for column in range(3)
}

TABLE = Page(
    400,
    200,
    (
        line_of_one_word("Bảng", 10, 10, 0),
        line_of_one_word("35", 10, 45, 1, CELLS[0, 0]),
        line_of_one_word("418A,", 210, 42, 1, CELLS[0, 2]),
        line_of_one_word("Võ", 210, 60, 1, CELLS[0, 2]),
        line_of_one_word("7", 110, 90, 1, CELLS[1, 1]),
        line_of_one_word("Hết", 10, 140, 2),
    ),
)
"""A heading, a table of two rows and three columns with three empty cells, and a line below."""
FILE = PageFile(Path("scans/tờ 1.tif"), 2, 3)


def test_page_combines_its_lines_and_words():
    assert PAGE.text == 'Số "5",\n<Hà&Nội>'
    assert [word.text for word in PAGE.words] == ["Số", '"5",', "<Hà&Nội>"]
    assert PAGE.lines[0].confidence == pytest.approx(0.875)
    assert PAGE.confidence == pytest.approx((0.75 + 1 + 0.1234567) / 3)
    assert PAGE.lines[0].box == (7, 20, 92, 44) and PAGE.lines[0].words[1].box == (59, 23, 90, 44)
    assert (BLANK.text, BLANK.confidence, BLANK.words) == ("", 0, ())


def test_formats_text():
    assert format_text(FILE, PAGE) == 'Số "5",\n<Hà&Nội>\n'
    assert format_text(FILE, BLANK) == "\n"


def test_formats_cells_with_tabs():
    assert format_text(FILE, TABLE) == "Bảng\n35\t\t418A, Võ\n\t7\nHết\n"


def test_jsonl_contains_regions_and_cells():
    lines = json.loads(format_jsonl(FILE, TABLE))["lines"]
    assert [line["region"] for line in lines] == [1, 2, 2, 2, 2, 3]
    assert lines[0]["cell"] is None
    assert lines[4]["cell"] == {"row": 2, "column": 2}


def test_csv_contains_regions_and_cells():
    text = OUTPUT_FORMATS["csv"].header + format_csv(FILE, TABLE) + format_csv(FILE, BLANK)
    table = pd.read_csv(io.StringIO(text), keep_default_na=False, dtype=str)
    assert table["region"].tolist() == ["1", "2", "2", "2", "2", "3", ""]
    assert table["row"].tolist() == ["", "1", "1", "1", "2", "", ""]
    assert table["column"].tolist() == ["", "1", "3", "3", "2", "", ""]


def test_page_xml_contains_tables():
    root = ElementTree.fromstring(format_page_xml(FILE, TABLE))
    space = {"p": "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"}
    assert [region.tag.rpartition("}")[2] for region in root.find("p:Page", space)] == [
        "ReadingOrder",
        "TextRegion",
        "TableRegion",
        *["TextRegion"] * 4,
    ]
    table = root.find("p:Page/p:TableRegion", space)
    assert table.find("p:Coords", space).get("points") == "0,40 300,40 300,120 0,120"
    assert len(table) == 1  # Kraken skips regions of regions
    cells = root.findall("p:Page/p:TextRegion", space)[1:-1]
    roles = [cell.find("p:Roles/p:TableCellRole", space) for cell in cells]
    assert [(role.get("rowIndex"), role.get("columnIndex")) for role in roles] == [("0", "0"), ("0", "2"), ("1", "1")]
    assert cells[1].find("p:Coords", space).get("points") == "200,40 300,40 300,80 200,80"
    assert [len(cell.findall("p:TextLine", space)) for cell in cells] == [1, 2, 1]
    # The reading order contains each region of text once, in their order.
    order = [reference.get("regionRef") for reference in root.findall(".//p:RegionRefIndexed", space)]
    assert order == [region.get("id") for region in root.iterfind(".//p:TextRegion", space)]


def test_alto_contains_tables():
    root = ElementTree.fromstring(format_alto(FILE, TABLE))
    space = {"a": "http://www.loc.gov/standards/alto/ns-v4#"}
    blocks = root.findall(".//a:PrintSpace/*", space)
    assert [block.tag.rpartition("}")[2] for block in blocks] == ["TextBlock"] * 5  # Kraken skips blocks of blocks
    cells = blocks[1:-1]
    labels = {tag.get("ID"): tag.get("LABEL") for tag in root.iterfind(".//a:StructureTag", space)}
    assert [labels[cell.get("TAGREFS")] for cell in cells] == [
        "region 2, row 1, column 1",
        "region 2, row 1, column 3",
        "region 2, row 2, column 2",
    ]
    assert [cell.get("HPOS") for cell in cells] == ["0", "200", "100"]
    assert [len(cell.findall("a:TextLine", space)) for cell in cells] == [1, 2, 1]
    order = [item.get("REF") for item in root.findall(".//a:ElementRef", space)]
    assert order == [line.get("ID") for line in root.iterfind(".//a:TextLine", space)]


@pytest.mark.parametrize("write", [format_page_xml, format_alto])
def test_cells_can_be_trained_on(write):
    page, _ = read_xml_page(write(FILE, TABLE).encode())
    assert [(line.text, line.polygon) for line in page.lines] == [(line.text, line.corners) for line in TABLE.lines]


def test_hocr_has_a_paragraph_for_each_cell():
    root = ElementTree.fromstring(format_hocr(FILE, TABLE).encode())
    areas = [element for element in root.iter() if element.get("class") == "ocr_carea"]
    assert [len(area) for area in areas] == [1, 3, 1]
    assert [paragraph.get("title") for paragraph in areas[1]] == [
        "bbox 0 40 100 80",
        "bbox 200 40 300 80",
        "bbox 100 80 200 120",
    ]


def test_formats_jsonl():
    row = format_jsonl(FILE, PAGE)
    assert row.count("\n") == 1 and row.endswith("\n") and "Số" in row
    value = json.loads(row)
    assert value["path"] == "scans/tờ 1.tif" and value["page"] == 2
    assert value["text"] == PAGE.text and value["confidence"] == 0.6245
    assert (value["width"], value["height"]) == (400, 200)
    first, second = value["lines"]
    assert first["text"] == 'Số "5",' and first["box"] == [7, 20, 92, 44]
    assert first["polygon"] == [[8, 20], [92, 24], [91, 44], [7, 40]]
    assert first["words"][0] == {
        "text": "Số",
        "confidence": 0.75,
        "box": [9, 20, 50, 42],
        "printed": False,
        "struck": False,
    }
    assert second["confidence"] == 0.1235
    blank = json.loads(format_jsonl(FILE, BLANK))
    assert (blank["text"], blank["confidence"], blank["lines"]) == ("", 0, [])


def test_pandas_parses_csv():
    text = OUTPUT_FORMATS["csv"].header + format_csv(FILE, PAGE) + format_csv(FILE, BLANK)
    table = pd.read_csv(io.StringIO(text), keep_default_na=False)
    assert table["text"].tolist() == ['Số "5",', "<Hà&Nội>", ""]
    assert table["line"].tolist() == ["1", "2", ""]
    assert table.loc[0, ["left", "top", "right", "bottom"]].tolist() == ["7", "20", "92", "44"]
    assert table["confidence"].tolist() == [0.875, 0.1235, 0]
    assert set(table["path"]) == {"scans/tờ 1.tif"} and set(table["page"]) == {2}


def test_formats_marks_of_words():
    words = [word for line in json.loads(format_jsonl(FILE, MARKED))["lines"] for word in line["words"]]
    assert [(word["printed"], word["struck"]) for word in words] == [(True, False), (False, True), (False, False)]

    alto = etree.fromstring(format_alto(FILE, MARKED).encode())
    printed = {tag.get("ID") for tag in alto.findall(".//{*}Tags/{*}OtherTag[@LABEL='printed']")}
    strings = alto.findall(".//{*}String")
    assert [string.get("TAGREFS") in printed for string in strings] == [True, False, False]
    assert [string.get("STYLE") for string in strings] == [None, "strikethrough", None]

    words = etree.fromstring(format_page_xml(FILE, MARKED).encode()).findall(".//{*}Word")
    assert [word.get("production") for word in words] == ["printed", None, None]
    assert [word.find("{*}TextStyle[@strikethrough='true']") is not None for word in words] == [False, True, False]


def test_accepts_file_names_of_any_bytes():
    path = Path(b"\xe0\xff.png".decode("utf-8", "surrogateescape"))
    assert json.loads(format_jsonl(PageFile(path), PAGE).encode("utf-8"))["path"] == r"\udce0\udcff.png"
    assert r"\udce0\udcff.png," in format_csv(PageFile(path), PAGE)
    for write in (format_alto, format_page_xml, format_hocr):
        ElementTree.fromstring(write(PageFile(Path("a\x01<.png")), PAGE))


SCHEMAS = [
    (format_alto, Validator("https://www.loc.gov/standards/alto/v4/alto-4-3.xsd")),
    (format_page_xml, Validator("page")),
]
"""XML formats with their published schemas."""


def validate(validator: Validator, document: str) -> bool:
    # As bytes: lxml rejects text with an encoding declaration.
    return validator.validate(etree.ElementTree(etree.fromstring(document.encode("utf-8"))))


@pytest.mark.parametrize(("write", "validator"), SCHEMAS, ids=["alto", "page"])
@pytest.mark.parametrize("page", [PAGE, BLANK, TABLE, MARKED], ids=["lines", "blank", "table", "marked"])
@pytest.mark.parametrize("name", ["tờ 1.tif", "<&\"'😀\u200b\x01.png", os.fsdecode(b"\xff.png")])
def test_xml_is_valid(write, validator, page, name):
    text = write(PageFile(Path(name)), page)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    assert validate(validator, text), validator.xmlschema.error_log


@pytest.mark.parametrize(("write", "validator"), SCHEMAS, ids=["alto", "page"])
def test_validation_rejects_wrong_xml(write, validator):
    text = write(FILE, PAGE)
    assert not validate(validator, re.sub(r"\b(WC|conf)=\"0.75\"", r'\1="1.5"', text))
    assert not validate(validator, text.replace('"line2"', '"line1"'))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.text(st.sampled_from(CHARSET.strip()), min_size=1, max_size=8),
                st.floats(0, 1),
                st.tuples(*[st.tuples(st.integers(0, 400), st.integers(0, 200))] * 4),
            ),
            min_size=1,
            max_size=3,
        ),
        max_size=3,
    )
)
def test_xml_of_any_page_is_valid(lines):
    read = [tuple(Word(*word) for word in line) for line in lines]
    page = Page(400, 200, tuple(Line(words, words[0].corners) for words in read))
    for write, validator in SCHEMAS:
        assert validate(validator, write(FILE, page)), validator.xmlschema.error_log


def test_alto_contains_texts_and_boxes():
    root = ElementTree.fromstring(format_alto(FILE, PAGE))
    space = {"a": "http://www.loc.gov/standards/alto/ns-v4#"}
    assert root.findtext(".//a:fileName", namespaces=space) == "tờ 1.tif"
    assert root.find(".//a:Page", space).get("PHYSICAL_IMG_NR") == "2"
    words = root.findall(".//a:TextLine", space)[0].findall("a:String", space)
    assert [word.get("CONTENT") for word in words] == ["Số", '"5",']
    assert [words[0].get(name) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT", "WC")] == ["9", "20", "41", "22", "0.75"]
    line = root.find(".//a:TextLine", space)
    assert line.get("BASELINE") == "7 35 91 39"
    assert line.find("a:Shape/a:Polygon", space).get("POINTS") == "8 20 92 24 91 44 7 40"
    assert words[0].find("a:Shape/a:Polygon", space).get("POINTS") == "10 20 50 22 49 42 9 40"
    assert [item.get("REF") for item in root.findall(".//a:ElementRef", space)] == ["line1", "line2"]
    block = root.find(".//a:TextBlock", space)
    assert [block.get(name) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT")] == ["7", "20", "85", "64"]


def test_page_xml_contains_texts_and_polygons():
    root = ElementTree.fromstring(format_page_xml(FILE, PAGE))
    space = {"p": "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"}
    assert root.find("p:Page", space).get("imageFilename") == "tờ 1.tif"
    lines = root.findall(".//p:TextLine", space)
    assert [line.findtext("p:TextEquiv/p:Unicode", namespaces=space) for line in lines] == ['Số "5",', "<Hà&Nội>"]
    assert lines[0].find("p:Coords", space).get("points") == "8,20 92,24 91,44 7,40"
    word = lines[1].find("p:Word", space)
    assert word.find("p:TextEquiv", space).get("conf") == "0.1235"
    assert lines[0].find("p:Baseline", space).get("points") == "7,35 91,39"
    assert root.find(".//p:RegionRefIndexed", space).get("regionRef") == root.find(".//p:TextRegion", space).get("id")


def test_hocr_contains_texts_boxes_and_baselines():
    text = format_hocr(PageFile(Path('scans/tờ "1".tif'), 2, 3), PAGE)
    root = etree.fromstring(text.encode(), etree.XMLParser(load_dtd=False, no_network=True))

    def find(kind: str) -> list[etree._Element]:
        return root.findall(f".//{{*}}*[@class='{kind}']")

    (sheet,) = find("ocr_page")
    assert sheet.get("title") == 'image "tờ \\"1\\".tif"; bbox 0 0 400 200; ppageno 1'
    assert [len(find(kind)) for kind in ("ocr_carea", "ocr_par", "ocr_line")] == [1, 1, 2]
    assert [line.get("title") for line in find("ocr_line")] == [
        "bbox 7 20 92 44; baseline 0.0476 -9",
        "bbox 7 60 80 84; baseline 0.0556 -9",
    ]
    words = [[(word.text, word.get("title")) for word in line] for line in find("ocr_line")]
    assert words == [
        [("Số", "bbox 9 20 50 42; x_wconf 75"), ('"5",', "bbox 59 23 90 44; x_wconf 100")],
        [("<Hà&Nội>", "bbox 7 60 80 84; x_wconf 12")],
    ]
    identifiers = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(identifiers) == len(set(identifiers))
    # Programs that read the text alone get the text of the page.
    rows = ["".join(line.itertext()).split() for line in find("ocr_line")]
    assert "\n".join(map(" ".join, rows)) == PAGE.text


def test_hocr_of_a_blank_page_has_no_lines():
    root = ElementTree.fromstring(format_hocr(FILE, BLANK).encode())
    assert [element.get("class") for element in root.iter() if element.get("class")] == ["ocr_page"]
