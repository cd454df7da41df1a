import subprocess
import sys
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import CHARSET, normalise
from netchu.synthetic.addresses import MIN_CHARACTERS, address_line, units, units_since_2025


@pytest.fixture(scope="module")
def lines():
    return [address_line(np.random.default_rng([3, n]), 32) for n in range(1500)]


@given(seed=st.integers(0, 2**31), longest=st.integers(12, 64))
@settings(max_examples=200, deadline=None)
def test_returns_normalised_line_of_the_charset_within_the_length(seed, longest):
    line = address_line(np.random.default_rng(seed), longest)
    assert MIN_CHARACTERS <= len(line) <= longest
    assert set(line) <= set(CHARSET)
    assert line == unicodedata.normalize("NFC", line) == normalise(line)


def test_agrees_with_parser_of_package():
    vietnamadminunits = pytest.importorskip("vietnamadminunits")
    rng = np.random.default_rng(0)
    for index in rng.choice(len(units()), 60, replace=False):
        unit = units()[index]
        ward, district = f"{unit.ward_kind} {unit.ward}", f"{unit.district_kind} {unit.district}"
        full = f"{ward}, {district}, {unit.province_kind} {unit.province}"
        parsed = vietnamadminunits.parse_address(full, mode="LEGACY", keep_street=False)
        assert (parsed.ward, parsed.short_province) == (ward, unit.province)
        assert parsed.district.casefold() == district.casefold()


def test_lists_all_units():
    assert len(units()) == len(set(units())) == 10035
    assert len({unit.province for unit in units()}) == 63
    assert ("Phường", "Bến Nghé", "Quận", "1", "Thành phố", "Hồ Chí Minh") in units()
    assert ("Xã", "Phù Đổng", "Huyện", "Gia Lâm", "Thành phố", "Hà Nội") in units()


def test_lists_all_units_since_2025():
    """The numbers are those of the National Assembly's resolutions of June 2025."""
    assert len(units_since_2025()) == len(set(units_since_2025())) == 3321
    provinces = Counter(unit.province for unit in units_since_2025())
    assert len(provinces) == 34
    assert [provinces[name] for name in ("Hồ Chí Minh", "Hà Nội", "Đà Nẵng", "Huế")] == [168, 126, 94, 40]
    kinds = Counter(unit.ward_kind for unit in units_since_2025())
    assert kinds == {"Xã": 2621, "Phường": 687, "Đặc khu": 13}
    assert ("Phường", "Sài Gòn", "", "", "Thành phố", "Hồ Chí Minh") in units_since_2025()


def test_uses_every_digit_and_nearly_every_letter(lines):
    seen = set("".join(lines))
    assert set("0123456789/-,.") <= seen
    accented = {character for character in CHARSET if character.islower() and ord(character) > 127}
    assert len(seen & accented) >= 0.9 * len(accented)
    assert set("abcdeghiklmnopqrstuvxyđ") <= seen
    assert set("ABCDEGHIKLMNOPQRSTUVXYĐ") <= seen


def test_varies_text_and_spelling(lines):
    assert len(set(lines)) > 0.9 * len(lines)
    kinds = ("Phường", "P.", "Xã", "Quận", "Q.", "Huyện", "TP", "Số", "/")
    assert all(any(kind in line for line in lines) for kind in kinds)


def test_reads_units_without_importing_the_package():
    code = (
        "import sys; from netchu.synthetic.addresses import units, units_since_2025; units(), units_since_2025(); "
        "sys.exit('pandas' in sys.modules or 'vietnamadminunits' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
