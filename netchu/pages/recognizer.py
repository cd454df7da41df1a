"""The recognizer: reads the lines of a picture or a page. It needs no TensorFlow."""

import contextlib
import functools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar, get_args

import numpy as np

from netchu.core.errors import NetchuError
from netchu.core.frames import FRAME_WIDTH
from netchu.core.parallel import pool_map
from netchu.line_finding.found_lines import PageCell, TextLine
from netchu.line_finding.obvious_line import WIDE, is_obvious_line
from netchu.pages.baseline import estimate_baseline
from netchu.pages.image_files import PageFile, decode_file_page, open_page
from netchu.pages.page import Cell, Line, Page, Word
from netchu.pages.reading_options import Ink, Layout
from netchu.pages.word_marks import WordMarks, find_marks, find_spans
from netchu.pictures.ink import NoInk
from netchu.pictures.line_image import LocatedLine, PreprocessParams, locate_line
from netchu.reading.decoders import DEFAULT_DECODER, check_decoder
from netchu.reading.line_reading import LineReading, WordReading
from netchu.reading.reader import Reader
from netchu.reading.reader_folders import find_default_reader

if TYPE_CHECKING:
    from PIL import Image

Source = TypeVar("Source")

_DOUBTFUL = 0.6
"""Confidence below which a picture is also read turned. Upright writing has more as a rule, and 95 % of turned lines
have less than 0.5."""

_BETTER = 0.2
"""Difference in confidence by which a turned reading is better."""

_SURE = 0.85
"""Confidence of a turned reading that is better than a doubtful one by any difference."""

_QUARTER_TURNS = (2, 1, 3)
"""Quarters of a turn anticlockwise in which a doubtful picture is also read, until the confidence is not doubtful."""

_TOO_WIDE = 10
"""Least width, in heights, of a picture that is not on its side: its lines would have only a few letters each."""

_MARKED_CONFIDENCE = 0.3
"""Highest confidence of printed words, which the network was not trained on, and of words that are struck through."""


class _PreparedLine(NamedTuple):
    image: np.ndarray  # line image
    corners: np.ndarray  # (4, 2) the line in the picture, x and y in pixels, clockwise from its upper left
    frame: float  # width of a frame, as a fraction of the upper side
    margin: float  # frames before the upper left corner
    baseline: float  # share of the height, from the upper side
    region: int  # number of the column or table, from 0
    cell: PageCell | None  # with corners in the picture, as those of the line


class _PreparedPage(NamedTuple):
    width: int
    height: int
    lines: list[_PreparedLine]
    turns: int  # quarters of a turn anticlockwise to which the lines are upright


