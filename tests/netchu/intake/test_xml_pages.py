"""PAGE XML and ALTO XML: versions, positions, texts and writers are read; unsafe and unusable files are rejected."""

import contextlib
import re

import pytest

from netchu.intake.transcribed_pages import parse_number
from netchu.intake.xml_pages import is_xml_page, read_xml_page

PAGE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2013-07-15"
ALTO = "http://www.loc.gov/standards/alto/ns-v4#"

TRANSKRIBUS = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<PcGts xmlns="{PAGE}">
  <Metadata><Creator>Transkribus</Creator><TranskribusMetadata docId="1" pageNr="2" status="GT"/></Metadata>
  <Page imageFilename="0002_Quận.jpg" imageWidth="1000" imageHeight="800">
    <ReadingOrder><OrderedGroup id="ro"><RegionRefIndexed index="0" regionRef="r1"/></OrderedGroup></ReadingOrder>
    <TextRegion id="r1" custom="readingOrder {{index:0;}} writer {{name:Lan\\u0020Anh;}}">
      <Coords points="0,0 900,0 900,700 0,700"/>
      <TextLine id="r1l1" custom="readingOrder {{index:0;}}">
        <Coords points="10,20 400,20 400,70.5 10,70"/>
        <Baseline points="10,60 400,61"/>
        <Word id="w1"><Coords points="10,20 40,70"/><TextEquiv><Unicode>wrong</Unicode></TextEquiv></Word>
        <TextEquiv index="1"><Unicode>Ấp 9</Unicode></TextEquiv>
        <TextEquiv index="0"><Unicode>Ấp 8</Unicode></TextEquiv>
      </TextLine>
      <TextLine id="r1l2" custom="writer {{offset:0; length:4; name:An;}}">
        <Coords points=""/>
        <Word id="w2"><Coords points="1,2 3,4"/><TextEquiv><Unicode>Xã</Unicode></TextEquiv></Word>
        <Word id="w3"><Coords points="1,2 3,4"/><TextEquiv><Unicode> Đông </Unicode></TextEquiv></Word>
      </TextLine>
    </TextRegion>
    <TableRegion id="t"><TableCell id="c">
      <TextLine id="r1l1"><Coords points="0,0 9,x"/></TextLine>
    </TableCell></TableRegion>
  </Page>
</PcGts>"""


def read(text: str):
    return read_xml_page(text.encode())[0]


def test_reads_an_export_of_transkribus():
    page, is_page_xml = read_xml_page(TRANSKRIBUS.encode())
    assert is_page_xml and (page.image, page.width, page.height) == ("0002_Quận.jpg", 1000, 800)
    first, second, cell = page.lines
    assert (first.id, first.text, first.writer, first.fault) == ("r1l1", "Ấp 8", "Lan Anh", "")
    assert first.polygon == ((10, 20), (400, 20), (400, 70.5), (10, 70)) and first.baseline == ((10, 60), (400, 61))
    assert (second.text, second.writer, second.polygon, second.fault) == ("Xã Đông", "An", (), "")
    assert (cell.id, cell.text, cell.writer) == ("r1l1", "", "")
    assert cell.fault == "points: expected a number, found 'x'"


ESCRIPTORIUM = f"""<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="{ALTO}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <Description><MeasurementUnit>pixel</MeasurementUnit>
    <sourceImageInformation><fileName>scan 1.png</fileName></sourceImageInformation></Description>
  <Tags><OtherTag ID="LT1" LABEL="default" DESCRIPTION="line type default"/></Tags>
  <Layout><Page WIDTH="2000" HEIGHT="3000" PHYSICAL_IMG_NR="0" ID="p"><PrintSpace HPOS="0" VPOS="0">
    <TextBlock ID="b">
      <TextLine ID="l1" TAGREFS="LT1" BASELINE="5 50 90 52" HPOS="5" VPOS="9" WIDTH="85" HEIGHT="51">
        <Shape><Polygon POINTS="5 10 90 9 90 60 5 60"/></Shape>
        <String CONTENT="Số 1, xã Hòa" HPOS="5" VPOS="9" WIDTH="85" HEIGHT="51"/></TextLine>
      <TextLine ID="l2" BASELINE="152.5" HPOS="5" VPOS="100" WIDTH="80" HEIGHT="60">
        <String CONTENT="Ấp"/><SP/><String CONTENT="Đô"/><HYP CONTENT="-"/></TextLine>
      <TextLine ID="l3" BASELINE="5,250 90,252"/>
    </TextBlock></PrintSpace></Page></Layout>
