"""Text for the language model: addresses in the forms in which people write them, made from units and labels."""

import re
from collections.abc import Iterable

import numpy as np

from netchu.core.charset import normalise, unknown_characters
from netchu.core.folding import fold
from netchu.synthetic.addresses import STREETS, Unit, units

_NEW_TONES = {"òa": "oà", "óa": "oá", "ỏa": "oả", "õa": "oã", "ọa": "oạ", "òe": "oè", "óe": "oé", "ỏe": "oẻ",
              "õe": "oẽ", "ọe": "oẹ", "ùy": "uỳ", "úy": "uý", "ủy": "uỷ", "ũy": "uỹ", "ụy": "uỵ"}  # fmt: skip
"""The older place of the tone mark at a word's end, as in Hòa and Thủy, and the newer one, as in Hoà and Thuỷ."""

_OLD_TONES = {new: old for old, new in _NEW_TONES.items()}
_TONED = re.compile(rf"(?<![qQ])({'|'.join([*_NEW_TONES, *_OLD_TONES])})\b")

_ALIASES = {"Đắk Lắk": ("Đắc Lắc", "Đắk Lắc", "Daklak"), "Thừa Thiên Huế": ("Thừa Thiên - Huế", "TT Huế"),
            "Bà Rịa - Vũng Tàu": ("Bà Rịa Vũng Tàu", "BR - VT"), "Bắc Kạn": ("Bắc Cạn",),
            "Đắk Nông": ("Đắc Nông",)}  # fmt: skip
"""Other spellings of provinces."""

_KINDS = {
    "Phường": ("Phường", "Phường", "phường", "P."),
    "Xã": ("Xã", "Xã", "xã", "X."),
    "Thị trấn": ("Thị trấn", "Thị Trấn", "thị trấn", "TT"),
    "Quận": ("Quận", "Quận", "Quận", "quận", "Q."),
    "Huyện": ("Huyện", "Huyện", "Huyện", "huyện", "H."),
    "Thị xã": ("Thị xã", "Thị Xã", "thị xã", "TX"),
    "Thành phố": ("Thành phố", "Thành Phố", "TP", "TP.", "thành phố"),
}
"""How the kinds of wards and districts are written in sentences."""

_BARE_KINDS = {"Phường": ("Phường", "P", "P", ""), "Xã": ("", "", "", "Xã"), "Thị trấn": ("Tt", "Thị Trấn", ""),
               "Quận": ("", "Quận", "Q"), "Huyện": ("", "", "", "", "Huyện"), "Thị xã": ("Thị Xã", "Tx", ""),
               "Thành phố": ("Thành Phố", "Tp", "")}  # fmt: skip
"""The same in title-cased lines without punctuation, where most names stand alone."""

_PROVINCE_KINDS = {"Tỉnh": ("",) * 18 + ("Tỉnh", "tỉnh"), "Thành phố": ("",) * 18 + ("TP", "TP.")}
_BARE_PROVINCE_KINDS = {"Tỉnh": ("",), "Thành phố": ("", "", "Tp", "Thành Phố")}
_SAIGON = ("TP Hồ Chí Minh",) * 6 + ("TP.HCM", "TP. Hồ Chí Minh", "Thành phố Hồ Chí Minh", "Hồ Chí Minh")

_NUMBER_STARTS = ("", "", "", "Số ", "số ", "SN ")
_STREET_STARTS = ("", "", "Đường ", "đường ", "phố ")

_PLACES = ("Thôn", "Thôn", "thôn", "Xóm", "xóm", "Ấp", "Ấp", "ấp", "Tổ", "tổ", "Khu", "khu", "Khu phố", "KP", "TDP",
           "Tổ dân phố", "Bản", "Buôn", "Khối", "Khóm", "Đội", "Ngõ", "ngõ", "Hẻm")  # fmt: skip
"""What small places are called."""

_KIND_WORDS = frozenset(
    ["phường", "xã", "thị", "trấn", "quận", "huyện", "thành", "phố", "tp", "tt", "tx", "p", "q", "h", "x", "tỉnh"]
)


