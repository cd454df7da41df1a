"""Draws a line of text as the pen strokes of a writer, a made-up person with habits that he keeps from line to line."""

from dataclasses import dataclass, field

import numpy as np

from netchu.synthetic.letters import TALL, Letter, alphabets, dot, mark, split
from netchu.synthetic.pen_and_paper import SCALE, draw, to_subpixels


@dataclass(frozen=True)
class Writer:
    """Habits of one person; lengths in x-heights (the height of a small letter) where nothing else is said."""

    seed: int  # of the forms of his letters
    alphabet: dict[str, float]  # weight of each alphabet when he settles on a form of a letter
    x_height: float  # pixels
    ascender: float  # height of capitals and ascenders
    width: float  # of letters, times the skeleton's
    slant: float  # run over rise, positive to the right
    deformation: float  # how far his letters are from the skeletons
    carelessness: float  # how far a letter is from his own form of it
    gap: float  # between letters
    space: float  # between words
    joins: float  # probability that he joins two letters which can be joined
    drift: float  # amplitude of the baseline's slow wave
    climb: float  # rise over run of the baseline
    tremor: float
    pen: float  # width of the stroke in pixels
    pressure: float  # how much the stroke's width varies, 0 to 1
    ink: tuple[int, int, int]  # RGB
    density: float  # how opaque the ink is, 0 to 1
    mark_size: float  # of marks, times the skeleton's
    mark_height: float  # distance of marks from their letter
    mark_shift: float  # of marks to the right
    stacked: bool  # a tone stands on top of the circumflex or breve, else beside it
    paper: tuple[int, int, int]  # RGB
    grain: float  # standard deviation of the paper's grey levels
    shading: float  # difference of grey levels between ends of a line
    ruled: bool
    letters: dict[str, "_Placed"] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True)
class _Placed:
    """A writer's form of one character: its strokes, one after the other, and what its neighbours need to know."""

    points: np.ndarray  # (points, 2)
    starts: np.ndarray  # index of the first point of each stroke
    left: float
    right: float
    entry: int | None  # index of the point where a join may come in
    leave: int | None  # index of the point where a join may go out


def sample_writer(rng: np.random.Generator) -> Writer:
    """Make up a writer."""
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
    """Draw `text`, characters of the charset and not all of them spaces, as `writer` writes it.

    Returns:
        uint8 RGB image (height, width, 3), about 100 pixels high and as wide as the text needs; the ink keeps at least
        4 pixels from every border.
    """
    strokes = [stroke * writer.x_height for stroke in _strokes(text, writer, rng)]
    points = np.concatenate(strokes)
    margin = 4 + writer.pen
    left, right = rng.uniform(margin, 40), rng.uniform(margin, 120)
    over, under = -points[:, 1].min() + margin, points[:, 1].max() + margin
    free = max(0.0, rng.uniform(88, 104) - over - under)
    origin = np.array([left - points[:, 0].min(), over + free * rng.uniform(0.35, 0.65)])
    height, width = int(np.ceil(over + under + free)), int(np.ceil(left + np.ptp(points[:, 0]) + right))
    layers = _ink_layers([stroke + origin for stroke in strokes], writer)
    return draw(layers, writer, height, width, origin[1], rng)


def _strokes(text: str, writer: Writer, rng: np.random.Generator) -> list[np.ndarray]:
    """The strokes of a line, y down, in x-heights, the baseline at y = 0."""
    joins: list[np.ndarray] = []
    jitter = rng.normal(0, 1, (len(text), 8))
    pieces, starts, count, x, previous = [], [], 0, 0.0, None
    for character, noise in zip(text, jitter, strict=True):
        if character == " ":
            x += writer.space * (1 + 0.15 * np.clip(noise[0], -2, 2))
            previous = None
            continue
        letter = _letter(character, writer)
        joined = previous is not None and letter.entry is not None and rng.random() < writer.joins
        if joined:
            x += 0.16  # without room for the upstroke, a joined "an" would look like "om"
        points = _careless(letter, writer.carelessness, noise) + np.array([x - letter.left, 0])
        if joined:
            joins.append(_join(previous, points[letter.entry]))
        pieces.append(points)
        starts.append(letter.starts + count)
        count += len(points)
        previous = points[letter.leave - 1 : letter.leave + 1] if letter.leave is not None else None
        x += letter.right - letter.left + writer.gap * (1 + 0.2 * np.clip(noise[1], -2, 2))
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


def _careless(letter: _Placed, amount: float, noise: np.ndarray) -> np.ndarray:
    """The points of one instance of a letter: a little wider, turned, shifted and bent than the writer's form."""
    x, y = letter.points.T
    middle = (letter.left + letter.right) / 2
    dx = (x - middle) * noise[2] + y * noise[3] + 0.6 * np.sin(2.6 * y + 3 * noise[6])
    dy = y * noise[4] + noise[5] + 0.6 * np.sin(2.6 * x + 3 * noise[7])
    return letter.points + amount * np.stack([dx, dy], axis=1)


def _join(leaving: np.ndarray, entry: np.ndarray) -> np.ndarray:
    """A curve from the last two points of a letter, in their direction, to the first point of the next."""
    start, end = leaving[1], entry
    reach = np.hypot(*(end - start)) * 0.4
    direction = leaving[1] - leaving[0]
    first = start + direction / (np.hypot(*direction) + 1e-9) * reach
    second = end - np.array([0.5, 0.5]) * reach
    t = np.linspace(0, 1, 8)[:, None]
    return (1 - t) ** 3 * start + 3 * t * (1 - t) ** 2 * first + 3 * t**2 * (1 - t) * second + t**3 * end


