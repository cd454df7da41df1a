"""Training text for the language model: addresses in many spellings, made from administrative units and labels."""

import re
from collections.abc import Iterable

import numpy as np

from netchu.core.charset import normalise, unknown_characters
from netchu.core.folding import fold
from netchu.synthetic.addresses import STREETS, Unit, units, units_since_2025
from netchu.synthetic.choice import choose

_NEW_TONES = {"òa": "oà", "óa": "oá", "ỏa": "oả", "õa": "oã", "ọa": "oạ", "òe": "oè", "óe": "oé", "ỏe": "oẻ",
              "õe": "oẽ", "ọe": "oẹ", "ùy": "uỳ", "úy": "uý", "ủy": "uỷ", "ũy": "uỹ", "ụy": "uỵ"}  # fmt: skip
"""Word endings by position of the tone mark: older (Hòa, Thủy) to newer (Hoà, Thuỷ)."""

_OLD_TONES = {new: old for old, new in _NEW_TONES.items()}
_TONED = re.compile(rf"(?<![qQ])({'|'.join([*_NEW_TONES, *_OLD_TONES])})\b")

_ALIASES = {"Đắk Lắk": ("Đắc Lắc", "Đắk Lắc", "Daklak"), "Thừa Thiên Huế": ("Thừa Thiên - Huế", "TT Huế"),
            "Bà Rịa - Vũng Tàu": ("Bà Rịa Vũng Tàu", "BR - VT"), "Bắc Kạn": ("Bắc Cạn",),
            "Đắk Nông": ("Đắc Nông",)}  # fmt: skip
"""Other spellings of provinces."""

_SENTENCE_KINDS = {
    "Phường": ("Phường", "Phường", "phường", "P."),
    "Xã": ("Xã", "Xã", "xã", "X."),
    "Thị trấn": ("Thị trấn", "Thị Trấn", "thị trấn", "TT"),
    "Đặc khu": ("Đặc khu", "đặc khu"),
    "Quận": ("Quận", "Quận", "Quận", "quận", "Q."),
    "Huyện": ("Huyện", "Huyện", "Huyện", "huyện", "H."),
    "Thị xã": ("Thị xã", "Thị Xã", "thị xã", "TX"),
    "Thành phố": ("Thành phố", "Thành Phố", "TP", "TP.", "thành phố"),
}
"""Spellings of each kind of ward and district in sentences; a frequent one is repeated."""

_BARE_KINDS = {"Phường": ("Phường", "P", "P", ""), "Xã": ("", "", "", "Xã"), "Thị trấn": ("Tt", "Thị Trấn", ""),
               "Đặc khu": ("Đặc Khu", ""),
               "Quận": ("", "Quận", "Q"), "Huyện": ("", "", "", "", "Huyện"), "Thị xã": ("Thị Xã", "Tx", ""),
               "Thành phố": ("Thành Phố", "Tp", "")}  # fmt: skip
"""The same in title-cased lines without punctuation, where most names have no kind."""

_PROVINCE_KINDS = {"Tỉnh": ("",) * 18 + ("Tỉnh", "tỉnh"), "Thành phố": ("",) * 18 + ("TP", "TP.")}
_BARE_PROVINCE_KINDS = {"Tỉnh": ("",), "Thành phố": ("", "", "Tp", "Thành Phố")}
_SAIGON = ("TP Hồ Chí Minh",) * 6 + ("TP.HCM", "TP. Hồ Chí Minh", "Thành phố Hồ Chí Minh", "Hồ Chí Minh")

_NUMBER_STARTS = ("", "", "", "Số ", "số ", "SN ")
_STREET_STARTS = ("", "", "Đường ", "đường ", "phố ")

_HAMLET_KINDS = ("Thôn", "Thôn", "thôn", "Xóm", "xóm", "Ấp", "Ấp", "ấp", "Tổ", "tổ", "Khu", "khu", "Khu phố", "KP",
                 "TDP", "Tổ dân phố", "Bản", "Buôn", "Khối", "Khóm", "Đội", "Ngõ", "ngõ", "Hẻm")  # fmt: skip
"""Kinds of small settlements."""

_KIND_WORDS = frozenset(
    ["phường", "xã", "thị", "trấn", "quận", "huyện", "thành", "phố", "tp", "tt", "tx", "p", "q", "h", "x", "tỉnh"]
)


