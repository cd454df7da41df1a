"""Tests of label files: three layouts at any depth, each faulty line is named, and no image is lost."""

import io
import json
import posixpath
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.errors import NetchuError
from netchu.intake.archives import open_archive
from netchu.intake.labels import Fault, Label, list_lines

SHARED = Path(__file__).parents[3] / "../shared/data"


def listed(files: dict[str, bytes | str | dict], encoding: str | None = "unicode") -> tuple[list[Label], list[Fault]]:
    buffer = io.BytesIO()
    buffer.name = "/anywhere/set.zip"
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, json.dumps(data) if isinstance(data, dict) else data)
    with zipfile.ZipFile(buffer) as archive:
        return list_lines(archive, encoding)


def test_lists_the_cinnamon_layout():
    labels, faults = listed(
        {
            "data/0916_Data Samples 2/labels.json": {"1.png": "Số 1", "2.png": "Số 2"},
            "data/0916_Data Samples 2/writers.json": {"1.png": "12"},
            "data/0916_Data Samples 2/1.png": b"",
            "data/0916_Data Samples 2/2.png": b"",
            "data/1015_Private Test/labels.json": {"1.png": "Số 3"},
            "data/1015_Private Test/1.png": b"",
            "latest/labels.json": {"1.png": "Số 4"},
            "latest/1.png": b"",
            "htr_test/train/labels.json": {"1.png": "Số 5"},
            "htr_test/train/1.png": b"",
        }
    )
    samples, private = "data/0916_Data Samples 2", "data/1015_Private Test"
    assert labels == [
        Label(f"set/{samples}/1.png", "set", "set/12", None, "Số 1", f"{samples}/1.png"),
        Label(f"set/{samples}/2.png", "set", None, None, "Số 2", f"{samples}/2.png"),
        Label(f"set/{private}/1.png", "set", None, "test", "Số 3", f"{private}/1.png"),
        Label("set/htr_test/train/1.png", "set", None, None, "Số 5", "htr_test/train/1.png"),
        Label("set/latest/1.png", "set", None, None, "Số 4", "latest/1.png"),
    ]
    assert faults == []


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lists_the_kalapa_layout(line_end):
    labels, faults = listed(
        {
            "kalapa/annotations/7.txt": f"7/0.jpg\tHà Nội{line_end}7/1.jpg\tQ5\tTp Hcm{line_end}{line_end}",
            "kalapa/images/7/0.jpg": b"",
            "kalapa/images/7/1.jpg": b"",
        }
    )
    assert [(label.id, label.writer, label.subset, label.text) for label in labels] == [
        ("set/kalapa/images/7/0.jpg", "set/7", None, "Hà Nội"),
        ("set/kalapa/images/7/1.jpg", "set/7", None, "Q5\tTp Hcm"),
    ]
    assert faults == []


TABLES = {
    "comma": ("a.csv", 'file,text\n1.png,"Số 1, Hà Nội"\n'),
    "semicolon, as Excel writes it in Vietnam": ("a.csv", "file;text\n1.png;Số 1, Hà Nội\n"),
    "tab": ("a.tsv", "file\ttext\n1.png\tSố 1, Hà Nội\n"),
    "byte order mark and Windows line ends": ("a.csv", '\ufefffile,text\r\n1.png,"Số 1, Hà Nội"\r\n'),
    "columns in another order, capitals, blanks, others": (
        "a.csv",
        'No, Text ,FILE,notes\n1,"Số 1, Hà Nội",1.png,\n,,,\n\n',
    ),
    "./ and backslashes": ("deep/a.csv", 'file,text\n.\\..\\1.png,"Số 1, Hà Nội"\n'),
}


@pytest.mark.parametrize(("name", "table"), TABLES.values(), ids=TABLES.keys())
def test_lists_the_table_layout(name, table):
    labels, faults = listed({name: table, "1.png": b""})
    assert labels == [Label("set/1.png", "set", None, None, "Số 1, Hà Nội", "1.png")]
    assert faults == []