</alto>"""


def test_reads_an_export_of_escriptorium():
    page, is_page_xml = read_xml_page(ESCRIPTORIUM.encode())
    assert not is_page_xml and (page.image, page.width, page.height) == ("scan 1.png", 2000, 3000)
    polygon, box, baseline = page.lines
    assert polygon.text == "Số 1, xã Hòa" and polygon.baseline == ((5, 50), (90, 52))
    assert polygon.polygon == ((5, 10), (90, 9), (90, 60), (5, 60))
    assert box.text == "Ấp Đô-" and box.polygon == ((5, 100), (85, 100), (85, 160), (5, 160)) and box.baseline == ()
    assert baseline.text == "" and baseline.polygon == () and baseline.baseline == ((5, 250), (90, 252))


@pytest.mark.parametrize("version", ["2013-07-15", "2016-07-15", "2017-07-15", "2018-07-15", "2019-07-15"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_reads_versions_of_page(version, scheme):
    text = TRANSKRIBUS.replace("2013-07-15", version).replace("http://schema", f"{scheme}://schema")
    assert read(text) == read(TRANSKRIBUS)


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_reads_versions_of_alto(version):
    assert read(ESCRIPTORIUM.replace("ns-v4#", f"ns-v{version}#")) == read(ESCRIPTORIUM)


def test_reads_prefixed_names_and_utf_16():
    text = re.sub(r"<(/?)(\w)", r"<\1pc:\2", TRANSKRIBUS).replace("xmlns=", "xmlns:pc=")
    data = text.replace('"UTF-8"', '"UTF-16"').encode("utf-16")
    assert is_xml_page(data) and read_xml_page(data) == read_xml_page(TRANSKRIBUS.encode())


def test_takes_tenths_of_millimetres_as_a_unit_of_the_page():
    text = ESCRIPTORIUM.replace(">pixel<", ">mm10<")
    assert read(text) == read(ESCRIPTORIUM)
    with pytest.raises(ValueError, match="positions in mm10, and no WIDTH and HEIGHT of the page"):
        read(text.replace('WIDTH="2000" HEIGHT="3000"', ""))


def test_knows_its_files():
    assert is_xml_page(TRANSKRIBUS[:200].encode()) and is_xml_page(ESCRIPTORIUM[:200].encode())
    assert not is_xml_page(b'<?xml version="1.0"?><mets xmlns:a="x"><alto-like/>')


BOMB = f"""<?xml version="1.0"?><!DOCTYPE PcGts [<!ENTITY a "{"x" * 99}"><!ENTITY b "&a;&a;&a;&a;">]>
<PcGts xmlns="{PAGE}"><Page imageFilename="&b;"/></PcGts>"""

UNUSABLE = {
    # name: (file, text of the error)
    "entities": (BOMB, "declares a document type or entities"),
    "external file": (BOMB.replace('b "&a;&a;&a;&a;"', 'b SYSTEM "file:///etc/passwd"'), "declares a document type"),
    "document type": (f'<!DOCTYPE PcGts><PcGts xmlns="{PAGE}"><Page/></PcGts>', "declares a document type"),
    "cut short": (TRANSKRIBUS[:900], "not well-formed XML"),
    "unknown encoding": (TRANSKRIBUS.replace("UTF-8", "KLINGON"), "not well-formed XML"),
    "older PAGE": (TRANSKRIBUS.replace("2013", "2010"), "export it as version 2013-07-15 to 2019-07-15"),
    "newer ALTO": (ESCRIPTORIUM.replace("ns-v4", "ns-v5"), "ns-v5#'; export it as version 2, 3 or 4"),
    "no namespace": ("<alto><Layout><Page/></Layout></alto>", "ALTO XML of the namespace ''"),
    "no page": (f'<PcGts xmlns="{PAGE}"><Metadata/></PcGts>', "has 0 pages; export one file per page"),
    "two pages": (f'<alto xmlns="{ALTO}"><Page/><Page/></alto>', "has 2 pages"),
    "other root": (f'<x xmlns="{PAGE}"><PcGts/></x>', "the root element is x"),
    "width that is no number": (TRANSKRIBUS.replace('"1000"', '"1e999"'), "the number 1e999 is not between"),
}


@pytest.mark.parametrize(("text", "message"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_rejects_unusable_files(text, message):
    with pytest.raises(ValueError) as caught:
        read(text)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["", "nan", "-inf", "12px", None, True, 10**400, "1000001"])
def test_rejects_values_that_are_no_position(value):
    with pytest.raises(ValueError):
        parse_number(value)


@pytest.mark.parametrize("junk", ["", "x", "-1", "1e999", "nan", "1 2 3", "1,1 -5,9", "9" * 5000])
def test_reads_or_rejects_any_value_of_an_attribute(junk):
    for text in TRANSKRIBUS, ESCRIPTORIUM:
        for match in re.finditer('="[^"]*"', text):
            changed = f'{text[: match.start()]}="{junk}"{text[match.end() :]}'
            with contextlib.suppress(ValueError):
                assert len(read(changed).lines) == 3