def address_corpus(labels: Iterable[str], rounds: int, seed: int) -> list[str]:
    """Return the labels and invented addresses, each once, sorted.

    A round consists of every ward of the country once, by the divisions until and since 2025, and as many wards again,
    drawn by how often the labels name their district. Each follows a house, street or hamlet: the beginning of a label
    with other digits, or an invented one. Half of the lines have commas, case and the kinds of the units. The other
    half are title-cased names only.

    >>> len(address_corpus(["12 ngõ 5 Hàng Bông"], rounds=6, seed=1))
    109596
    """
    rng = np.random.default_rng(seed)
    labels = sorted(label for label in map(normalise, labels) if label and not unknown_characters(label))
    corpus = set(labels)
    districts: dict[tuple[str, ...], list[Unit]] = {}
    for unit in units():
        districts.setdefault(_reduce(f"{unit.district} {unit.province}"), []).append(unit)
    parts = [_split_label(label, districts) for label in labels]
    # Sentences with commas and bare names have different beginnings.
    heads: dict[bool, list[str]] = {True: [], False: []}
    for label, (head, _) in zip(labels, parts, strict=True):
        if head:
            heads["," in label].append(head)
    named_districts = [district for _, district in parts if district] or list(districts)
    for _ in range(rounds):
        drawn_units = [choose(rng, districts[choose(rng, named_districts)]) for _ in range(len(units()))]
        for unit in (*units(), *drawn_units, *units_since_2025()):
            sentence = bool(rng.random() < 0.5)
            if rng.random() < 0.6:
                head = choose(rng, heads[sentence] or [""])
                head = re.sub(r"\d+", lambda match: _make_digits(rng, len(match[0])), head)
            else:
                head = _make_head(rng)
            line = (_write_sentence if sentence else _write_bare_names)(rng, head, unit)
            if rng.random() < 0.5:
                line = _TONED.sub(lambda match: _OLD_TONES.get(match[0], match[0]), line)
            corpus.add(normalise(line))
    return sorted(corpus)


def _reduce(text: str) -> tuple[str, ...]:
    """Return the words of a text, folded, without the kinds of units, with tone marks in the newer position."""
    text = _TONED.sub(lambda match: _NEW_TONES.get(match[0], match[0]), fold(text))
    return tuple(word for word in text.split() if word not in _KIND_WORDS)


def _split_label(label: str, districts: dict) -> tuple[str, tuple[str, ...] | None]:
    """Return the text before the units of a label, and its district and province if it ends with known ones."""
    words = _reduce(label)
    for size in range(min(len(words), 8), 1, -1):
        if (district := words[-size:]) in districts:
            wards = {_reduce(unit.ward) for unit in districts[district]}
            before = words[:-size]
            ward_size = next((length for length in (4, 3, 2, 1) if before[-length:] in wards), 0)
            head = label.split()
            while head and len(_reduce(" ".join(head))) > len(before) - ward_size:
                head.pop()
            while head and fold(head[-1]) in _KIND_WORDS | {""}:
                head.pop()
            return " ".join(head).rstrip(","), district
    return "", None


def _make_digits(rng: np.random.Generator, length: int) -> str:
    """Return a random number of `length` digits; at most 18 of them fit into an int64 at once."""
    if length > 18:
        return _make_digits(rng, 18) + "".join(map(str, rng.integers(10, size=length - 18)))
    return str(int(rng.integers(10 ** (length - 1), 10**length)))


def _write_name(rng: np.random.Generator, spellings: dict, kind: str, name: str) -> str:
    """Return the name of a unit after a spelling of its kind, which may be empty unless the name is a number.

    Of an empty name, return "".
    """
    if not name:
        return ""
    spelling = choose(rng, spellings[kind])
    if name.isdigit() and not spelling:
        spelling = kind
    return f"{spelling} {name}".strip()


def _make_head(rng: np.random.Generator) -> str:
    """Return an invented house and street, or hamlet."""
    number = _make_digits(rng, int(rng.integers(1, 4)))
    if rng.random() < 0.5:
        number += choose(rng, ("", "", "", "A", "B", "C", f"/{_make_digits(rng, int(rng.integers(1, 3)))}"))
    name = choose(rng, units()).ward
    if rng.random() < 0.5:  # an invented name of real syllables
        name = " ".join(choose(rng, choose(rng, units()).ward.split()) for _ in range(int(rng.integers(1, 4))))
    if rng.random() < 0.5:
        if rng.random() < 0.7:
            name = choose(rng, STREETS)
        return f"{choose(rng, _NUMBER_STARTS)}{number} {choose(rng, _STREET_STARTS)}{name}"
    return f"{choose(rng, _HAMLET_KINDS)} {name if rng.random() < 0.7 else number}"


def _write_sentence(rng: np.random.Generator, head: str, unit: Unit) -> str:
    """Return an address such as `32 Nguyễn Văn Quý, Phường Phú Thuận, Quận 7, TP Hồ Chí Minh`."""
    name = unit.province
    if name in _ALIASES and rng.random() < 0.5:
        name = choose(rng, _ALIASES[name])
    ward = _write_name(rng, _SENTENCE_KINDS, unit.ward_kind, unit.ward) if rng.random() < 0.85 else ""
    district = _write_name(rng, _SENTENCE_KINDS, unit.district_kind, unit.district)
    province = (
        choose(rng, _SAIGON) if name == "Hồ Chí Minh" else _write_name(rng, _PROVINCE_KINDS, unit.province_kind, name)
    )
    return ", ".join(part for part in (head, ward, district, province) if part)


def _write_bare_names(rng: np.random.Generator, head: str, unit: Unit) -> str:
    """Return an address such as `Tdp 1 Tt Đak Pơ Đăk Pơ Gia Lai`."""
    line = " ".join(
        [
            head if rng.random() < 0.6 else "",
            _write_name(rng, _BARE_KINDS, unit.ward_kind, unit.ward),
            _write_name(rng, _BARE_KINDS, unit.district_kind, unit.district),
            _write_name(rng, _BARE_PROVINCE_KINDS, unit.province_kind, unit.province),
        ]
    )
    return " ".join(word[:1].upper() + word[1:] for word in fold(line).split())
