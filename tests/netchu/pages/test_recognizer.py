"""The recognizer: kinds of images, order of results, positions of words, and equality with its parts."""

import io
import json
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

import netchu
from netchu.core.errors import NetchuError
from netchu.pages.page import Page
from netchu.pages.recognizer import Recognizer, _read_upright
from netchu.pictures.images import decode_image
from netchu.pictures.line_image import PreprocessParams, line_image
from netchu.reading.beam_search import beam_search
from netchu.reading.decoders import BeamParams
from netchu.reading.decoding import decode_best_path
from netchu.reading.language_model import LanguageModel
from netchu.reading.line_reading import read_words
from netchu.reading.onnx_network import OnnxNetwork
from netchu.reading.reader import Reader
from tests.netchu.tiny_model import PREPROCESS, write_tiny_reader

WIDTH, WEIGHT, BONUS = 3, 0.7, 1.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    beam_params = BeamParams(beam_width=WIDTH, language_weight=WEIGHT, length_bonus=BONUS)
    return write_tiny_reader(tmp_path_factory.mktemp("model") / "tiny", beam_params)


@pytest.fixture(scope="module")
def recognizer(folder):
    return Recognizer.load(folder)


def picture(seed: int, width: int = 900) -> np.ndarray:
    """Return a line of scribble, uint8 (80, width, 3); its length depends on the seed."""
    rng = np.random.default_rng(seed)
    image = np.full((80, width, 3), 250, np.uint8)
    points = np.stack([np.linspace(30, width - 100 + seed % 60, 60), rng.integers(15, 65, 60)], axis=1)
    cv2.polylines(image, [points.astype(np.int32)], False, (120, 40, 30), 2, cv2.LINE_AA)
    return image


BLANK = np.full((80, 900), 250, np.uint8)


def read_alone(folder, image: np.ndarray, decoder: str = "beam") -> str:
    """Read an image with the parts of the recognizer, one after the other."""
    line = line_image(image, PreprocessParams(**PREPROCESS))
    logits = OnnxNetwork(folder)(line)
    if decoder == "greedy":
        return " ".join(decode_best_path(logits).split())
    language_model = LanguageModel.load(folder / "language_model.bin")
    return " ".join(beam_search(logits, WIDTH, language_model, WEIGHT, BONUS).split())


def test_reads_every_kind_of_image_alike(recognizer, folder, tmp_path):
    pixels = picture(1)
    png = cv2.imencode(".png", pixels[:, :, ::-1])[1].tobytes()
    (tmp_path / "x.png").write_bytes(png)
    expected = read_alone(folder, pixels)
    assert len(expected.split()) > 3
    for image in (pixels, png, Image.fromarray(pixels), Image.open(io.BytesIO(png)), tmp_path / "x.png"):
        page = recognizer.read(image)
        assert page.text == expected
        assert (page.width, page.height) == (900, 80)
    assert recognizer.read(str(tmp_path / "x.png"), layout="line").text == expected
    assert 0 < page.confidence <= 1
    assert " ".join(word.text for word in page.words) == expected


def test_reads_many_images_in_order(recognizer, folder):
    """There are errors and blank images at the start, in the middle and at the end."""
    pictures = {number: picture(number, 500 + 37 * number % 900) for number in range(90)}
    blank, broken = {0, 1, 40, 89}, {2, 41, 42, 88}

    def open_source(number: int) -> np.ndarray:
        if number in broken:
            raise NetchuError(f"broken {number}")
        return BLANK if number in blank else pictures[number]

    pages = list(recognizer.read_pages(range(90), open_source, "line"))
    assert len(pages) == 90
    for number, page in enumerate(pages):
        if number in broken:
            assert str(page) == f"broken {number}"
        elif number in blank:
            assert (page.text, page.confidence, page.lines, page.width) == ("", 0, (), 900)
        elif number % 9 == 3:
            assert page.text == read_alone(folder, pictures[number])


def test_reads_sources_a_little_ahead(recognizer):
    taken = []

    def sources():
        for number in range(2000):
            taken.append(number)
            yield number

    pages = recognizer.read_pages(sources(), lambda number: picture(number, 200), "line")
    for _ in range(100):
        next(pages)
    assert len(taken) < 400
    pages.close()


def test_uses_given_number_of_threads(recognizer, folder):
    threads = set()

    def open_picture(image: np.ndarray) -> np.ndarray:
        threads.add(threading.get_ident())
        return image

    pictures = [picture(seed) for seed in range(4)]
    pages = list(Recognizer.load(folder, threads=1).read_pages(pictures, open_picture))
    assert len(threads) == 1
    assert pages == list(recognizer.read_pages(pictures, open_picture))


