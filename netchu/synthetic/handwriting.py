"""Lines of text as the pen strokes of synthetic writers, whose habits stay the same from line to line."""

from dataclasses import dataclass, field

import numpy as np

from netchu.synthetic.letters import TALL, Glyph, alphabets, decompose, dot_stroke, mark_stroke
from netchu.synthetic.pen_and_paper import SCALE, draw_on_paper, to_subpixels


@dataclass(frozen=True)
class Writer:
    """Habits of a synthetic writer. Lengths are in x-heights, the height of a small letter, unless stated otherwise."""

    seed: int  # of the forms of the letters
    alphabet: dict[str, float]  # weight of each alphabet in the choice of a form for each letter
    x_height: float  # pixels
    ascender: float  # height of capitals and ascenders
    width: float  # of letters, times the skeleton's
    slant: float  # run over rise, positive to the right
    deformation: float  # distance of the letters from the skeletons
    carelessness: float  # distance of an instance of a letter from its form
    gap: float  # between letters
    space: float  # between words
    joins: float  # probability of joining two letters that can be joined
    drift: float  # amplitude of the baseline's slow wave
    climb: float  # rise over run of the baseline
    tremor: float
    pen: float  # width of the stroke in pixels
    pressure: float  # variation of the stroke's width, 0 to 1
    ink: tuple[int, int, int]  # RGB
    density: float  # opacity of the ink, 0 to 1
    mark_size: float  # of marks, times the skeleton's
    mark_height: float  # distance of marks from their letter
    mark_shift: float  # of marks to the right
    stacked: bool  # whether a tone mark is above the circumflex or breve, not beside it
    paper: tuple[int, int, int]  # RGB
    grain: float  # standard deviation of the paper's grey levels
    shading: float  # difference of grey levels between ends of a line
    ruled: bool
    glyphs: dict[str, "_WriterGlyph"] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True)
class _WriterGlyph:
    """A writer's form of one character, with the extent and the points by which it is placed and joined."""

    points: np.ndarray  # (points, 2), all strokes one after the other
    starts: np.ndarray  # index of the first point of each stroke
    left: float
    right: float
    entry: int | None  # index of the point where a join may end
    leave: int | None  # index of the point where a join may start


def sample_writer(rng: np.random.Generator) -> Writer:
    """Return a random writer."""
    script = float(rng.beta(0.7, 1.2))
    hand = float(rng.beta(1.5, 1.0))
    bluish = rng.random() < 0.75
    if bluish:
        ink = (rng.integers(15, 90), rng.integers(20, 100), rng.integers(130, 215))
    else:
        ink = np.full(3, rng.integers(20, 75)) + rng.integers(-8, 9, 3)
    light = rng.uniform(222, 252)
    paper = light + rng.uniform(-4, 1, 3) + np.array([0, 0, rng.uniform(0, 9)])
    pen = float(rng.uniform(1.5, 3.2))
    return Writer(
        seed=int(rng.integers(2**31)),
        alphabet={"print": 0.6 * (1 - hand) + 0.1, "script": 0.8 * script, "hand": hand},
        x_height=float(rng.uniform(19, 27)),
        ascender=float(rng.uniform(1.5, 2.0)),
        width=float(rng.uniform(0.72, 1.08)),
        slant=float(np.clip(rng.normal(0.15, 0.16), -0.2, 0.5)),
        deformation=float(rng.uniform(0.03, 0.07)),
        carelessness=float(rng.uniform(0.012, 0.035)),
        gap=float(rng.uniform(0.18, 0.36)),
        space=float(rng.uniform(0.75, 1.2)),
        joins=float(np.clip(rng.normal(0.5, 0.4), 0, 1)),
        drift=float(rng.uniform(0.02, 0.14)),
        climb=float(rng.normal(0, 0.006)),
        tremor=float(rng.uniform(0.0, 0.014)),
        pen=pen,
        pressure=float(rng.uniform(0.1, 0.6)),
        ink=tuple(int(value) for value in ink),
        density=float(rng.uniform(0.72, 0.97)),
        mark_size=float(rng.uniform(0.85, 1.25)),
        mark_height=float(rng.uniform(0.2, 0.34)),
        mark_shift=float(rng.normal(0.06, 0.08)),
        stacked=bool(rng.random() < 0.4),
        paper=tuple(int(value) for value in np.clip(paper, 0, 255)),
        grain=float(rng.uniform(0.2, 0.9)),
        shading=float(rng.uniform(0, 9)),
        ruled=bool(rng.random() < 0.1),
    )