class Recognizer:
    """Reads pictures with a trained reader.

    Example:
        page = Recognizer.load().read("line.png")
        print(page.text, page.confidence)
    """

    def __init__(self, folder: Path, reader: Reader, threads: int | None = None):
        """Take the reader in `folder`; raise NetchuError if it is not of this version. `threads` is as for `load`."""
        self._threads = threads or os.cpu_count() or 1
        self._reader = reader
        try:
            self.preprocess = PreprocessParams(**reader.preprocess)
        except (TypeError, ValueError):
            raise NetchuError(f"{folder}/model.json: preprocess: unknown parameters; train it again") from None

    @classmethod
    def load(
        cls, folder: str | Path | None = None, words: Iterable[str] = (), threads: int | None = None
    ) -> "Recognizer":
        """Load the reader in `folder`; by default the first that exists: adopted, shipped, or trained here.

        Args:
            folder: of a reader.
            words: lines whose words the decoder "beam" prefers, such as one name a line; or one text of such lines.
            threads: used at a time by a call of `read` or `read_pages`; by default one for each core.

        Raises:
            NetchuError: there is no reader, or it is damaged.
        """
        folder = find_default_reader() if folder is None else Path(folder)
        return cls(folder, Reader.load(folder, words.splitlines() if isinstance(words, str) else words), threads)

    def read(
        self,
        image: "str | Path | bytes | np.ndarray | Image.Image",
        layout: Layout = "auto",
        decoder: str = DEFAULT_DECODER,
        letters: bool = False,
        ink: Ink = "all",
    ) -> Page:
        """Read an image and return its `text`, `confidence` (0 to 1), `words` and `lines`.

        The text of a blank image is "".

        Args:
            image: a path (of a PDF or TIFF, the first page is read), the bytes of an image file, a Pillow image, or a
                uint8 array: (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA.
            letters: give each line its `letters` with their alternatives, which takes 20 milliseconds a line.
            ink: "all" words, the printed ones marked; or "handwriting", without them.

        Raises:
            NetchuError: the image cannot be opened, its only line is wider than 100 times its height, or there is no
                such layout, decoder or ink.
        """
        page = next(self.read_pages([image], _open_any, layout, decoder, letters, ink))
        if isinstance(page, NetchuError):
            raise page
        return page

    def read_pages(
        self,
        sources: Iterable[Source],
        open_source: Callable[[Source], np.ndarray],
        layout: Layout = "auto",
        decoder: str = DEFAULT_DECODER,
        letters: bool = False,
        ink: Ink = "all",
        mark_words: bool = True,
    ) -> Iterator[Page | NetchuError]:
        """Read many images at once, in constant memory; yield a page, or an error, for each image in order.

        Args:
            open_source: returns a source's pixels as `decode_image` does, or raises NetchuError; called in threads.
            mark_words: mark printed and struck-through words, and lower their confidence; without marks a line takes 8
                milliseconds less.

        Raises:
            NetchuError: there is no such layout, decoder or ink.
        """
        for name, value, values in (("layout", layout, get_args(Layout)), ("ink", ink, get_args(Ink))):
            if value not in values:
                raise NetchuError(f"{name} {value!r}: should be one of {', '.join(values)}")
        try:
            check_decoder(decoder)
        except ValueError as error:
            raise NetchuError(f"decoder {decoder!r}: {error}") from None

        def read_line(image: np.ndarray) -> tuple[LineReading, list[WordMarks]]:
            reading = self._reader.read_line(image, decoder, letters)
            if not mark_words and ink == "all":
                return reading, [WordMarks()] * len(reading.words)
            margin = self.preprocess.margin
            return reading, find_marks(image[:, margin:], find_spans(reading.words, image.shape[1], margin))

        with ThreadPoolExecutor(self._threads) as page_pool, ThreadPoolExecutor(self._threads) as line_pool:

            def read_page(source: Source) -> Page | NetchuError:
                try:
                    picture = open_source(source)
                    return _apply_marks(_read_upright(picture, read_turned), ink)
                except NetchuError as error:
                    return error

            def read_turned(picture: np.ndarray, turns: int) -> tuple[Page, bool]:
                page = _prepare_page(picture, self.preprocess, layout, turns)
                images = [line.image for line in page.lines]
                # A single line is read here: passing it to another thread would only take time.
                map_lines = line_pool.map if len(images) > 1 else map
                return _assemble(page, map_lines(read_line, images)), bool(images)

            # Pages and lines have separate threads, so that a single page of many lines is also read on all cores.
            yield from pool_map(page_pool, read_page, sources)

    def crop_line_pictures(self, picture: np.ndarray, page: Page, layout: Layout = "auto") -> list[np.ndarray]:
        """Return the picture of each line of `page` as `read` cropped it: level, with neighbouring lines erased.

        Args:
            picture: the pixels from which `page` was read with `layout`. A picture of one line is returned as it is.
        """
        height, width = picture.shape[:2]
        pictures = {}
        for line, located in _locate_lines(np.rot90(picture, page.turns), self.preprocess, layout):
            corners = _turn_back(_prepare_line(line, located, self.preprocess).corners, page.turns, width, height)
            (rounded,) = _round_to_pixels(corners[None], width, height)
            pictures[rounded] = line.image
        return [pictures[line.corners] for line in page.lines]