def test_lists_a_table_with_writers_and_subsets():
    labels, _ = listed(
        {
            "a/t.csv": "file,text,writer,subset\n1.png,Một,An,Test\n2.png,Hai,,train\n3.png,Ba,Bình,\n",
            "a/1.png": b"",
            "a/2.png": b"",
            "a/3.png": b"",
        }
    )
    assert [(label.writer, label.subset) for label in labels] == [
        ("set/An", "test"),
        (None, "train"),
        ("set/Bình", None),
    ]


def test_lists_mixed_layouts():
    labels, faults = listed(
        {
            "labels.json": {"1.png": "Một"},
            "1.png": b"",
            "t.csv": "file,text\n2.png,Hai\n",
            "2.png": b"",
            "annotations/3.txt": "3/3.png\tBa",
            "images/3/3.png": b"",
        }
    )
    assert [label.text for label in labels] == ["Một", "Hai", "Ba"] and faults == []


@pytest.mark.parametrize(
    ("label_name", "file_name"),
    [
        ("1.jpg", "1.JPG"),
        ("1.JPG", "1.jpg"),
        (unicodedata.normalize("NFC", "Quận.png"), unicodedata.normalize("NFD", "Quận.png")),
        (unicodedata.normalize("NFD", "Quận.png"), unicodedata.normalize("NFC", "Quận.png")),
        ("./1.png", "1.png"),
        ("a\\1.png", "a/1.png"),
        ("1.png", "./1.png"),
    ],
)
def test_finds_names_changed_by_another_system(label_name, file_name):
    labels, faults = listed({"labels.json": {label_name: "Một"}, file_name: b""})
    assert [label.path for label in labels] == [file_name] and faults == []
    labels, faults = listed({"labels.json": {file_name: "Một"}, "writers.json": {label_name: "12"}, file_name: b""})
    assert [label.writer for label in labels] == ["set/12"] and faults == []


def test_lists_an_archive_with_a_dot_in_its_paths():
    """`zip -r lines.zip ds/.` writes such paths."""
    files = {"ds/./labels.json": {"1.png": "Một"}, "ds/./writers.json": {"1.png": "12"}, "ds/./1.png": b""}
    labels, faults = listed(files)
    assert [(label.text, label.writer) for label in labels] == [("Một", "set/12")] and faults == []


def test_normalises_the_names_of_writers():
    """Otherwise a writer could be in two subsets."""
    names = [unicodedata.normalize("NFC", "Hùng"), unicodedata.normalize("NFD", "Hùng"), " Hùng  "]
    files = {f"{number}.png": b"" for number in range(len(names))}
    labelled = {"labels.json": dict.fromkeys(files, "Một"), "writers.json": dict(zip(files, names, strict=True))}
    assert {label.writer for label in listed(labelled | files)[0]} == {f"set/{names[0]}"}
    rows = "".join(f"{file},Một,{name}\n" for file, name in zip(files, names, strict=True))
    assert {label.writer for label in listed({"t.csv": f"file,text,writer\n{rows}"} | files)[0]} == {f"set/{names[0]}"}


def test_prefers_exact_names():
    labels, faults = listed({"labels.json": {"1.jpg": "a", "1.JPG": "b", "1.Jpg": "c"}, "1.jpg": b"", "1.JPG": b""})
    assert {label.path: label.text for label in labels} == {"1.jpg": "a", "1.JPG": "b"}
    assert faults == [Fault("set/1.Jpg", "no_image", "c")]


