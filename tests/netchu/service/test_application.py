"""The answers of the service: the same documents as those of `netchu read`, and one line for each error."""

import io
import logging
import re
import zipfile

import pypdfium2
import pytest
import requests
from PIL import Image

from netchu.__main__ import main
from netchu.pages.output_formats import OUTPUT_FORMATS
from netchu.pages.recognizer import Recognizer
from netchu.service.application import create_application
from netchu.service.limits import Limits
from tests.netchu.service.server import draw_picture, post, serve, wait_until

LINE = ("line.png", draw_picture(1))

FORM = {"Content-Type": "multipart/form-data; boundary=b"}
FORM_START = b'--b\r\nContent-Disposition: form-data; name="files"; filename="x.png"\r\n\r\n'


def make_tiff(pages: int) -> bytes:
    images = [Image.open(io.BytesIO(draw_picture(number))) for number in range(pages)]
    file = io.BytesIO()
    images[0].save(file, "TIFF", save_all=True, append_images=images[1:])
    return file.getvalue()


@pytest.fixture
def run_command(reader, tmp_path, monkeypatch, capfd):
    """Return a function that reads files with `netchu read`, and returns each document that it writes by name."""
    monkeypatch.chdir(tmp_path)

    def run(format: str, *files: tuple[str, bytes], layout: str = "auto") -> dict[str, bytes]:
        for name, data in files:
            (tmp_path / name).write_bytes(data)
        names = [name for name, _ in files]
        options = ["--model", str(reader), "--format", format, "--layout", layout, "--output", "out"]
        assert main(["read", *options, *names]) == 0
        capfd.readouterr()
        return {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    return run


def without_time(document: bytes) -> bytes:
    """Return the document without the times in PAGE XML."""
    return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{6}", b"", document)


@pytest.mark.parametrize("format", [*OUTPUT_FORMATS, "pdf"])
def test_answers_with_the_document_of_the_command(service, run_command, format):
    answer = post(service, LINE, format=format, layout="line")
    [document] = run_command(format, LINE, layout="line").values()
    assert answer.status_code == 200
    assert without_time(answer.content) == without_time(document).removeprefix(b"\xef\xbb\xbf") != b""
    kinds = {"text": "text/plain; charset=utf-8", "csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
    kinds |= {"hocr": "application/xhtml+xml", "pdf": "application/pdf"}
    assert answer.headers["content-type"] == kinds.get(format, "application/xml")


def test_joins_pages_of_several_files_in_order(service, run_command):
    files = [("a.tif", make_tiff(2)), ("b.png", draw_picture(7))]
    documents = run_command("text", *files)
    assert post(service, *files).content == b"".join(documents[f"{name}.txt"] for name in ("a-0001", "a-0002", "b"))
    assert post(service, *files, format="csv").text.count("path,page,line") == 1


@pytest.mark.parametrize(
    ("format", "names"),
    [
        ("alto", {"001-a.xml": "a-0001.xml", "002-a.xml": "a-0002.xml", "003-b.xml": "b.xml"}),
        ("hocr", {"001-a.hocr": "a-0001.hocr", "002-a.hocr": "a-0002.hocr", "003-b.hocr": "b.hocr"}),
        ("pdf", {"001-a.pdf": "a.pdf", "002-b.pdf": "b.pdf"}),
    ],
)
def test_sends_several_documents_as_zip_archive(service, run_command, format, names):
    files = [("a.tif", make_tiff(2)), ("b.png", draw_picture(7))]
    answer = post(service, *files, format=format)
    documents = run_command(format, *files)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == list(names)
        for name, written in names.items():
            assert archive.read(name) == documents[written]


def test_sends_one_pdf_for_all_pages_of_a_file(service):
    answer = post(service, ("a.tif", make_tiff(3)), format="pdf")
    assert answer.headers["content-type"] == "application/pdf"
    with pypdfium2.PdfDocument(answer.content) as document:
        assert len(document) == 3


def test_reads_with_the_decoder_of_the_request(service, reader):
    recognizer = Recognizer.load(reader)
    texts = {name: recognizer.read(LINE[1], decoder=name).text for name in ("greedy", "beam")}
    assert texts["greedy"] != texts["beam"]
    for decoder, text in texts.items():
        assert post(service, LINE, decoder=decoder).text == text + "\n"


def test_removes_folders_and_unprintable_letters_from_names(service):
    for given, name in (("../a/b.png", "b.png"), ("C:\\c\\Tờ 1.png", "Tờ 1.png"), ("..", ".."), ("\x1b\x85x", "��x")):
        assert post(service, (given, LINE[1]), format="jsonl").json()["path"] == name


def test_warns_of_missing_part_of_a_picture(service):
    whole = draw_picture(1, ".jpg")
    answer = post(service, LINE, ("cut.jpg", whole[: len(whole) * 95 // 100]))
    assert answer.status_code == 200
    assert re.fullmatch(r"page 2: the end of the file is missing, .* of the picture", answer.headers["X-Warning"])
    assert "X-Warning" not in post(service, LINE).headers


@pytest.mark.parametrize(
    ("files", "options", "status", "message"),
    [
        ([("x.png", b"")], {}, 422, "x.png: empty file"),
        ([LINE, ("Tờ 2.png", LINE[1][:300])], {}, 422, "Tờ 2.png: damaged image"),
        ([("x.pdf", b"%PDF-1.4\n")], {}, 422, "x.pdf: damaged PDF"),
        ([("x.txt", b"no picture")], {}, 422, "x.txt: not an image in a known format"),
        ([("photo.CR2", LINE[1])], {}, 415, r"photo.CR2: \.cr2 files cannot be read; convert"),
        ([("a.tif", make_tiff(4))], {}, 413, "4 pages, more than 3; send them in several requests"),
        ([LINE] * 4, {}, 413, "4 pages, more than 3; send them in several requests"),
        ([LINE, ("large.bmp", b"BM" + bytes(3_000_000))], {}, 413, "a body of more than 3,000,000 bytes; send"),
        ([LINE], {"format": "docx"}, 422, "format: Input should be 'text', .* or 'pdf'"),
        ([LINE], {"layout": "columns"}, 422, "layout: Input should be 'auto', 'line' or 'page'"),
        ([LINE], {"decoder": "magic"}, 422, "decoder: Input should be 'greedy' or 'beam'"),
        ([LINE], {"fromat": "csv"}, 422, "fromat: no such option; the options are layout, decoder, ink, format"),
        ([LINE], {"format": ["csv", "text"]}, 422, "format: given more than once; give each option once"),
    ],
)
def test_rejects_files_and_options(service, files, options, status, message):
    expect_error(post(service, *files, **options), status, message)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"data": {"a": "b"}}, 415, "the body should be multipart/form-data, with each file in a field 'files'"),
        ({"data": LINE[1], "headers": {"Content-Type": "image/png"}}, 415, "the body should be multipart/form-data"),
        ({}, 415, "the body should be multipart/form-data"),
        ({"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "not a valid form: Missing boundary"),
        ({"data": b"x", "headers": FORM}, 400, "not a valid form"),
        ({"data": FORM_START + LINE[1], "headers": FORM}, 400, "not a valid form: its end is missing"),
        ({"data": FORM_START + LINE[1] + b"\r\n" + FORM_START, "headers": FORM}, 400, "its end is missing"),
        ({"data": b"--b--", "headers": FORM}, 422, "no files; send"),
        ({"files": {"file": LINE}}, 422, "field 'file': name the field of each file 'files'"),
        ({"files": [("files", LINE), ("format", (None, "csv"))]}, 422, "field 'format': not a file; options belong in"),
    ],
    ids=["form", "picture", "nothing", "no boundary", "damaged", "cut", "cut 2", "empty", "other field", "option"],
)
def test_rejects_bodies(service, body, status, message):
    expect_error(requests.post(f"{service}/read", **body, timeout=60), status, message)


def test_rejects_a_large_body_of_unknown_length(service):
    chunks = iter([FORM_START, bytes(2_000_000), bytes(2_000_000)])
    answer = requests.post(f"{service}/read", data=chunks, headers=FORM, timeout=60)
    expect_error(answer, 413, "a body of more than 3,000,000 bytes")


def expect_error(answer: requests.Response, status: int, message: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error", "request_id"}
    assert re.search(message, answer.json()["error"]) and "\n" not in answer.json()["error"]
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_answers_unknown_addresses_and_methods_as_json(service):
    expect_error(requests.get(f"{service}/nowhere", timeout=60), 404, "Not Found")
    answer = requests.get(f"{service}/read", timeout=60)
    expect_error(answer, 405, "Method Not Allowed")
    assert answer.headers["Allow"] == "POST"


def test_shows_page_of_its_interface(service):
    assert "swagger-ui" in requests.get(f"{service}/docs", timeout=60).text


def test_needs_key_where_one_is_set(reader):
    with serve(create_application(Recognizer.load(reader), Limits(), "khóa")) as address:
        for headers in ({}, {"X-API-Key": "wrong"}, {"X-API-Key": ""}):
            answer = post(address, LINE, headers=headers)
            expect_error(answer, 401, "the header X-API-Key does not have the key of this service")
            assert answer.headers["WWW-Authenticate"] == "APIKey"
        assert post(address, LINE, headers={"X-API-Key": "khóa".encode()}).status_code == 200
        assert requests.get(f"{address}/health", timeout=60).status_code == 200
        schema = requests.get(f"{address}/openapi.json", timeout=60).json()
        assert schema["paths"]["/read"]["post"]["security"] and "401" in schema["paths"]["/read"]["post"]["responses"]


def test_logs_each_request_once_with_its_id_and_without_names(service, caplog):
    caplog.set_level(logging.INFO, "netchu.service")
    answers = [
        post(service, ("Tờ 1.png", LINE[1]), headers={"X-Request-ID": "job-7.1"}),
        post(service, ("Tờ 1.png", b""), headers={"X-Request-ID": "two words"}),
        requests.get(f"{service}/a%0Ab", timeout=60),
    ]
    assert answers[0].headers["X-Request-ID"] == "job-7.1"
    assert re.fullmatch(r"[0-9a-f]{32}", answers[1].headers["X-Request-ID"])

    def list_rows() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name == "netchu.service"]

    wait_until(lambda: len(list_rows()) == 3)  # a row follows its answer
    expected = [('POST "/read"', 200), ('POST "/read"', 422), (r'GET "/a\nb"', 404)]
    assert [re.sub(r"\d+\.\d{3}$", "", row) for row in list_rows()] == [
        f"request={answer.headers['X-Request-ID']} {request} status={status} seconds="
        for answer, (request, status) in zip(answers, expected, strict=True)
    ]


def test_answers_and_logs_its_own_defects(caplog):
    class Defective:
        def read(self, *_, **__):
            raise ZeroDivisionError("secret")

    with serve(create_application(Defective(), Limits())) as address, caplog.at_level(logging.INFO, "netchu.service"):
        answer = post(address, LINE)
        expect_error(answer, 500, "an error of the service; its log has the details")
        assert requests.get(f"{address}/health", timeout=60).json() == {"status": "ok", "requests": 0}
        wait_until(lambda: f"request={answer.headers['X-Request-ID']} failed" in caplog.text)
    assert "ZeroDivisionError" in caplog.text
