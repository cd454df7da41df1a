"""Reads handwriting from pictures, without TensorFlow."""

import contextlib
import functools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar, get_args

import numpy as np
from PIL import Image
from pydantic import ValidationError

from netchu.core.errors import NetchuError
from netchu.core.parallel import ordered_map
from netchu.line_finding.cropping import TextLine
from netchu.line_finding.text_lines import find_lines, find_lines_of_page
from netchu.pages.image_files import PageFile, decode_page, open_page, pillow_pixels
from netchu.pages.letters import Letter, read_letters
from netchu.pages.page import Line, Page, Word
from netchu.pictures.ink import NoInk
from netchu.pictures.line_image import FRAME_WIDTH, PreprocessParams, locate_line
from netchu.reading.line_reading import LineReading
from netchu.reading.lines import read_lines
from netchu.reading.reader import Decoder, Reader, first

Source = TypeVar("Source")

Layout = Literal["auto", "line", "page"]
"""What a picture shows: one line; a page whose lines are to be found; or either, to be told from the picture."""

_MODELS = ("models/adopted", "models/pretrained", "models/reader")
"""The reader that was taught a hand and adopted, the one that ships, and the one that `dvc repro` makes."""

_PACKAGE = Path(__file__).parents[1]


class _PreparedLine(NamedTuple):
    image: np.ndarray  # line image
    corners: np.ndarray  # (4, 2) what it shows, x and y in pixels of the picture, clockwise from its upper left
    frame: float  # what a frame shows, as a fraction of the upper side


class _Reading(NamedTuple):
    line: LineReading
    letters: tuple[Letter, ...]


class _PreparedPage(NamedTuple):
    width: int
    height: int
    lines: list[_PreparedLine]


class Recognizer:
    """A trained model that reads: `Recognizer.load().read("line.png").text`."""

    def __init__(self, folder: Path):
        """Load the model in `folder`; raises NetchuError where it is missing or damaged."""
        self._reader = Reader(folder)
        try:
            self.preprocess = PreprocessParams(**self._reader.model.preprocess)
        except (TypeError, ValidationError):
            raise NetchuError(f"{folder}/model.json: preprocess: unknown parameters; train it again") from None

    @classmethod
    def load(cls, folder: str | Path | None = None) -> "Recognizer":
        """The model in `folder`; without one, the first there is of those adopted, shipped and trained here.

        Raises:
            NetchuError: there is none, or it is damaged.
        """
        return cls(default_model() if folder is None else Path(folder))

    def read(
        self,
        image: "str | Path | bytes | np.ndarray | Image.Image",
        layout: Layout = "auto",
        decoder: Decoder = "beam",
        letters: bool = False,
    ) -> Page:
        """Read an image: its `text`, `confidence` (0 to 1), `words` and `lines`. A blank image has the text "".

        Args:
            image: a path (of a PDF or TIFF, its first page), the bytes of an image file, a Pillow image, or uint8 of
                shape (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA.
            letters: whether its lines have `letters`, each with what else it might be: 20 milliseconds a line.

        Raises:
            NetchuError: it cannot be opened, or was said to show one line and does not.
        """
        page = next(self.read_pages([image], _open_any, layout, decoder, letters))
        if isinstance(page, NetchuError):
            raise page
        return page

    def read_pages(
        self,
        sources: Iterable[Source],
        open_source: Callable[[Source], np.ndarray],
        layout: Layout = "auto",
        decoder: Decoder = "beam",
        letters: bool = False,
    ) -> Iterator[Page | NetchuError]:
        """Read many images on all cores, in the order given and in constant memory.

        Args:
            open_source: gives the pixels of an image as `decode_image` does, or raises NetchuError; called in threads.

        Returns:
            a page for each image, or the error that one met.

        Raises:
            NetchuError: there is no such layout or decoder.
        """
        for name, value, known in (("layout", layout, get_args(Layout)), ("decoder", decoder, get_args(Decoder))):
            if value not in known:
                raise NetchuError(f"{name} {value!r} is not one of {', '.join(known)}")

        def prepare(source: Source) -> _PreparedPage | NetchuError:
            try:
                return _prepare(open_source(source), self.preprocess, layout)
            except NetchuError as error:
                return error

        waiting: deque[_PreparedPage | NetchuError] = deque()

        def images() -> Iterator[np.ndarray]:
            for page in ordered_map(prepare, sources):
                waiting.append(page)
                if not isinstance(page, NetchuError):
                    yield from (line.image for line in page.lines)

        read = self._reader.decode(decoder)

        def decode(logits: np.ndarray) -> _Reading:
            line = read(logits)
            return _Reading(line, read_letters(first(logits), " ".join(line.text.split())) if letters else ())

        readings = read_lines(images(), self._reader.network(decoder), decode, ordered_map)
        done: list[_Reading] = []
        for reading in readings:
            while not _lines(waiting[0]):
                yield _page(waiting.popleft(), [])
            done.append(reading)
            if len(done) == len(_lines(waiting[0])):
                yield _page(waiting.popleft(), done)
                done = []
        while waiting:
            yield _page(waiting.popleft(), [])

    def line_pictures(self, picture: np.ndarray, page: Page, layout: Layout = "auto") -> list[np.ndarray]:
        """The picture of each line of `page`, as `read` saw it: alone, level, its neighbours wiped out.

        Args:
            picture: pixels from which `page` was read with `layout`. If it shows one line, it is that line's picture.
        """
        height, width = picture.shape[:2]
        pictures = {}
        for line in _cut_out(picture, layout):
            with contextlib.suppress(NetchuError):
                corners = _prepare_line(line, self.preprocess).corners
                pictures[_pixels(corners, width, height)] = line.image
        return [pictures[line.corners] for line in page.lines]


