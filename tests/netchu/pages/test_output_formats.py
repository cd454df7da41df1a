"""The formats: read back with other libraries, and the XML against what its schemas demand."""

import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from netchu.pages.image_files import PageFile
from netchu.pages.output_formats import FORMATS, as_alto, as_csv, as_jsonl, as_page, as_text, printable
from netchu.pages.page import Line, Page, Word

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
FILE = PageFile(Path("scans/tờ 1.tif"), 2, 3)


def test_what_a_page_says_of_itself():
    assert PAGE.text == 'Số "5",\n<Hà&Nội>'
    assert [word.text for word in PAGE.words] == ["Số", '"5",', "<Hà&Nội>"]
    assert PAGE.lines[0].confidence == pytest.approx(0.875)
    assert PAGE.confidence == pytest.approx((0.75 + 1 + 0.1234567) / 3)
    assert PAGE.lines[0].box == (7, 20, 92, 44) and PAGE.lines[0].words[1].box == (59, 23, 90, 44)
    assert (BLANK.text, BLANK.confidence, BLANK.words) == ("", 0, ())


def test_text():
    assert as_text(FILE, PAGE) == 'Số "5",\n<Hà&Nội>\n'
    assert as_text(FILE, BLANK) == "\n"


def test_jsonl():
    row = as_jsonl(FILE, PAGE)
    assert row.count("\n") == 1 and row.endswith("\n") and "Số" in row
    value = json.loads(row)
    assert value["path"] == "scans/tờ 1.tif" and value["page"] == 2
    assert value["text"] == PAGE.text and value["confidence"] == 0.6245
    assert (value["width"], value["height"]) == (400, 200)
    line, other = value["lines"]
    assert line["text"] == 'Số "5",' and line["box"] == [7, 20, 92, 44]
    assert line["polygon"] == [[8, 20], [92, 24], [91, 44], [7, 40]]
    assert line["words"][0] == {"text": "Số", "confidence": 0.75, "box": [9, 20, 50, 42]}
    assert other["confidence"] == 0.1235
    blank = json.loads(as_jsonl(FILE, BLANK))
    assert (blank["text"], blank["confidence"], blank["lines"]) == ("", 0, [])


def test_csv_as_pandas_reads_it():
    text = FORMATS["csv"].header + as_csv(FILE, PAGE) + as_csv(FILE, BLANK)
    table = pd.read_csv(io.StringIO(text), keep_default_na=False)
    assert table["text"].tolist() == ['Số "5",', "<Hà&Nội>", ""]
    assert table["line"].tolist() == ["1", "2", ""]
    assert table.loc[0, ["left", "top", "right", "bottom"]].tolist() == ["7", "20", "92", "44"]
    assert table["confidence"].tolist() == [0.875, 0.1235, 0]
    assert set(table["path"]) == {"scans/tờ 1.tif"} and set(table["page"]) == {2}


def test_paths_of_any_bytes_are_printable():
    path = Path(b"\xe0\xff.png".decode("utf-8", "surrogateescape"))
    assert printable(path) == "\ufffd\ufffd.png"
    as_jsonl(PageFile(path), PAGE).encode("utf-8")
    for write in (as_alto, as_page):
        ElementTree.fromstring(write(PageFile(Path("a\x01<.png")), PAGE))


_BOX = {"HPOS", "VPOS", "WIDTH", "HEIGHT"}