def test_uses_given_decoder_and_beam_search_by_default(recognizer, folder):
    image = picture(1)
    texts = {decoder: recognizer.read(image, "line", decoder).text for decoder in ("greedy", "beam")}
    assert texts == {decoder: read_alone(folder, image, decoder) for decoder in texts}
    assert texts["greedy"] != texts["beam"] == recognizer.read(image).text


def test_word_boxes_divide_the_box_of_the_ink(recognizer):
    image = picture(5)
    page = recognizer.read(image)
    rows, columns = np.nonzero(image[:, :, 0] < 200)
    (line,) = page.lines
    np.testing.assert_allclose(line.box, (columns.min(), rows.min(), columns.max(), rows.max()), atol=6)
    edges = [edge for word in line.words for edge in (word.box.left, word.box.right)]
    assert edges == sorted(edges)
    assert edges[0] >= line.box.left and edges[-1] <= line.box.right + 1
    assert all((word.box.top, word.box.bottom) == (line.box.top, line.box.bottom) for word in line.words)


def test_word_boxes_scale_and_move_with_the_writing(recognizer, folder, monkeypatch):
    network = OnnxNetwork(folder)
    monkeypatch.setattr(Reader, "read_line", lambda self, image, *_: read_words(network(image), "một hai ba"))
    small = picture(7, 600)
    large = cv2.resize(small, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    large = cv2.copyMakeBorder(large, 30, 10, 200, 5, cv2.BORDER_REPLICATE)
    pages = [recognizer.read(image, "line") for image in (small, large)]
    assert pages[0].text == pages[1].text == "một hai ba"
    for before, after in zip(pages[0].lines, pages[1].lines, strict=True):
        np.testing.assert_allclose(np.array(after.corners), 2 * np.array(before.corners) + (200, 30), atol=8)


def page_of(lines: int) -> np.ndarray:
    """Return a page of that many lines of letters, with room between them."""
    image = np.full((100 * lines + 60, 900), 245, np.uint8)
    for number in range(lines):
        text = "nam dong hung ban thi"[number:]
        cv2.putText(image, text, (40, 100 * number + 90), cv2.FONT_HERSHEY_SCRIPT_COMPLEX, 1.6, 40, 2, cv2.LINE_AA)
    return image


def test_auto_finds_lines_of_page_from_top_to_bottom(recognizer):
    page = recognizer.read(page_of(4))
    tops = [line.box.top for line in page.lines]
    assert len(tops) == 4 and tops == sorted(tops)
    assert [round((line.box.top + line.box.bottom - 170) / 200) for line in page.lines] == [0, 1, 2, 3]
    assert page.text.count("\n") == 3
    assert page.text == recognizer.read(page_of(4), layout="page").text


def test_layout_line_reads_any_picture_as_one_line(recognizer, folder):
    assert recognizer.read(page_of(4), layout="line").text == read_alone(folder, page_of(4))


@pytest.mark.parametrize("width", [400, 1400])
def test_auto_reads_picture_of_one_line_as_a_whole(recognizer, folder, width):
    image = picture(3, width)
    assert recognizer.read(image, layout="auto").text == read_alone(folder, image)


@pytest.mark.parametrize("decoder", ["greedy", "beam"])
def test_letters_spell_the_lines_and_change_nothing_else(recognizer, decoder):
    with_letters, without = (recognizer.read(page_of(3), decoder=decoder, letters=letters) for letters in (True, False))
    assert len(with_letters.lines) == 3
    for line, expected in zip(with_letters.lines, without.lines, strict=True):
        assert "".join(letter.text for letter in line.letters) == line.text
        assert replace(line, letters=()) == expected


def test_line_pictures_match_lines(recognizer):
    """A stroke across the page is no line, so not every crop is a line."""
    image = page_of(4)
    cv2.line(image, (30, 230), (880, 231), 60, 3)
    page = recognizer.read(image)
    assert len(page.lines) == 4
    pictures = recognizer.crop_line_pictures(image, page)
    assert [recognizer.read(picture, "line").text for picture in pictures] == page.text.split("\n")
    selected = replace(page, lines=page.lines[1::2])
    assert [picture.shape for picture in recognizer.crop_line_pictures(image, selected)] == [
        picture.shape for picture in pictures[1::2]
    ]


@pytest.mark.parametrize("layout", ["auto", "line"])
def test_line_picture_of_single_line_is_the_whole_picture(recognizer, layout):
    image = picture(3)
    (whole,) = recognizer.crop_line_pictures(image, recognizer.read(image, layout), layout)
    np.testing.assert_array_equal(whole, image)


@pytest.mark.parametrize("layout", ["auto", "line", "page"])
@pytest.mark.parametrize("shape", [(80, 900), (500, 400), (1, 1), (3, 900), (900, 3)])
def test_blank_image_has_no_text(recognizer, layout, shape):
    page = recognizer.read(np.full(shape, 240, np.uint8), layout)
    assert (page.text, page.confidence, page.lines) == ("", 0, ())
    assert (page.height, page.width) == shape


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["auto", "line", "page"]),
    arrays(np.uint8, st.tuples(st.integers(1, 120), st.integers(1, 300)), fill=st.sampled_from([0, 128, 250])),
)
def test_any_picture_gives_page_or_one_line_error(recognizer, layout, image):
    try:
        page = recognizer.read(image, layout)
    except NetchuError as error:
        assert "\n" not in str(error)
    else:
        height, width = image.shape
        for box in (line.box for line in page.lines):
            assert 0 <= box.left <= box.right <= width and 0 <= box.top <= box.bottom <= height


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.float32),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((0, 4), np.uint8),
        np.zeros(4, np.uint8),
        3,
        None,
        b"",
        b"no image",
        "no/such/file.png",
    ],
    ids=str,
)
def test_rejects_other_values_than_images(recognizer, image):
    with pytest.raises(NetchuError) as caught:
        recognizer.read(image)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("arguments", [{"layout": "pages"}, {"layout": None}, {"decoder": "best"}])