def _open_any(image: "str | Path | bytes | np.ndarray | Image.Image") -> np.ndarray:
    """Return the pixels of an image of any accepted type; raise NetchuError if it cannot be opened."""
    if isinstance(image, str | Path):
        try:
            return open_page(PageFile(Path(image)))
        except NetchuError as error:
            raise NetchuError(f"{image}: {error}") from None
    if isinstance(image, bytes):
        return decode_file_page(image, 1)
    if not isinstance(image, np.ndarray):
        from PIL import Image  # takes 20 ms, needed only for these

        from netchu.pictures.pillow_images import convert_pillow_image

        if isinstance(image, Image.Image):
            return convert_pillow_image(image)
        raise NetchuError(f"an image is a path, bytes, a NumPy array or a Pillow image, not {type(image).__name__}")
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,), (4,)) or not image.size:
        raise NetchuError(
            f"an array of {image.dtype} and shape {image.shape} is no image: expected uint8, "
            "(height, width), (height, width, 3) or (height, width, 4)"
        )
    return image


def _read_upright(picture: np.ndarray, read_turned: Callable[[np.ndarray, int], tuple[Page, bool]]) -> Page:
    """Read a picture; if the reading is doubtful, read it upside down, and on its sides unless it is very wide.

    Return the best reading.

    Args:
        read_turned: returns the reading of a picture that is turned by quarters, and False if no line was found.
    """
    best, has_lines = read_turned(picture, 0)
    height, width = picture.shape[:2]
    for turns in _QUARTER_TURNS[:1] if width >= _TOO_WIDE * height else _QUARTER_TURNS:
        if not has_lines or best.confidence >= _DOUBTFUL:
            break
        with contextlib.suppress(NetchuError):
            page, _ = read_turned(picture, turns)
            # A few words read by chance are no better than the many of a page.
            least = min(best.confidence + _BETTER, _SURE) if best.text else _DOUBTFUL
            if page.confidence >= least and 2 * len(page.text) > len(best.text):
                best = page
    return best


def _prepare_page(picture: np.ndarray, params: PreprocessParams, layout: Layout, turns: int) -> _PreparedPage:
    """Return the line images of a turned picture; raise NetchuError if its only line is not a valid one.

    The corners of the lines refer to the picture as it is.
    """
    height, width = picture.shape[:2]
    turned = np.rot90(picture, turns) if turns else picture
    lines = []
    for line, located in _locate_lines(turned, params, layout):
        prepared = _prepare_line(line, located, params)
        cell = prepared.cell and prepared.cell._replace(corners=_turn_back(prepared.cell.corners, turns, width, height))
        corners = _turn_back(prepared.corners, turns, width, height)
        lines.append(prepared._replace(corners=corners, cell=cell))
    return _PreparedPage(width, height, lines, turns)


def _turn_back(points: np.ndarray, turns: int, width: int, height: int) -> np.ndarray:
    """Return points, (points, 2), of a turned picture as points of the picture of that size."""
    x, y = points.T
    back = {0: (x, y), 1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}
    return np.column_stack(back[turns])


def _locate_lines(picture: np.ndarray, params: PreprocessParams, layout: Layout) -> list[tuple[TextLine, LocatedLine]]:
    """Return the lines of a picture, or the picture itself as its only line, each with its line image.

    Raise NetchuError if the only line is not a valid one.
    """
    height, width = picture.shape[:2]
    whole = TextLine(np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32), picture)
    of_whole = None
    if layout == "auto" and width >= WIDE * height:
        with contextlib.suppress(NetchuError):
            of_whole = locate_line(picture, params)
    if of_whole and is_obvious_line(of_whole.pieces):
        return [(whole, of_whole)]
    lines = _find_lines(picture, layout)
    if not lines and of_whole:
        return [(whole, of_whole)]
    if not lines and layout != "page":
        lines = [whole]
    valid = []
    for line in lines:
        # On a page, a crop that is no valid line is a spot or a stray stroke. A whole picture may only be blank.
        with contextlib.suppress(NoInk if line is whole else NetchuError):
            valid.append((line, locate_line(line.image, params)))
    return valid