def address_corpus(labels: Iterable[str], rounds: int, seed: int) -> list[str]:
    """Lines, sorted, each once: the labels, and made-up addresses with the labels' beginnings.

    In each of the `rounds`, every ward of the country occurs once, and again as many wards drawn by how often the
    labels name their district, each after a house, street or hamlet (a label's with other digits, or one of the
    grammar of the synthetic lines). Half of the lines have commas, case and the kinds of the units, half are
    title-cased names alone.
    """
    rng = np.random.default_rng(seed)
    labels = sorted(label for label in map(normalise, labels) if label and not unknown_characters(label))
    corpus = set(labels)
    districts: dict[tuple[str, ...], list[Unit]] = {}
    for unit in units():
        districts.setdefault(_content(f"{unit.district} {unit.province}"), []).append(unit)
    found = [_split(label, districts) for label in labels]
    # A label's beginning is written as its end is: in a sentence with commas, or in bare names.
    heads: dict[bool, list[str]] = {True: [], False: []}
    for label, (head, _) in zip(labels, found, strict=True):
        if head:
            heads["," in label].append(head)
    named = [district for _, district in found if district] or list(districts)
    for _ in range(rounds):
        drawn = [_pick(rng, districts[_pick(rng, named)]) for _ in range(len(units()))]
        for unit in (*units(), *drawn):
            sentence = bool(rng.random() < 0.5)
            if rng.random() < 0.6:
                head = re.sub(r"\d+", lambda match: _digits(rng, len(match[0])), _pick(rng, heads[sentence] or [""]))
            else:
                head = _made_head(rng)
            line = (_sentence if sentence else _bare)(rng, head, unit)
            if rng.random() < 0.5:
                line = _TONED.sub(lambda match: _OLD_TONES.get(match[0], match[0]), line)
            corpus.add(normalise(line))
    return sorted(corpus)


def _content(text: str) -> tuple[str, ...]:
    """The words of a text, folded and without the kinds of units, tone marks in their newer place."""
    text = _TONED.sub(lambda match: _NEW_TONES.get(match[0], match[0]), fold(text))
    return tuple(word for word in text.split() if word not in _KIND_WORDS)


def _split(label: str, districts: dict) -> tuple[str, tuple[str, ...] | None]:
    """What stands before the units of a label, and the district and province that it ends with, where known."""
    words = _content(label)
    for size in range(min(len(words), 8), 1, -1):
        if (district := words[-size:]) in districts:
            wards = {_content(unit.ward) for unit in districts[district]}
            before = words[:-size]
            ward = next((length for length in (4, 3, 2, 1) if before[-length:] in wards), 0)
            kept, written = len(before) - ward, label.split()
            while written and len(_content(" ".join(written))) > kept:
                written.pop()
            while written and fold(written[-1]) in _KIND_WORDS | {""}:
                written.pop()
            return " ".join(written).rstrip(","), district
    return "", None


def _pick(rng: np.random.Generator, choices):
    return choices[int(rng.integers(len(choices)))]


def _digits(rng: np.random.Generator, length: int) -> str:
    """Return a random number of `length` digits; at most 18 of them fit into an int64 at once."""
    if length > 18:
        return _digits(rng, 18) + "".join(map(str, rng.integers(10, size=length - 18)))
    return str(int(rng.integers(10 ** (length - 1), 10**length)))


def _joined(rng: np.random.Generator, kinds: dict, kind: str, name: str) -> str:
    written = _pick(rng, kinds[kind])
    if name.isdigit() and not written:  # a number alone is no name
        written = kind
    return f"{written} {name}".strip()


def _made_head(rng: np.random.Generator) -> str:
    number = _digits(rng, int(rng.integers(1, 4)))
    if rng.random() < 0.5:
        number += _pick(rng, ("", "", "", "A", "B", "C", f"/{_digits(rng, int(rng.integers(1, 3)))}"))
    name = _pick(rng, units()).ward
    if rng.random() < 0.5:  # a name that may not exist, of syllables that do
        name = " ".join(_pick(rng, _pick(rng, units()).ward.split()) for _ in range(int(rng.integers(1, 4))))
    if rng.random() < 0.5:
        if rng.random() < 0.7:
            name = _pick(rng, STREETS)
        return f"{_pick(rng, _NUMBER_STARTS)}{number} {_pick(rng, _STREET_STARTS)}{name}"
    return f"{_pick(rng, _PLACES)} {name if rng.random() < 0.7 else number}"


def _sentence(rng: np.random.Generator, head: str, unit: Unit) -> str:
    """As in `32 Nguyễn Văn Quý, Phường Phú Thuận, Quận 7, TP Hồ Chí Minh`."""
    name = unit.province
    if name in _ALIASES and rng.random() < 0.5:
        name = _pick(rng, _ALIASES[name])
    ward = _joined(rng, _KINDS, unit.ward_kind, unit.ward) if rng.random() < 0.85 else ""
    district = _joined(rng, _KINDS, unit.district_kind, unit.district)
    province = _pick(rng, _SAIGON) if name == "Hồ Chí Minh" else _joined(rng, _PROVINCE_KINDS, unit.province_kind, name)
    return ", ".join(part for part in (head, ward, district, province) if part)


def _bare(rng: np.random.Generator, head: str, unit: Unit) -> str:
    """As in `Tdp 1 Tt Đak Pơ Đăk Pơ Gia Lai`."""
    line = " ".join(
        [
            head if rng.random() < 0.6 else "",
            _joined(rng, _BARE_KINDS, unit.ward_kind, unit.ward),
            _joined(rng, _BARE_KINDS, unit.district_kind, unit.district),
            _joined(rng, _BARE_PROVINCE_KINDS, unit.province_kind, unit.province),
        ]
    )
    return " ".join(word[:1].upper() + word[1:] for word in fold(line).split())
