"""Archives of transcribed pages: their lines become a table with pictures; what cannot be cut keeps its reason."""

import csv
import io
import json
import shutil
import zipfile

import cv2
import numpy as np
import pytest
from PIL import Image

from netchu.core.errors import NetchuError
from netchu.intake import page_archives
from netchu.intake.archives import open_archive, read_entry
from netchu.intake.labels import list_lines
from netchu.intake.page_archives import cut_pages
from netchu.pictures.encoding import encode_image
from netchu.pictures.images import decode_image
from tests.netchu.intake.test_gathering import gather, write_zip

PAGE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"


def make_picture(width=400, height=300):
    """Return a page with bars as writing at the heights 50, 110, 170 and 230, each narrower than the one above."""
    page = np.full((height, width), 220, np.uint8)
    for number in range(4):
        page[50 + 60 * number : 70 + 60 * number, 40 : 340 - 40 * number] = 40
    return page


PICTURE = encode_image(make_picture())


def format_line(number, text, name=None, coords=None):
    top = 40 + 60 * number
    coords = f"30,{top} 350,{top} 350,{top + 40} 30,{top + 40}" if coords is None else coords
    return (
        f'<TextLine id="{name or f"l{number}"}"><Coords points="{coords}"/>'
        f"<TextEquiv><Unicode>{text}</Unicode></TextEquiv></TextLine>"
    )


def format_page(*lines, image="p.png", size=(400, 300)):
    return (
        f'<PcGts xmlns="{PAGE}"><Page imageFilename="{image}" imageWidth="{size[0]}" imageHeight="{size[1]}">'
        f'<TextRegion id="r">{"".join(lines)}</TextRegion></Page></PcGts>'
    )


TWO = format_page(format_line(0, "Ấp 8"), format_line(1, "Xã Đông"))

ALTO = """<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description><MeasurementUnit>mm10</MeasurementUnit>
<sourceImageInformation><fileName>p.png</fileName></sourceImageInformation></Description><Layout>
<Page WIDTH="2000" HEIGHT="1500"><PrintSpace><TextBlock>
<TextLine ID="a" HPOS="150" VPOS="200" WIDTH="1600" HEIGHT="200"><String CONTENT="Ấp 8"/></TextLine>
</TextBlock></PrintSpace></Page></Layout></alto>"""


@pytest.fixture
def cut(tmp_path):
    """Return a function that cuts the pages of an archive; it returns labels, faults and pictures by id."""

    def cut(files):
        path = write_zip(tmp_path / "mine.zip", files)
        cut_pages(path)
        with open_archive(path) as archive:
            labels, faults = list_lines(archive)
            return labels, faults, {label.id: decode_image(read_entry(archive, label.path)) for label in labels}

    return cut


def measure(image):
    """Return width and height of the ink."""
    return cv2.boundingRect((image < 130).astype(np.uint8))[2:]


def test_cuts_each_line_with_its_text(cut):
    labels, faults, pictures = cut({"p.png": PICTURE, "p.xml": TWO})
    assert [(label.id, label.text, label.writer) for label in labels] == [
        ("mine/p.xml/l0.png", "Ấp 8", None),
        ("mine/p.xml/l1.png", "Xã Đông", None),
    ]
    assert faults == []
    assert [measure(picture) for picture in pictures.values()] == [(300, 20), (260, 20)]


def test_reads_alto_in_tenths_of_millimetres(cut):
    labels, _, pictures = cut({"p.png": PICTURE, "alto/p.xml": ALTO})
    assert [label.text for label in labels] == ["Ấp 8"]
    assert measure(pictures[labels[0].id]) == (300, 20)


def test_reads_label_studio(cut):
    size = {"original_width": 400, "original_height": 300, "image_rotation": 0, "to_name": "image"}
    value = {"x": 7.5, "y": 100 * 40 / 300, "width": 80, "height": 100 * 40 / 300, "rotation": 0}
    results = [
        {**size, "id": "Xy1", "type": "rectangle", "value": value},
        {**size, "id": "Xy1", "type": "textarea", "value": {**value, "text": ["Ấp 8"]}},
    ]
    task = {"id": 9, "data": {"ocr": "/data/upload/1/0a1b2c3d-p.png", "writer": "An"}}
    export = json.dumps([{**task, "annotations": [{"result": results}]}])
    labels, faults, pictures = cut({"export.json": export, "images/p.png": PICTURE})
    assert [(label.id, label.text, label.writer) for label in labels] == [
        ("mine/export.json/0a1b2c3d-p/Xy1.png", "Ấp 8", "mine/An")
    ]
    assert measure(pictures[labels[0].id]) == (300, 20) and faults == []