def default_model() -> Path:
    """The folder of the model that `Recognizer.load` takes by itself; raises NetchuError where there is none."""
    # Of the project in the working directory, of the one in which this file lies, or installed with it.
    places = [folder / model for folder in (Path(), _PACKAGE.parent) for model in _MODELS]
    for place in (*places, _PACKAGE / "pretrained"):
        if (place / "model.json").is_file():
            return place
    raise NetchuError(f"no model in {' or '.join(_MODELS)}; run `dvc repro decoder`, or name the folder of a model")


def _open_any(image: "str | Path | bytes | np.ndarray | Image.Image") -> np.ndarray:
    if isinstance(image, str | Path):
        try:
            return open_page(PageFile(Path(image)))
        except NetchuError as error:
            raise NetchuError(f"{image}: {error}") from None
    if isinstance(image, bytes):
        return decode_page(image, 1)
    if isinstance(image, Image.Image):
        return pillow_pixels(image)
    if not isinstance(image, np.ndarray):
        raise NetchuError(f"an image is a path, bytes, a NumPy array or a Pillow image, not {type(image).__name__}")
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,), (4,)) or not image.size:
        raise NetchuError(
            f"an array of {image.dtype} and shape {image.shape} is no image: expected uint8, "
            "(height, width), (height, width, 3) or (height, width, 4)"
        )
    return image


def _prepare(picture: np.ndarray, params: PreprocessParams, layout: Layout) -> _PreparedPage:
    height, width = picture.shape[:2]
    lines = []
    for line in _cut_out(picture, layout):
        # On a page, what cannot be a line is a spot or a stroke across it.
        with contextlib.suppress(NoInk if line.image is picture else NetchuError):
            lines.append(_prepare_line(line, params))
    return _PreparedPage(width, height, lines)


def _cut_out(picture: np.ndarray, layout: Layout) -> list[TextLine]:
    """The lines that a picture shows, or itself as the only one."""
    find = {"auto": find_lines_of_page, "page": find_lines}.get(layout)
    found = find(picture) if find else []
    if found or layout == "page":
        return found
    height, width = picture.shape[:2]
    return [TextLine(np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32), picture)]


def _prepare_line(line: TextLine, params: PreprocessParams) -> _PreparedLine:
    """The line image of a line that was cut out."""
    image, corners = locate_line(line.image, params)
    height, width = line.image.shape[:2]
    (left, top), (right, _), (_, bottom), _ = corners  # slanted after `params.deslant`, its upper side level
    frame = FRAME_WIDTH * (bottom - top) / params.height / (right - left)
    return _PreparedLine(image, _between(line.corners, corners / (width, height)), frame)


def _between(corners: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Points at `places`, (points, 2), 0 to 1 along the sides of the parallelogram of `corners`."""
    return corners[0] + places @ (corners[[1, 3]] - corners[0])


def _lines(page: _PreparedPage | NetchuError) -> list[_PreparedLine]:
    return [] if isinstance(page, NetchuError) else page.lines


def _page(page: _PreparedPage | NetchuError, readings: list[_Reading]) -> Page | NetchuError:
    if isinstance(page, NetchuError):
        return page
    pixels = functools.partial(_pixels, width=page.width, height=page.height)
    lines = [
        Line(
            tuple(
                Word(word.text, word.confidence, pixels(_word_corners(line, word.start, word.end)))
                for word in reading.line.words
            ),
            pixels(line.corners),
            reading.letters,
        )
        for line, reading in zip(page.lines, readings, strict=True)
    ]
    # Ink in which the network sees no letter is no line.
    return Page(page.width, page.height, tuple(line for line in lines if line.words))


def _word_corners(line: _PreparedLine, start: int, end: int) -> np.ndarray:
    left, right = (min(frame * line.frame, 1) for frame in (start, end))
    return _between(line.corners, np.array([(left, 0), (right, 0), (right, 1), (left, 1)]))


def _pixels(corners: np.ndarray, width: int, height: int) -> tuple[tuple[int, int], ...]:
    """Corners as whole pixels of a page of that size."""
    return tuple((int(x), int(y)) for x, y in np.rint(np.clip(corners, 0, (width, height))))