MALFORMED = {
    # name: (files beside 1.png, text of the error)
    "no labels at all": ({}, "no labels found"),
    "annotations without images": ({"annotations/1.txt": "1/1.png\ta"}, "no labels found"),
    "labels hidden in an inner archive": ({"inner.zip": "PK"}, "no labels found"),
    "labels only in a folder of macOS": ({"__MACOSX/labels.json": "{}"}, "no labels found"),
    "empty JSON": ({"labels.json": ""}, "labels.json: line 1: not valid JSON"),
    "JSON cut": ({"labels.json": '{"1.png": "a",\n"2.png": "b'}, "labels.json: line 2: not valid JSON"),
    "JSON with a trailing comma": ({"labels.json": '{"1.png": "a",}'}, "line 1: not valid JSON"),
    "JSON list": ({"labels.json": '[["1.png", "a"]]'}, "expected one object"),
    "JSON string": ({"labels.json": '"1.png"'}, "expected one object"),
    "JSON nested a million deep": ({"labels.json": "[" * 10**6}, "not valid JSON"),
    "JSON number of 5,000 digits": ({"labels.json": '{"1.png": ' + "9" * 5000 + "}"}, "not valid JSON"),
    "JSON in UTF-16": ({"labels.json": '{"1.png": "a"}'.encode("utf-16")}, "line 1: not UTF-8"),
    "JSON in Windows-1258": ({"labels.json": b'{\n"1.png": "\xd0\xe0"}'}, "line 2: not UTF-8"),
    "writers are no object": ({"labels.json": "{}", "writers.json": "3"}, "writers.json: expected one object"),
    "Kalapa in Latin 1": ({"annotations/1.txt": b"1/1.png\t\xe9", "images/1/1.png": ""}, "line 1: not UTF-8"),
    "table without a header": ({"t.csv": "1.png,Số 1\n"}, "t.csv: line 1: expected the columns"),
    "table without text": ({"t.csv": "file,label\n1.png,Số 1\n"}, "t.csv: line 1: expected the columns"),
    "empty table": ({"t.tsv": ""}, "t.tsv: line 1: expected the columns"),
    "table in UTF-16": ({"t.csv": "file,text\n1.png,a\n".encode("utf-16")}, "t.csv: line 1: expected the columns"),
    "table in Windows-1258": ({"t.csv": b"file,text\n1.png,\xd0\xe0\n"}, "t.csv: line 2: not UTF-8"),
    "quotation mark not closed": ({"t.csv": 'file,text\n1.png,"Số 1\n'}, "t.csv: line 2: unexpected end"),
    "text after a quotation": ({"t.csv": 'file,text\n1.png,"Số" 1\n'}, "t.csv: line 2: "),
    "field of 200,000 characters": ({"t.csv": f"file,text\n1.png,{'a' * 200_000}\n"}, "t.csv: line 2: field larger"),
}


@pytest.mark.parametrize(("files", "error"), MALFORMED.values(), ids=MALFORMED.keys())
def test_rejects_malformed_label_files(files, error):
    with pytest.raises(NetchuError) as caught:
        listed({"1.png": b"", **files})
    message = str(caught.value)
    assert message.startswith("/anywhere/set.zip: ") and error in message and "\n" not in message


LEGACY = {
    # name: (label files, value of clean.encoding); each holds the two texts of the test below
    "CSV in TCVN3": ({"t.csv": "file,text\n1.png,Hµ Néi\n2.png,§­êng L¸ng\n".encode("latin-1")}, "tcvn3"),
    "JSON in VNI": ({"labels.json": '{"1.png": "Haø Noäi", "2.png": "Ñöôøng Laùng"}'.encode("latin-1")}, "vni"),
    "Kalapa in CP1258": (
        {"annotations/1.txt": b"1.png\tH\xe0 N\xf4\xf2i\n2.png\t\xd0\xfd\xf5\xccng L\xe1ng", "images/x": ""},
        "cp1258",
    ),
    "VNI saved as UTF-8": ({"t.csv": "file,text\n1.png,Haø Noäi\n2.png,Ñöôøng Laùng\n"}, "vni"),
    "TCVN3 saved as UTF-8, with escapes": ({"labels.json": {"1.png": "Hµ Néi", "2.png": "§­êng L¸ng"}}, "tcvn3"),
}