def _letter(character: str, writer: Writer) -> _Placed:
    """The writer's own form of `character`, made on first use and then kept."""
    if character not in writer.letters:
        writer.letters[character] = _make_letter(character, writer)
    return writer.letters[character]


def _make_letter(character: str, writer: Writer) -> _Placed:
    base, marks = split(character)
    # The seed holds the base letter alone: a writer's ấ is his a with marks.
    rng = np.random.default_rng([writer.seed, ord(base)])
    letter = _deform(_choose(base, writer, rng), writer, rng)
    capital = not base.islower()
    if capital:
        letter = [stroke * (1, writer.ascender / TALL) for stroke in letter]
    else:
        stretch = (writer.ascender - 1) / (TALL - 1)
        letter = [
            np.stack([s[:, 0], np.where(s[:, 1] > 1, 1 + (s[:, 1] - 1) * stretch, s[:, 1])], axis=1) for s in letter
        ]
    letter = [stroke * (writer.width, 1) for stroke in letter]
    body = np.concatenate(letter)
    main = len(letter[0])
    # Neighbours keep their distance from the part between the lines, not from tails and ascenders.
    between = (body[:, 1] >= -0.1) & (capital | (body[:, 1] <= 1.1))
    core = body[between] if between.any() else body
    left, right = float(core[:, 0].min()), float(core[:, 0].max())
    letter += _marks(base, marks, body, left, right, writer)
    points = np.concatenate(letter)
    lengths = [len(stroke) for stroke in letter]
    entry = leave = None
    if base.isalpha() and len(letter[0]) > 2:
        first, last = body[0], body[main - 1]
        if not capital and first[0] < left + 0.45 * (right - left) and 0 <= first[1] <= 1.1:
            entry = 0
        if last[0] > right - 0.3 and -0.1 <= last[1] <= 0.6:
            leave = main - 1
    return _Placed(points, np.cumsum([0, *lengths[:-1]]), left, right, entry, leave)


def _choose(base: str, writer: Writer, rng: np.random.Generator) -> Letter:
    forms = [(writer.alphabet[name], table[base]) for name, table in alphabets().items() if base in table]
    weights = np.array([weight for weight, _ in forms])
    _, letters = forms[int(rng.choice(len(forms), p=weights / weights.sum()))]
    return letters[int(rng.integers(len(letters)))]


def _deform(letter: Letter, writer: Writer, rng: np.random.Generator) -> list[np.ndarray]:
    """Bend a skeleton by a smooth field: wider or narrower, leaning, and two waves across it."""
    amount = writer.deformation
    wide, lean = rng.normal(0, 1.2 * amount, 2)
    frequency = rng.uniform(1.0, 2.6, (2, 2))
    phase = rng.uniform(0, 2 * np.pi, 2)
    bent = []
    for stroke in letter:
        x, y = stroke.T
        dx = wide * x + lean * y + amount * np.sin(frequency[0, 0] * x + frequency[0, 1] * y + phase[0])
        dy = 0.7 * amount * np.sin(frequency[1, 0] * x + frequency[1, 1] * y + phase[1])
        bent.append(stroke + np.stack([dx, dy], axis=1))
    return bent


def _marks(base: str, marks: str, body: np.ndarray, left: float, right: float, writer: Writer) -> list[np.ndarray]:
    """The strokes of the marks (and of the dot of i and j) on a letter whose points are `body`."""
    size, centre = writer.mark_size, (left + right) / 2
    top = float(body[:, 1].max()) if not base.islower() else 1.0
    strokes = []

    def add(name: str, x: float, y: float, scale: float = 1.0) -> None:
        strokes.append(mark(name) * (size * scale) + (x, y))

    above = [name for name in marks if name not in "\u0323\u031b"]
    if base in "ij" and not above:
        strokes.append(dot() * size + (centre + writer.mark_shift, 1.15 + writer.mark_height))
    if "\u031b" in marks:
        add("\u031b", right + 0.02, top - 0.06, 1.1)
    x, y = centre + writer.mark_shift, top + writer.mark_height + 0.05
    for place, name in enumerate(above):
        if place == 0:
            add(name, x, y + 0.05)
        elif writer.stacked or name == "\u0303":
            add(name, x + 0.03, y + 0.47 * size, 0.9)
        else:
            add(name, x + 0.46 * size, y + 0.22 * size, 0.9)
    if "\u0323" in marks:
        tail = body[:, 1].min() < -0.3
        add("\u0323", right + 0.05 if tail else centre, -0.3 - 0.3 * writer.mark_height, 1.2)
    return strokes


def _ink_layers(strokes: list[np.ndarray], writer: Writer) -> list[tuple[int, list[np.ndarray]]]:
    """Return the thin lines of all strokes, and over them thicker lines where the pen moves down."""
    thin = max(1, round(writer.pen * SCALE * (1 - 0.4 * writer.pressure)))
    thick = max(thin, round(writer.pen * SCALE * (1 + 0.4 * writer.pressure)))
    fine, downward = [], []
    for stroke in strokes:
        pixels = to_subpixels(stroke)
        fine.append(pixels)
        if thick > thin:
            # Strokes towards the writer are pressed harder.
            down = np.diff(stroke[:, 1]) > 0.35 * np.abs(np.diff(stroke[:, 0]))
            edges = np.flatnonzero(np.diff(np.concatenate([[False], down, [False]]).astype(np.int8)))
            downward += [pixels[start : end + 1] for start, end in edges.reshape(-1, 2).tolist() if end - start > 2]
    return [(thin, fine), (thick, downward)]