# What the published schemas (ALTO 4.4, PAGE 2019-07-15) say of the elements that occur here: the children in their
# order as a regular expression over names, the attributes that must be there, and those that may.
ALTO = {
    "alto": ("(Description )?(Styles )?(Tags )?(ReadingOrder )?Layout ", set(), {"SCHEMAVERSION"}),
    "Description": ("MeasurementUnit (sourceImageInformation )?(OCRProcessing )*(Processing )*", set(), set()),
    "MeasurementUnit": ("", set(), set()),
    "sourceImageInformation": ("(fileName )?(fileIdentifier )*(documentIdentifier )*", set(), set()),
    "fileName": ("", set(), set()),
    "Processing": ("(processingCategory )?(processingDateTime )?(processingSoftware )?", {"ID"}, set()),
    "processingSoftware": ("(softwareCreator )?(softwareName )?(softwareVersion )?", set(), set()),
    "softwareName": ("", set(), set()),
    "Layout": ("(Page )+", set(), {"STYLEREFS"}),
    "Page": ("(PrintSpace )?", {"ID", "PHYSICAL_IMG_NR"}, {"WIDTH", "HEIGHT", "PC"}),
    "PrintSpace": ("(Shape )?(TextBlock )*", set(), {"ID", *_BOX}),
    "TextBlock": ("(Shape )?(TextLine )*", {"ID"}, _BOX),
    "TextLine": ("(Shape )?(String (SP )?)+(HYP )?", set(), {"ID", "BASELINE", *_BOX}),
    "Shape": ("(Polygon |Ellipse |Circle )", set(), set()),
    "Polygon": ("", {"POINTS"}, set()),
    "String": ("(Shape )?(ALTERNATIVE )*(Glyph )*", {"CONTENT"}, {"ID", "WC", *_BOX}),
    "SP": ("", set(), {"ID", *_BOX}),
}
PAGE_XML = {
    "PcGts": ("Metadata Page ", set(), {"pcGtsId"}),
    "Metadata": ("Creator Created LastChange (Comments )?", set(), set()),
    "Creator": ("", set(), set()),
    "Created": ("", set(), set()),
    "LastChange": ("", set(), set()),
    "Page": ("(ReadingOrder )?(TextRegion )*", {"imageFilename", "imageWidth", "imageHeight"}, set()),
    "TextRegion": ("Coords (TextLine )*(TextEquiv )*", {"id"}, set()),
    "TextLine": ("Coords (Baseline )?(Word )*(TextEquiv )*", {"id"}, set()),
    "Word": ("Coords (Glyph )*(TextEquiv )*", {"id"}, set()),
    "Coords": ("", {"points"}, {"conf"}),
    "TextEquiv": ("(PlainText )?Unicode ", set(), {"index", "conf"}),
    "Unicode": ("", set(), set()),
}
VALUES = {
    **dict.fromkeys([*_BOX, "PHYSICAL_IMG_NR", "imageWidth", "imageHeight"], r"\d+"),
    **dict.fromkeys(["WC", "PC", "conf"], r"0(\.\d+)?|1(\.0+)?"),
    **dict.fromkeys(["ID", "id"], r"[A-Za-z_][\w.-]*"),
    "points": r"(\d+,\d+ )+\d+,\d+",
    "POINTS": r"(\d+ \d+ ){2,}\d+ \d+",
}


@pytest.mark.parametrize(
    ("write", "namespace", "rules"),
    [
        (as_alto, "http://www.loc.gov/standards/alto/ns-v4#", ALTO),
        (as_page, "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15", PAGE_XML),
    ],
)
@pytest.mark.parametrize("page", [PAGE, BLANK])
def test_xml_follows_its_schema(write, namespace, rules, page):
    text = write(FILE, page)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    root = ElementTree.fromstring(text.encode("utf-8"))
    names = []
    for element in root.iter():
        space, name = re.fullmatch(r"\{(.*)\}(.*)", element.tag).groups()
        assert space == namespace
        children, required, optional = rules[name]
        assert re.fullmatch(children, "".join(child.tag.partition("}")[2] + " " for child in element)), name
        assert required <= set(element.attrib) <= required | optional, name
        for key, value in element.attrib.items():
            assert re.fullmatch(VALUES.get(key, ".*"), value), f"{name} {key}={value}"
        names += [element.get("ID", element.get("id"))]
    assert root.tag.endswith(next(iter(rules)))
    unique = [name for name in names if name]
    assert len(unique) == len(set(unique))


def test_alto_says_what_was_read_and_where():
    root = ElementTree.fromstring(as_alto(FILE, PAGE))
    space = {"a": "http://www.loc.gov/standards/alto/ns-v4#"}
    assert root.findtext(".//a:fileName", namespaces=space) == "tờ 1.tif"
    assert root.find(".//a:Page", space).get("PHYSICAL_IMG_NR") == "2"
    words = root.findall(".//a:TextLine", space)[0].findall("a:String", space)
    assert [word.get("CONTENT") for word in words] == ["Số", '"5",']
    assert [words[0].get(name) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT", "WC")] == ["9", "20", "41", "22", "0.75"]
    block = root.find(".//a:TextBlock", space)
    assert [block.get(name) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT")] == ["7", "20", "85", "64"]


def test_page_xml_says_what_was_read_and_where():
    root = ElementTree.fromstring(as_page(FILE, PAGE))
    space = {"p": "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"}
    assert root.find("p:Page", space).get("imageFilename") == "tờ 1.tif"
    lines = root.findall(".//p:TextLine", space)
    assert [line.findtext("p:TextEquiv/p:Unicode", namespaces=space) for line in lines] == ['Số "5",', "<Hà&Nội>"]
    assert lines[0].find("p:Coords", space).get("points") == "8,20 92,24 91,44 7,40"
    word = lines[1].find("p:Word", space)
    assert word.find("p:TextEquiv", space).get("conf") == "0.1235"