@pytest.mark.parametrize(("files", "encoding"), LEGACY.values(), ids=LEGACY.keys())
def test_names_and_converts_an_old_encoding(files, encoding):
    folder = "images/" if "images/x" in files else ""
    files = {f"{folder}1.png": b"", f"{folder}2.png": b"", **files}
    with pytest.raises(NetchuError) as caught:
        listed(files)
    assert f"it looks like {encoding.upper()}: set clean.encoding={encoding} in params.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)
    labels, _ = listed(files, encoding)
    assert [label.text for label in labels] == ["Hà Nội", "Đường Láng"]
    assert len(listed(files, None)[0]) == 2  # the download counts them, whatever their encoding


def test_converts_writers_and_names_of_images():
    files = {"t.csv": "file,text,writer\nQuaän.png,Haø Noäi,Laân\n".encode("latin-1"), "Quận.png": b""}
    assert listed(files, "vni") == (
        [Label("set/Quận.png", "set", "set/Lân", None, "Hà Nội", "Quận.png")],
        [],
    )


def test_keeps_unicode_beside_converted_labels():
    files = {"a.csv": "file,text\n1.png,Haø Noäi\n".encode("latin-1"), "b.csv": "file,text\n2.png,Hà Nội\n"}
    labels, _ = listed(files | {"1.png": b"", "2.png": b""}, "vni")
    assert [label.text for label in labels] == ["Hà Nội", "Hà Nội"]


FAULTY = {
    # name: (label files beside good.png and 1.png, id and reason of the one fault); good.png must be listed
    "text is null": ({"labels.json": '{"1.png": null, "good.png": "a"}'}, "set/1.png", "malformed_label"),
    "text is a number": ({"labels.json": '{"1.png": 5, "good.png": "a"}'}, "set/1.png", "malformed_label"),
    "text is a list": ({"labels.json": '{"1.png": ["a"], "good.png": "a"}'}, "set/1.png", "malformed_label"),
    "text is an object": ({"labels.json": '{"1.png": {"a": "b"}, "good.png": "a"}'}, "set/1.png", "malformed_label"),
    "text is not a number": ({"labels.json": '{"1.png": NaN, "good.png": "a"}'}, "set/1.png", "malformed_label"),
    "label of no image": (
        {"labels.json": '{"1.png": "b", "2.png": "c", "good.png": "a"}'},
        "set/2.png",
        "no_image",
    ),
    "label that climbs out": (
        {"labels.json": '{"1.png": "b", "../../etc/passwd": "c", "good.png": "a"}'},
        "set/../../etc/passwd",
        "no_image",
    ),
    "label of no name": ({"labels.json": '{"1.png": "b", "": "c", "good.png": "a"}'}, "set/.", "no_image"),
    "name with half a character": (
        {"labels.json": '{"1.png": "b", "\\ud800.png": "c", "good.png": "a"}'},
        "set/\\ud800.png",
        "no_image",
    ),
    "image of no label": ({"labels.json": '{"good.png": "a"}'}, "set/1.png", "no_label"),
    "Kalapa line without a tab": (
        {
            "annotations/1.txt": "1/a.png\ta\n1/b.png b",
            "images/1/a.png": "",
            "images/1/b.png": "",
            "labels.json": '{"good.png": "a", "1.png": "b"}',
        },
        "set/images/1/b.png",
        "malformed_label",
    ),
    "text cut by its own comma": (
        {"t.csv": "file,text\n1.png,Số 1, Hà Nội\ngood.png,a\n"},
        "set/1.png",
        "malformed_label",
    ),
    "row cut short": ({"t.csv": "file,text,writer\n1.png,Số 1\ngood.png,a,b\n"}, "set/1.png", "malformed_label"),
    "unknown subset": ({"t.csv": "file,text,subset\n1.png,b,dev\ngood.png,a,\n"}, "set/1.png", "unknown_subset"),
    "table of another folder": ({"t.csv": "file,text\n1.png,b\nx/1.png,c\ngood.png,a\n"}, "set/x/1.png", "no_image"),
}