def test_scales_positions_to_a_picture_of_another_resolution(cut):
    halved = cv2.resize(make_picture(), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    labels, _, pictures = cut({"p.xml": TWO, "p.png": encode_image(halved)})
    assert measure(pictures[labels[0].id]) == (150, 10)


@pytest.mark.parametrize(
    ("page", "picture"),
    [
        ("book/page/p.xml", "book/p.png"),
        ("xml/p.xml", "images/p.png"),
        ("p.xml", "a/b/P.PNG"),
        ("p.xml", "p.jpg"),  # converted by the export
    ],
)
def test_finds_the_picture_in_another_folder(cut, page, picture):
    labels, faults, _ = cut({page: TWO, picture: PICTURE})
    assert len(labels) == 2 and faults == []


def test_takes_the_picture_in_the_nearest_folder(cut):
    page = format_page(format_line(0, "Ấp 8"))
    other = encode_image(np.full((300, 400), 220, np.uint8))
    files = {"a/page/p.xml": page, "a/p.png": PICTURE, "a/thumbs/p.png": other, "b/p.png": other}
    _, faults, pictures = cut(files)
    assert measure(pictures["mine/a/page/p.xml/l0.png"]) == (300, 20)
    assert [fault.reason for fault in faults] == ["no_label"] * 2


def test_finds_the_picture_of_a_page_that_names_none(cut):
    labels, _, _ = cut({"page/0001.xml": TWO.replace("p.png", ""), "0001.tif": PICTURE})
    assert len(labels) == 2


def test_names_lines_by_their_ids_and_tells_equal_ones_apart(cut):
    lines = [format_line(0, "a", "x"), format_line(1, "b", "x"), format_line(2, "c", "../Ạ b"), format_line(3, "d")]
    labels, _, _ = cut({"p.png": PICTURE, "p.xml": format_page(*lines).replace('id="l3"', "")})
    assert {label.path: label.text for label in labels} == {
        "p.xml/x.png": "a",
        "p.xml/x-2.png": "b",
        "p.xml/_Ạ_b.png": "c",
        "p.xml/line4.png": "d",
    }


def test_lists_lines_without_text_so_that_the_clean_stage_counts_them(cut):
    labels, faults, _ = cut({"p.png": PICTURE, "p.xml": format_page(format_line(0, "Ấp 8"), format_line(1, " "))})
    assert [label.text for label in labels] == ["Ấp 8", ""] and faults == []


def test_rejects_the_lines_of_a_page_without_picture(cut):
    labels, faults, _ = cut({"p.png": PICTURE, "p.xml": TWO, "q.xml": TWO.replace("p.png", "q.png")})
    assert len(labels) == 2
    assert faults == [
        ("mine/q.xml/l0.png", "no_image", "Ấp 8"),
        ("mine/q.xml/l1.png", "no_image", "Xã Đông"),
    ]


def write_tiff(frames):
    data = io.BytesIO()
    first, *others = [Image.fromarray(make_picture()) for _ in range(frames)]
    first.save(data, "TIFF", save_all=True, append_images=others)
    return data.getvalue()


GOOD = {"good.xml": TWO.replace("p.png", "good.png"), "good.png": PICTURE}
LINE = format_line(0, "Ấp 8")

FAULTY = {
    # name: (line, changes of the page, pictures, fault)
    "outside": (format_line(0, "a", coords="900,9 990,9 990,40"), {}, {"p.png": PICTURE}, "lies outside"),
    "no polygon": (format_line(0, "a", coords=""), {}, {"p.png": PICTURE}, "neither a polygon"),
    "no numbers": (format_line(0, "a", coords="1,x"), {}, {"p.png": PICTURE}, "expected a number"),
    "long text": (format_line(0, "a" * 1001), {}, {"p.png": PICTURE}, "1,001 characters"),
    "damaged picture": (LINE, {}, {"p.png": PICTURE[:300]}, "p.png: damaged image"),
    "turned picture": (LINE, {"size": (300, 400)}, {"p.png": PICTURE}, "has 400 x 300 pixels, its page 300 x 400"),
    "two pictures": (LINE, {}, {"y/p.png": PICTURE, "z/p.png": PICTURE}, "several pictures have this name"),
    "pages in one TIFF": (LINE, {"image": "p.tif"}, {"p.tif": write_tiff(2)}, "p.tif: contains 2 pages"),
}


@pytest.mark.parametrize(("line", "changes", "pictures", "message"), FAULTY.values(), ids=FAULTY.keys())
def test_rejects_lines_that_cannot_be_cut(cut, line, changes, pictures, message):
    labels, faults, _ = cut(GOOD | pictures | {"xml/p.xml": format_page(line, **changes)})
    assert len(labels) == 2
    [fault] = faults
    assert fault.reason == "malformed_label" and message in fault.detail


def test_reads_one_tiff_of_one_page(cut):
    assert len(cut({"p.xml": TWO.replace("p.png", "p.tif"), "p.tif": write_tiff(1)})[0]) == 2


def test_ignores_alto_beside_page_xml_of_the_same_picture(cut):
    labels, faults, _ = cut({"p.png": PICTURE, "page/p.xml": TWO, "alto/p.xml": ALTO})
    assert [label.text for label in labels] == ["Ấp 8", "Xã Đông"] and faults == []


def test_takes_writers_from_a_file_beside_the_pictures(cut):
    named = format_page(LINE.replace("<TextLine", '<TextLine custom="writer {name:Lan;}"'), image="q.png")
    writers = json.dumps({"p.png": "An", "Q.png": "Bình"})
    files = {"b/page/p.xml": TWO, "b/p.png": PICTURE, "b/page/q.xml": named, "b/q.png": PICTURE}
    labels, _, _ = cut(files | {"b/writers.json": writers})
    assert [label.writer for label in labels] == ["mine/An", "mine/An", "mine/Lan"]


def test_reads_writers_once_for_all_pages(cut, monkeypatch):
    names = []
    monkeypatch.setattr(
        page_archives, "read_entry", lambda archive, name: names.append(name) or read_entry(archive, name)
    )
    pages = {f"b/{page}.xml": format_page(LINE, image=f"{page}.png") for page in "pqr"}
    pictures = {f"b/{page}.png": PICTURE for page in "pqr"}
    labels, _, _ = cut(pages | pictures | {"b/writers.json": json.dumps({"p.png": "An", "r.png": "Bình"})})
    assert [label.writer for label in labels] == ["mine/An", None, "mine/Bình"]
    assert names.count("b/writers.json") == 2  # and once to copy it


def test_keeps_other_layouts_and_other_files(cut):
    table = "file,text\n1.png,Số 1\n"
    mets = "<mets xmlns='http://www.loc.gov/METS/'/>"
    other = {"mets.xml": mets, "t/lines.csv": table, "t/1.png": PICTURE, "u.png": PICTURE}
    labels, faults, _ = cut({"p.png": PICTURE, "p.xml": TWO} | other)
    assert [label.text for label in labels] == ["Ấp 8", "Xã Đông", "Số 1"]
    assert faults == [("mine/u.png", "no_label", "")]


def test_leaves_an_archive_without_pages_as_it_is(tmp_path):
    files = {"labels.json": '{"1.png": "Số 1"}', "1.png": PICTURE, "list.json": "[1]", "x.xml": "<x>", "y.json": "{"}
    path = write_zip(tmp_path / "a.zip", files)
    before = path.read_bytes()
    cut_pages(path)
    assert path.read_bytes() == before


def test_writes_equal_bytes_for_equal_archives(tmp_path):
    first = write_zip(tmp_path / "a.zip", {"p.png": PICTURE, "p.xml": TWO})
    second = shutil.copy(first, tmp_path / "b.zip")
    cut_pages(first)
    cut_pages(second)
    assert first.read_bytes() == second.read_bytes()


def test_writes_texts_with_commas_quotes_and_lone_surrogates(tmp_path):
    box = {"original_width": 400, "original_height": 300, "x": 0, "y": 10, "width": 90, "height": 20}
    task = {"ocr": "p.png", "bbox": [box], "transcription": 'a,"b"\ud800\n'}
    path = write_zip(tmp_path / "a.zip", {"p.png": PICTURE, "e.json": json.dumps([task])})
    cut_pages(path)
    with zipfile.ZipFile(path) as archive:
        [row] = csv.DictReader(io.StringIO(archive.read("lines-of-pages.csv").decode()))
    assert row == {"file": "e.json/p/1.png", "text": 'a,"b"\\ud800', "writer": "", "fault": ""}


UNUSABLE = {
    # name: (files, text of the error)
    "pictures left out": ({"p.xml": TWO}, "pages can be cut; p.xml: its picture 'p.png' is not in the archive"),
    "no lines": ({"p.xml": format_page(), "p.png": PICTURE}, "no line of 1 transcribed pages can be cut"),
    "entity bomb": ({"p.xml": "<!DOCTYPE x [<!ENTITY a 'b'>]>" + TWO}, "p.xml: declares a document type or entities"),
    "cut short": (GOOD | {"p.xml": TWO[:300]}, "p.xml: not well-formed XML"),
    "other version": (GOOD | {"p.xml": TWO.replace("2019", "2009")}, "export it as version 2013-07-15"),
    "damaged JSON": (GOOD | {"e.json": '[{"id": 1'}, "e.json: not valid JSON"),
    "writers": (GOOD | {"writers.json": '{"good.png": 5}'}, "writers.json: expected one object"),
    "writers cut short": (GOOD | {"writers.json": '{"good.png'}, "writers.json: not valid JSON"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "message"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_rejects_unusable_archives_in_one_line(tmp_path, monkeypatch, files, message):
    monkeypatch.chdir(tmp_path)
    write_zip(tmp_path / "mine.zip", files)
    with pytest.raises(NetchuError) as caught:
        gather("mine.zip")
    assert str(caught.value).startswith("mine.zip: ") and message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rejects_a_large_page_file(tmp_path, monkeypatch):
    monkeypatch.setattr("netchu.intake.page_archives.MAX_PAGE_FILE", 100)
    with pytest.raises(NetchuError, match=r"p\.xml: .* bytes, more than 100; export fewer pages at once"):
        cut_pages(write_zip(tmp_path / "mine.zip", {"p.xml": TWO, "p.png": PICTURE}))


def test_gathers_pages_from_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book" / "page").mkdir(parents=True)
    (tmp_path / "book" / "p.png").write_bytes(PICTURE)
    (tmp_path / "book" / "page" / "p.xml").write_text(TWO)
    files, lines, _ = gather("book")
    assert list(files) == ["book.zip"] and lines == 2
