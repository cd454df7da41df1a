"""Tests of the encodings before Unicode: texts are converted, and an encoding is recognised, but never in Unicode."""

import unicodedata

import numpy as np
import pytest

from netchu.intake.encodings import ENCODINGS, decode_legacy, detect_encoding, to_unicode
from netchu.synthetic.addresses import address_line

TEXT = "Số 5, Đường Láng, Quận Đống Đa, Hà Nội"

ENCODED = {
    "tcvn3": "Sè 5, §­êng L¸ng, QuËn §èng §a, Hµ Néi",
    "vni": "Soá 5, Ñöôøng Laùng, Quaän Ñoáng Ña, Haø Noäi",
    "cp1258": "S\xf4\xec 5, \xd0\xfd\xf5\xccng L\xe1ng, Qu\xe2\xf2n \xd0\xf4\xecng \xd0a, H\xe0 N\xf4\xf2i",
}
"""TEXT in each encoding, shown as Western characters."""


def encode_cp1258(text: str) -> str:
    """Return the Western characters of `text` in CP1258, by Python's codec."""
    encoded = b""
    for character in text:
        decomposed = unicodedata.normalize("NFD", character)
        tone = "".join(mark for mark in decomposed[1:] if mark in "\u0301\u0300\u0309\u0303\u0323")
        base = unicodedata.normalize("NFC", "".join(part for part in decomposed if part not in tone))
        encoded += (base + tone).encode("cp1258")
    return encoded.decode("latin-1")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_converts(encoding):
    assert to_unicode(ENCODED[encoding], encoding) == TEXT
    assert to_unicode(decode_legacy(ENCODED[encoding].encode("latin-1")), encoding) == TEXT


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("TRÖÔØNG ÑAÏI HOÏC NGUYEÃN", "vni", "TRƯỜNG ĐẠI HỌC NGUYỄN"),
        ("Thò Lyù Myõ kyõ tæ nguõ Töù Quyù", "vni", "Thị Lý Mỹ kỹ tỉ ngũ Tứ Quý"),
        ("Ñaék Laék, kyù tuùc xaù, Mî", "vni", "Đắk Lắk, ký túc xá, Mỵ"),
        ("\xca\xd5\xc9", "tcvn3", "ấếẫ"),
        ("¡n ¢n £ ¤ng ¥n ¦ng", "tcvn3", "Ăn Ân Ê Ông Ơn Ưng"),
        ("Hà Nội, đường", "vni", "Hà Nội, đường"),  # in Unicode already
        ("Ha Noi 12/3", "tcvn3", "Ha Noi 12/3"),
    ],
)
def test_converts_all_kinds_of_letters(text, encoding, expected):
    assert to_unicode(text, encoding) == expected


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("valid_utf8", [True, False])
def test_recognises(encoding, valid_utf8):
    assert detect_encoding([ENCODED[encoding]], valid_utf8) == encoding


def test_recognises_and_converts_generated_addresses_in_cp1258():
    texts = [address_line(np.random.default_rng(seed), 60) for seed in range(50)]
    encoded = [encode_cp1258(text) for text in texts]
    assert detect_encoding(encoded) == "cp1258"
    assert [to_unicode(text, "cp1258") for text in encoded] == texts


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [""],
        ["Ha Noi", "12/3"],
        [TEXT],
        [unicodedata.normalize("NFD", TEXT)],
        ["Krông Pắc, Krông Nô, Krông Ana"],
        ["Pétrus Ký, Café, Hôtel Métropole"],
        ["Müller, Straße, Köln, Düsseldorf"],
        ["東京 大阪 京都"],
    ],
)
def test_recognises_nothing_in_unicode(texts):
    assert detect_encoding(texts) is None


def test_recognises_nothing_in_generated_addresses():
    for seed in range(200):
        assert detect_encoding([address_line(np.random.default_rng(seed), 30)]) is None
