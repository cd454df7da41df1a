"""OCRmyPDF with netchu as its engine: the text can be found in the PDF. Skipped where OCRmyPDF is not installed."""

import pypdfium2
import pytest
from PIL import Image

from netchu import Recognizer
from tests.netchu.synthetic_pages import draw_page

ocrmypdf = pytest.importorskip("ocrmypdf", minversion="17")

PLUGIN = "netchu.pages.ocrmypdf_plugin"


@pytest.fixture
def make_pdf(tmp_path):
    """Return a function that makes a PDF of drawn pages searchable; it returns the texts of its pages."""

    def make(pages, **options):
        first, *others = pages
        first.save(tmp_path / "scan.pdf", save_all=True, append_images=others, resolution=200)
        # Threads, because processes would load the recognizer again.
        options = {"output_type": "pdf", "use_threads": True, "progress_bar": False, "plugins": [PLUGIN]} | options
        code = ocrmypdf.ocr(tmp_path / "scan.pdf", tmp_path / "out.pdf", **options)
        assert code == ocrmypdf.ExitCode.ok
        with pypdfium2.PdfDocument(tmp_path / "out.pdf") as document:
            return [page.get_textpage().get_text_range() for page in document]

    return make


def test_adds_the_text_that_netchu_reads(make_pdf, tmp_path):
    pages = [Image.fromarray(draw_page(seed, lines=4).image) for seed in (3, 4)]
    texts = make_pdf(pages, sidecar=tmp_path / "text.txt")
    expected = [Recognizer.load().read(page).text for page in pages]
    assert (tmp_path / "text.txt").read_text(encoding="utf-8").split("\f") == [f"{text}\n" for text in expected]
    assert [text.split() for text in texts] == [text.split() for text in expected]


def test_leaves_pages_without_writing(make_pdf):
    assert make_pdf([Image.new("RGB", (600, 400), "white")], language=["vie"]) == [""]


def test_lets_the_user_turn_reading_off(make_pdf):
    assert make_pdf([Image.fromarray(draw_page(3, lines=2).image)], ocr_engine="none") == [""]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"pdf_renderer": "sandwich"}, ocrmypdf.exceptions.BadArgsError, "leave that option out"),
        ({"language": ["deu"]}, ocrmypdf.exceptions.MissingDependencyError, "deu"),
    ],
)
def test_rejects_options_that_netchu_does_not_support(make_pdf, options, error, message):
    with pytest.raises(error, match=message):
        make_pdf([Image.fromarray(draw_page(3, lines=2).image)], **options)


def test_names_the_problem_of_an_unreadable_page(tmp_path):
    from netchu.pages.ocrmypdf_plugin import HandwritingEngine, ReadingError

    (tmp_path / "page.png").write_bytes(b"no picture")
    with pytest.raises(ReadingError, match=r"page\.png: not an image"):
        HandwritingEngine.generate_hocr(tmp_path / "page.png", tmp_path / "a", tmp_path / "b", None)