def draw_line(text: str, writer: Writer, rng: np.random.Generator) -> np.ndarray:
    """Draw a line of text in the handwriting of `writer`.

    >>> rng = np.random.default_rng(1)
    >>> draw_line("Số 1 Trần Phú", sample_writer(rng), rng).shape
    (101, 365, 3)

    Args:
        text: characters of the charset, not only spaces.
        writer: whose letters, pen, ink and paper are used.
        rng: source of the variation between lines.

    Returns:
        uint8 RGB image (height, width, 3), about 100 pixels high. The ink is at least 4 pixels from every border.
    """
    strokes = [stroke * writer.x_height for stroke in _write_strokes(text, writer, rng)]
    points = np.concatenate(strokes)
    margin = 4 + writer.pen
    left, right = rng.uniform(margin, 40), rng.uniform(margin, 120)
    over, under = -points[:, 1].min() + margin, points[:, 1].max() + margin
    free = max(0.0, rng.uniform(88, 104) - over - under)
    origin = np.array([left - points[:, 0].min(), over + free * rng.uniform(0.35, 0.65)])
    height, width = int(np.ceil(over + under + free)), int(np.ceil(left + np.ptp(points[:, 0]) + right))
    layers = _make_ink_layers([stroke + origin for stroke in strokes], writer)
    return draw_on_paper(layers, writer, height, width, origin[1], rng)