def test_rejects_unknown_layout_or_decoder(recognizer, arguments):
    with pytest.raises(NetchuError, match=r"should be one of (auto|greedy), "):
        recognizer.read(picture(1), **arguments)


def test_names_path_in_error(recognizer):
    with pytest.raises(NetchuError, match=r"no/such/file\.png: no such file"):
        recognizer.read("no/such/file.png")


def test_rejects_model_with_unknown_preprocessing(tmp_path):
    folder = write_tiny_reader(tmp_path / "tiny")
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    for preprocess in ({"height": 48}, {**PREPROCESS, "polish": True}, None):
        (folder / "model.json").write_text(json.dumps(description | {"preprocess": preprocess}), encoding="utf-8")
        with pytest.raises(NetchuError, match=r"tiny/model\.json: preprocess: unknown parameters"):
            Recognizer.load(folder)


def test_takes_a_text_as_lines_of_words(folder, monkeypatch):
    given = []

    def record(folder, words):
        given.append(words)
        return SimpleNamespace(preprocess=PREPROCESS)

    monkeypatch.setattr("netchu.pages.recognizer.Reader.load", record)
    for words in ("Ngô Văn\nLò Thị", ["Ngô Văn", "Lò Thị"]):
        Recognizer.load(folder, words)
    assert given == [["Ngô Văn", "Lò Thị"]] * 2


def test_prefers_adopted_then_shipped_reader(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("netchu.reading.reader_folders._PACKAGE", tmp_path / "elsewhere" / "netchu")
    with pytest.raises(NetchuError, match=r"no model in models/adopted or .*reader; run `dvc repro decoder`"):
        Recognizer.load()
    loaded = []

    def record(folder, words):
        loaded.append(folder)
        return SimpleNamespace(preprocess=PREPROCESS)

    monkeypatch.setattr("netchu.pages.recognizer.Reader.load", record)
    ascending = ("elsewhere/netchu/pretrained", "elsewhere/models/reader", "models/reader", "models/pretrained")
    for folder in (*ascending, "models/adopted"):
        write_tiny_reader(tmp_path / folder)
        Recognizer.load()
        assert (tmp_path / loaded[-1]).resolve() == (tmp_path / folder).resolve()


def test_package_loads_recognizer_lazily():
    assert netchu.Recognizer is Recognizer
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = netchu.Nothing
    code = "import netchu, sys; assert not {'numpy', 'netchu.pages.recognizer'} & set(sys.modules); netchu.Recognizer"
    code += "; slow = {'tensorflow', 'keras', 'pandas', 'pyarrow', 'scipy', 'sklearn', 'pypdfium2', 'jiwer'}"
    code += "; assert not slow & set(sys.modules), slow & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_auto_reads_real_lines_as_single_lines(recognizer):
    archive = Path(__file__).parents[4] / "shared" / "data" / "cinnamon-train.zip"
    if not archive.is_file():
        pytest.skip("needs the Cinnamon lines, ../shared/data/cinnamon-train.zip")
    with zipfile.ZipFile(archive) as zipped:
        names = [name for name in zipped.namelist() if name.endswith(".png")][::300]
        pages = list(recognizer.read_pages(names, lambda name: decode_image(zipped.read(name)), "auto"))
    assert all(len(page.lines) == 1 for page in pages)


@pytest.mark.parametrize(("width", "expected"), [(999, [0, 2, 1, 3]), (1000, [0, 2])])
def test_reads_a_doubtful_picture_turned_but_a_very_wide_one_not_on_its_sides(width, expected):
    turns = []

    def read_turned(picture, turn):
        turns.append(turn)
        return Page(width, 100, (), turn), True

    _read_upright(np.zeros((100, width), np.uint8), read_turned)
    assert turns == expected