def _find_lines(picture: np.ndarray, layout: Layout) -> list[TextLine]:
    """Return the lines of a page; none if `layout` or the picture is that of a single line."""
    if layout == "line":
        return []
    from netchu.line_finding.text_lines import find_lines, find_lines_if_page  # takes 10 ms, for pages alone

    return find_lines(picture) if layout == "page" else find_lines_if_page(picture)


def _prepare_line(line: TextLine, located: LocatedLine, params: PreprocessParams) -> _PreparedLine:
    """Return the line image of a cropped line, and its position on the page."""
    image, corners = located.image, located.corners
    height, width = line.image.shape[:2]
    # A parallelogram: its area over its horizontal width is the height of the line before it was scaled.
    (across, up), (left, down) = corners[1] - corners[0], corners[3] - corners[0]
    frame = FRAME_WIDTH * (across * down - up * left) / across / params.height / across
    on_page = _map_fractions(line.corners, corners / (width, height))
    margin = params.margin / FRAME_WIDTH
    return _PreparedLine(image, on_page, frame, margin, estimate_baseline(image), line.region, line.cell)


def _map_fractions(corners: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """Return the points at `fractions`, (..., 2), 0 to 1 along the sides of the parallelogram of `corners`."""
    return corners[0] + fractions @ (corners[[1, 3]] - corners[0])


def _apply_marks(page: Page, ink: Ink) -> Page:
    """Return the page with low confidence in marked words, and without printed words if `ink` is "handwriting"."""
    lines = (line.without_print() if ink == "handwriting" else line for line in page.lines)
    return replace(page, lines=tuple(_lower_confidence(line) for line in lines if line.words))


def _lower_confidence(line: Line) -> Line:
    words = (
        replace(word, confidence=min(word.confidence, _MARKED_CONFIDENCE)) if word.printed or word.struck else word
        for word in line.words
    )
    return replace(line, words=tuple(words))


def _assemble(page: _PreparedPage, readings: Iterable[tuple[LineReading, list[WordMarks]]]) -> Page:
    """Return the page with the readings of its lines, the marks of their words, and their positions in pixels."""
    pixels = functools.partial(_round_to_pixels, width=page.width, height=page.height)
    lines = [
        Line(
            tuple(
                Word(word.text, word.confidence, corners, *word_marks)
                for word, corners, word_marks in zip(
                    reading.words, pixels(_word_corners(line, reading.words)), marks, strict=True
                )
            ),
            *pixels(line.corners[None]),
            reading.letters,
            line.baseline,
            line.region,
            line.cell and Cell(line.cell.row, line.cell.column, *pixels(line.cell.corners[None])),
        )
        for line, (reading, marks) in zip(page.lines, readings, strict=True)
    ]
    # A line without words is a spot, or ink that is not writing.
    return Page(page.width, page.height, tuple(line for line in lines if line.words), page.turns)


def _word_corners(line: _PreparedLine, words: Sequence[WordReading]) -> np.ndarray:
    """Return the corners, (words, 4, 2), of the frames of the words of a line."""
    frames = np.array([(word.start, word.end) for word in words]).reshape(-1, 2)
    x = np.clip((frames - line.margin) * line.frame, 0, 1)[:, [0, 1, 1, 0]]
    return _map_fractions(line.corners, np.stack([x, np.broadcast_to((0, 0, 1, 1), x.shape)], axis=2))


def _round_to_pixels(quadrilaterals: np.ndarray, width: int, height: int) -> list[tuple[tuple[int, int], ...]]:
    """Return the corners, (quadrilaterals, 4, 2), as whole pixels of a page of that size."""
    rounded = np.rint(np.clip(quadrilaterals, 0, (width, height))).astype(int).tolist()
    return [tuple(map(tuple, corners)) for corners in rounded]