def _write_strokes(text: str, writer: Writer, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the strokes of a line, y down, in x-heights, with the baseline at y = 0."""
    joins: list[np.ndarray] = []
    jitter = rng.normal(0, 1, (len(text), 8))
    pieces, starts, count, x, previous = [], [], 0, 0.0, None
    for character, noise in zip(text, jitter, strict=True):
        if character == " ":
            x += writer.space * (1 + 0.15 * np.clip(noise[0], -2, 2))
            previous = None
            continue
        glyph = _find_glyph(character, writer)
        joined = previous is not None and glyph.entry is not None and rng.random() < writer.joins
        if joined:
            x += 0.16  # room for the upstroke; without it, a joined "an" would look like "om"
        points = _vary(glyph, writer.carelessness, noise) + np.array([x - glyph.left, 0])
        if joined:
            joins.append(_draw_join(previous, points[glyph.entry]))
        pieces.append(points)
        starts.append(glyph.starts + count)
        count += len(points)
        previous = points[glyph.leave - 1 : glyph.leave + 1] if glyph.leave is not None else None
        x += glyph.right - glyph.left + writer.gap * (1 + 0.2 * np.clip(noise[1], -2, 2))
    for join in joins:
        pieces.append(join)
        starts.append(np.array([count]))
        count += len(join)
    points = np.concatenate(pieces)
    x, y = points.T
    wave = rng.uniform(0, 2 * np.pi, 2)
    y = y + writer.drift * (np.sin(x / 6 + wave[0]) + 0.5 * np.sin(x / 2.3 + wave[1])) + writer.climb * x
    x = x + (writer.slant + 0.04 * np.sin(x / 5 + wave[1])) * y
    shake = rng.normal(0, 2.2 * writer.tremor, (len(points) + 4, 2)).cumsum(axis=0)
    shake = (shake[4:] - shake[:-4]) / 2  # neighbouring points move together
    return np.split(np.stack([x, -y], axis=1) + shake, np.concatenate(starts)[1:])


def _vary(glyph: _WriterGlyph, amount: float, noise: np.ndarray) -> np.ndarray:
    """Return the points of one instance of a glyph: slightly wider or narrower, turned, shifted and bent."""
    x, y = glyph.points.T
    middle = (glyph.left + glyph.right) / 2
    dx = (x - middle) * noise[2] + y * noise[3] + 0.6 * np.sin(2.6 * y + 3 * noise[6])
    dy = y * noise[4] + noise[5] + 0.6 * np.sin(2.6 * x + 3 * noise[7])
    return glyph.points + amount * np.stack([dx, dy], axis=1)


def _draw_join(leaving: np.ndarray, entry: np.ndarray) -> np.ndarray:
    """Return a curve from the last two points of a letter, in their direction, to the first point of the next."""
    start, end = leaving[1], entry
    reach = np.hypot(*(end - start)) * 0.4
    direction = leaving[1] - leaving[0]
    first = start + direction / (np.hypot(*direction) + 1e-9) * reach
    second = end - np.array([0.5, 0.5]) * reach
    t = np.linspace(0, 1, 8)[:, None]
    return (1 - t) ** 3 * start + 3 * t * (1 - t) ** 2 * first + 3 * t**2 * (1 - t) * second + t**3 * end


def _find_glyph(character: str, writer: Writer) -> _WriterGlyph:
    """Return the writer's form of `character`, made on first use."""
    if character not in writer.glyphs:
        writer.glyphs[character] = _make_glyph(character, writer)
    return writer.glyphs[character]


def _make_glyph(character: str, writer: Writer) -> _WriterGlyph:
    """Make the writer's form of `character`."""
    base, marks = decompose(character)
    # The seed depends on the base letter only: the ấ of a writer is their a with marks.
    rng = np.random.default_rng([writer.seed, ord(base)])
    strokes = _deform(_choose_form(base, writer, rng), writer, rng)
    capital = not base.islower()
    if capital:
        strokes = [stroke * (1, writer.ascender / TALL) for stroke in strokes]
    else:
        stretch = (writer.ascender - 1) / (TALL - 1)
        strokes = [
            np.stack([s[:, 0], np.where(s[:, 1] > 1, 1 + (s[:, 1] - 1) * stretch, s[:, 1])], axis=1) for s in strokes
        ]
    strokes = [stroke * (writer.width, 1) for stroke in strokes]
    body = np.concatenate(strokes)
    main = len(strokes[0])
    # The distance to neighbours is measured from the part between baseline and x-height, not from tails and ascenders.
    between = (body[:, 1] >= -0.1) & (capital | (body[:, 1] <= 1.1))
    core = body[between] if between.any() else body
    left, right = float(core[:, 0].min()), float(core[:, 0].max())
    strokes += _place_marks(base, marks, body, left, right, writer)
    points = np.concatenate(strokes)
    lengths = [len(stroke) for stroke in strokes]
    entry = leave = None
    if base.isalpha() and len(strokes[0]) > 2:
        first, last = body[0], body[main - 1]
        if not capital and first[0] < left + 0.45 * (right - left) and 0 <= first[1] <= 1.1:
            entry = 0
        if last[0] > right - 0.3 and -0.1 <= last[1] <= 0.6:
            leave = main - 1
    return _WriterGlyph(points, np.cumsum([0, *lengths[:-1]]), left, right, entry, leave)


def _choose_form(base: str, writer: Writer, rng: np.random.Generator) -> Glyph:
    """Return a glyph of the base letter from one of the alphabets, by their weights."""
    forms = [(writer.alphabet[name], table[base]) for name, table in alphabets().items() if base in table]
    weights = np.array([weight for weight, _ in forms])
    _, glyphs = forms[int(rng.choice(len(forms), p=weights / weights.sum()))]
    return glyphs[int(rng.integers(len(glyphs)))]


def _deform(glyph: Glyph, writer: Writer, rng: np.random.Generator) -> list[np.ndarray]:
    """Bend a skeleton smoothly: make it wider or narrower, lean it, and add two waves."""
    amount = writer.deformation
    wide, lean = rng.normal(0, 1.2 * amount, 2)
    frequency = rng.uniform(1.0, 2.6, (2, 2))
    phase = rng.uniform(0, 2 * np.pi, 2)
    bent = []
    for stroke in glyph:
        x, y = stroke.T
        dx = wide * x + lean * y + amount * np.sin(frequency[0, 0] * x + frequency[0, 1] * y + phase[0])
        dy = 0.7 * amount * np.sin(frequency[1, 0] * x + frequency[1, 1] * y + phase[1])
        bent.append(stroke + np.stack([dx, dy], axis=1))
    return bent


def _place_marks(
    base: str, marks: str, body: np.ndarray, left: float, right: float, writer: Writer
) -> list[np.ndarray]:
    """Return the strokes of the marks, and of the dot of i and j, for a letter whose points are `body`."""
    size, centre = writer.mark_size, (left + right) / 2
    top = float(body[:, 1].max()) if not base.islower() else 1.0
    strokes = []

    def add(mark: str, x: float, y: float, scale: float = 1.0) -> None:
        strokes.append(mark_stroke(mark) * (size * scale) + (x, y))

    above = [mark for mark in marks if mark not in "\u0323\u031b"]
    if base in "ij" and not above:
        strokes.append(dot_stroke() * size + (centre + writer.mark_shift, 1.15 + writer.mark_height))
    if "\u031b" in marks:
        add("\u031b", right + 0.02, top - 0.06, 1.1)
    x, y = centre + writer.mark_shift, top + writer.mark_height + 0.05
    for position, mark in enumerate(above):
        if position == 0:
            add(mark, x, y + 0.05)
        elif writer.stacked or mark == "\u0303":
            add(mark, x + 0.03, y + 0.47 * size, 0.9)
        else:
            add(mark, x + 0.46 * size, y + 0.22 * size, 0.9)
    if "\u0323" in marks:
        tail = body[:, 1].min() < -0.3
        add("\u0323", right + 0.05 if tail else centre, -0.3 - 0.3 * writer.mark_height, 1.2)
    return strokes


def _make_ink_layers(strokes: list[np.ndarray], writer: Writer) -> list[tuple[int, list[np.ndarray]]]:
    """Return thin lines for all strokes, and thick lines for the parts where the pen moves down."""
    thin = max(1, round(writer.pen * SCALE * (1 - 0.4 * writer.pressure)))
    thick = max(thin, round(writer.pen * SCALE * (1 + 0.4 * writer.pressure)))
    fine, downward = [], []
    for stroke in strokes:
        pixels = to_subpixels(stroke)
        fine.append(pixels)
        if thick > thin:
            # A pen is pressed harder when it moves towards the writer.
            down = np.diff(stroke[:, 1]) > 0.35 * np.abs(np.diff(stroke[:, 0]))
            edges = np.flatnonzero(np.diff(np.concatenate([[False], down, [False]]).astype(np.int8)))
            downward += [pixels[start : end + 1] for start, end in edges.reshape(-1, 2).tolist() if end - start > 2]
    return [(thin, fine), (thick, downward)]