@pytest.mark.parametrize(("files", "identity", "reason"), FAULTY.values(), ids=FAULTY.keys())
def test_lists_faulty_lines_with_their_reason(files, identity, reason):
    labels, faults = listed({"1.png": b"", "good.png": b"", **files})
    assert [(fault.id, fault.reason) for fault in faults] == [(identity, reason)]
    assert "good.png" in [label.path for label in labels]


def test_names_the_line_of_a_fault():
    _, faults = listed({"annotations/1.txt": "1/a.png\ta\n\n1/b.png b", "images/1/a.png": b""})
    assert faults == [
        Fault("set/images/1/b.png", "malformed_label", "annotations/1.txt: line 3: no tab between file and text")
    ]


@pytest.mark.parametrize(
    ("writer", "expected"),
    [('"An"', "set/An"), ("3", "set/3"), ("0", "set/0"), ("null", None), ('""', None)]
    + [(value, Fault) for value in ("3.5", "NaN", "true", '["An"]', "{}")],
)
def test_accepts_integers_as_writers_but_no_other_types(writer, expected):
    labels, faults = listed(
        {
            "labels.json": {"1.png": "Một", "2.png": "Hai"},
            "writers.json": f'{{"1.png": {writer}, "2.png": "Bình"}}',
            "1.png": b"",
            "2.png": b"",
        }
    )
    assert labels[-1].writer == "set/Bình"
    if expected is Fault:
        assert [(fault.id, fault.reason) for fault in faults] == [("set/1.png", "malformed_label")]
        assert faults[0].detail.startswith("writers.json: the writer ")
    else:
        assert labels[0].writer == expected and faults == []


@pytest.mark.parametrize(
    "stray",
    [b"", b"\n", b"name,age\nAn,12\n", b'"name" x,a"ge\n', b"ghi ch\xfa\n", "a,b\n".encode("utf-16"), b"a" * 200_000],
)
def test_ignores_an_unrelated_table_beside_label_files(stray):
    labels, faults = listed({"labels.json": {"1.png": "Một"}, "1.png": b"", "notes.csv": stray})
    assert [label.id for label in labels] == ["set/1.png"] and faults == []


def test_lists_an_image_with_two_labels_twice():
    labels, _ = listed({"labels.json": '{"1.png": "a", "1.png": "b"}', "1.png": b""})
    assert [(label.id, label.text) for label in labels] == [("set/1.png", "a"), ("set/1.png", "b")]


names = st.text("ab/ắ.J", min_size=1, max_size=5).map(lambda stem: f"{stem}.png")
texts = st.one_of(st.text("Số 1,\n", max_size=5), st.none(), st.integers())


@settings(max_examples=100)
@given(st.dictionaries(names, texts, max_size=6), st.sets(names, max_size=6))
def test_lists_every_label_and_every_image_once(labelled, existing):
    existing = {posixpath.normpath(name).lstrip("/") for name in existing}
    existing = {name for name in existing if not any(part.startswith(".") for part in name.split("/"))}
    labels, faults = listed({"labels.json": labelled, **dict.fromkeys(existing, b"")})
    with_label = len(labels) + sum(fault.reason != "no_label" for fault in faults)
    assert with_label == len(labelled)
    listed_paths = {label.path for label in labels} | {fault.id.removeprefix("set/") for fault in faults}
    assert existing <= listed_paths
    unlabelled = {fault.id.removeprefix("set/") for fault in faults if fault.reason == "no_label"}
    assert not unlabelled & {label.path for label in labels}


@pytest.mark.skipif(not SHARED.exists(), reason="the real data is not here")
@pytest.mark.parametrize(
    ("name", "lines", "writers"), [("cinnamon-train", 1838, {None}), ("kalapa-80-writers", 2160, 80)]
)
def test_lists_real_archives(name, lines, writers):
    with open_archive(SHARED / f"{name}.zip") as archive:
        labels, faults = list_lines(archive)
    assert len(labels) == lines and faults == []
    found = {label.writer for label in labels}
    assert found == writers or len(found) == writers
    assert {label.subset for label in labels} == {None}
