"""Random lines of Vietnamese addresses from a small grammar: house, street, ward, district, province."""

import functools
import importlib.metadata
import json
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from netchu.core.charset import normalise, unknown_characters
from netchu.synthetic.choice import choose

MIN_CHARACTERS = 8
"""Length of the shortest line."""


class Unit(NamedTuple):
    """A ward with its district and province, each as a kind and a bare name."""

    ward_kind: str  # Phường, Xã, Thị trấn or Đặc khu
    ward: str
    district_kind: str  # Quận, Huyện, Thị xã or Thành phố; empty since 2025
    district: str
    province_kind: str  # Tỉnh or Thành phố
    province: str


@functools.cache
def units() -> tuple[Unit, ...]:
    """Return all 10,035 wards of the three-tier division used until 2025, from the package vietnamadminunits.

    >>> units()[0].district
    '10'
    """
    data = _read_division("parser_legacy")
    wards_found = []
    # A separate table holds the wards whose names differ only in their marks (Hương Vân, Hương Văn).
    for table in ("DICT_PROVINCE_DISTRICT_WARD_NO_ACCENTED", "DICT_PROVINCE_DISTRICT_WARD_ACCENTED"):
        for province_key, districts in data[table].items():
            province = _split_name(data["DICT_PROVINCE"][province_key]["province"])
            for district_key, wards in districts.items():
                district = _split_name(data["DICT_PROVINCE_DISTRICT"][province_key][district_key]["district"])
                for ward in wards.values():
                    if isinstance(ward["ward"], str):  # five island districts have no wards, only NaN
                        wards_found.append(Unit(*_split_name(ward["ward"]), *district, *province))
    return _sort_writable(wards_found)


@functools.cache
def units_since_2025() -> tuple[Unit, ...]:
    """Return all wards of the two-tier division used since July 2025, with an empty district.

    >>> len(units_since_2025())
    3321
    """
    data = _read_division("parser_from_2025")
    wards_found = set()
    for table in ("DICT_PROVINCE_WARD_NO_ACCENTED", "DICT_PROVINCE_WARD_ACCENTED", "DICT_PROVINCE_WARD_SHORT_ACCENTED"):
        for province_key, wards in data[table].items():
            province = _split_name(data["DICT_PROVINCE"][province_key]["province"])
            wards_found |= {Unit(*_split_name(ward["ward"]), "", "", *province) for ward in wards.values()}
    return _sort_writable(wards_found)


def _read_division(name: str) -> dict:
    """Return the tables of an administrative division of the package vietnamadminunits."""
    # Read as a file, because importing the package (with pandas) takes half a second.
    distribution = importlib.metadata.distribution("vietnamadminunits")
    file = distribution.locate_file(f"vietnamadminunits/data/{name}.json")
    with open(file, encoding="utf-8") as stream:  # noqa: PTH123 - locate_file promises no pathlib.Path
        return json.load(stream)


def _sort_writable(wards: Iterable[Unit]) -> tuple[Unit, ...]:
    """Return the units whose names consist of characters of the charset, sorted."""
    return tuple(sorted(unit for unit in wards if not unknown_characters("".join(unit))))


_UNIT_KINDS = ("Thành phố", "Thị trấn", "Thị xã", "Đặc khu", "Phường", "Huyện", "Quận", "Tỉnh", "Xã")


def _split_name(full: str) -> tuple[str, str]:
    """Split the full name of a unit, such as "Quận 7", into its kind and its bare name."""
    full = normalise(full)
    # Without case, because the data has one "Thị Xã".
    kind = next(kind for kind in _UNIT_KINDS if full.casefold().startswith(kind.casefold()))
    return kind, full[len(kind) :].strip()


_KIND_SPELLINGS = {
    "Phường": ("Phường", "Phường", "phường", "P."),
    "Xã": ("Xã", "Xã", "xã", "X."),
    "Thị trấn": ("Thị trấn", "Thị trấn", "thị trấn", "TT", "TT."),
    "Quận": ("Quận", "Quận", "quận", "Q."),
    "Huyện": ("Huyện", "Huyện", "huyện", "H."),
    "Thị xã": ("Thị xã", "thị xã", "TX", "TX."),
    "Thành phố": ("Thành phố", "TP", "TP.", "Tp."),
    "Tỉnh": ("", "", "Tỉnh", "tỉnh", "T."),
}
"""Spellings of each kind of unit in an address; a frequent one is repeated."""


def _split_list(names: str) -> list[str]:
    """Split a text at "|" and at line ends."""
    return names.strip().replace("\n", "|").split("|")


STREETS = _split_list("""
An Dương Vương|Âu Cơ|Bà Triệu|Bạch Đằng|Bùi Thị Xuân|Cách Mạng Tháng 8|Cao Thắng|Chu Văn An|Cống Quỳnh|Dã Tượng
Duy Tân|Đặng Văn Ngữ|Điện Biên Phủ|Đinh Bộ Lĩnh|Đinh Tiên Hoàng|Đề Thám|Độc Lập|Đống Đa|Giải Phóng|Giảng Võ|Gò Dầu
Hai Bà Trưng|Hàm Nghi|Hàng Bông|Hàng Đẫy|Hậu Giang|Hoàng Diệu|Hoàng Hoa Thám|Hòa Hảo|Hồ Tùng Mậu|Hùng Vương
Huỳnh Thúc Kháng|Huỳnh Tấn Phát|Kha Vạn Cân|Khuông Việt|Kim Mã|Kỳ Đồng|Lạc Long Quân|Láng Hạ|Lê Duẩn|Lê Đại Hành
Lê Lợi|Lê Quý Đôn|Lê Thánh Tôn|Lũy Bán Bích|Lữ Gia|Lý Thái Tổ|Lý Thường Kiệt|Lý Tự Trọng|Mã Mây|Mạc Đĩnh Chi
Mai Xuân Thưởng|Mẹ Suốt|Ngô Gia Tự|Ngô Quyền|Ngũ Hành Sơn|Nguyễn Bỉnh Khiêm|Nguyễn Chí Thanh|Nguyễn Cư Trinh|Nguyễn Du
Nguyễn Đình Chiểu|Nguyễn Hữu Cảnh|Nguyễn Khuyến|Nguyễn Nghiêm|Nguyễn Phúc Chu|Nguyễn Sỹ Sách|Nguyễn Thị Minh Khai
Nguyễn Trãi|Nguyễn Văn Cừ|Nguyễn Văn Linh|Nhật Tảo|Nơ Trang Long|Ông Ích Khiêm|Pasteur|Phạm Hồng Thái|Phạm Ngũ Lão
Phan Bội Châu|Phan Đăng Lưu|Phan Xích Long|Phó Đức Chính|Phổ Quang|Quang Trung|Sương Nguyệt Ánh|Tản Đà|Tây Sơn
Thái Phiên|Thảo Điền|Thủ Khoa Huân|Tô Hiến Thành|Tôn Đức Thắng|Tố Hữu|Trần Hưng Đạo|Trần Khát Chân|Trần Não
Trần Nhật Duật|Trần Phú|Trần Quang Khải|Trịnh Hoài Đức|Trương Định|Trường Chinh|Trường Sa|Tuệ Tĩnh|Ung Văn Khiêm
Út Tịch|Vạn Kiếp|Văn Cao|Võ Nguyên Giáp|Võ Thị Sáu|Võ Văn Kiệt|Vũ Phạm Hàm|Vườn Lài|Xã Đàn|Xô Viết Nghệ Tĩnh|Xuân Thủy
Yên Bái|Yên Đỗ|Yersin|Ỷ Lan
""")

_SURNAMES = _split_list("""
Nguyễn|Trần|Lê|Phạm|Huỳnh|Hoàng|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý|Đinh|Đoàn|Lâm|Mai|Trịnh|Tạ|Lương|Thái|Kiều
""")

_MIDDLE_NAMES = _split_list("""
Văn|Thị|Hữu|Đức|Quang|Minh|Xuân|Ngọc|Đình|Công|Bá|Thế|Viết|Trọng|Mạnh|Gia|Duy|Khắc|Sỹ|Tiến|Đăng|Huy|Phước|Chí|Như
""")

_GIVEN_NAMES = _split_list("""
An|Ánh|Ẩn|Bằng|Bảo|Bình|Bổng|Cẩn|Chẩn|Chiểu|Cẩm|Cường|Dẫn|Diễm|Dũng|Đạo|Đễ|Điểm|Đĩnh|Đoá|Giỏi|Hẹn|Hạnh|Hiển|Hoằng|Hổ
Hợi|Hưng|Hỷ|Kẻng|Kỉnh|Khởi|Kỳ|Kỷ|Lẫm|Lẽ|Liễn|Lĩnh|Lỡ|Luỹ|Lữ|Mẫn|Mẽ|Mịch|Mỡ|Mỹ|Năng|Nẵng|Nghĩa|Ngẫu|Ngọ|Nhã|Nhẫn|Nhị
Như|Nở|Oanh|Ổn|Phẩm|Phẳng|Phấn|Phẻ|Phỏng|Phụng|Quẳng|Quế|Quỳ|Quỵ|Sẵn|Sẻ|Sở|Sửu|Tẩu|Tẽ|Thẩm|Thẳng|Thế|Thỉnh|Thọ|Thuỳ
Thuỵ|Thử|Tỉnh|Toản|Trẻ|Trỗi|Trụ|Tụ|Tựu|Tỵ|Uẩn|Ứng|Uyển|Vẹn|Vẽ|Vẻ|Vĩ|Vị|Vĩnh|Vọng|Vỡ|Vụ|Vượng|Vỹ|Xẻ|Ý|Yết
""")

_LOCALITY_KINDS = _split_list("""
Tổ|tổ|Khu|KP|Thôn|thôn|Xóm|xóm|Ấp|ấp|Đội|Bản|bản|Buôn|buôn|Ngõ|ngõ|Hẻm|hẻm|Ngách|Tầng|Ô|Block|block|Khu phố|khu phố
Tổ dân phố|tổ dân phố
""")

_ESTATES = _split_list("""
KCN|KĐT|KDC|Khu đô thị|Chung cư|Chợ|Cụm CN
""")

_BUILDINGS = _split_list("""
Zen Plaza|Vincom Plaza|Flemington|Jamona City|Sunwah Tower|Waseco|Fafilm|Bitexco|Golden Westlake|Belleza|Zodiac
Sunrise Riverview|Jade Park|Artex Building|Fuji Residence|Vinhomes|Winhome|Mipec Towers|Flower Garden|Bee Home
""")


def _make_number(rng: np.random.Generator) -> str:
    """Return a number of one to three digits; as with house numbers, all three lengths are equally frequent."""
    return str(int(rng.integers(1, 10 ** int(rng.integers(1, 4)))))


def _make_house(rng: np.random.Generator) -> str:
    """Return a house number, such as "Số 12/3B"."""
    number, letter = _make_number(rng), choose(rng, "AABBCDEFGHK")
    style = rng.random()
    if style < 0.3:
        house = number
    elif style < 0.45:
        house = number + letter
    elif style < 0.7:
        house = f"{number}/{_make_number(rng)}"
    elif style < 0.78:
        house = f"{number}{letter}/{_make_number(rng)}"
    elif style < 0.86:
        house = f"{number}/{_make_number(rng)}{'/' + _make_number(rng) if rng.random() < 0.4 else letter}"
    elif style < 0.93:
        first = int(rng.integers(1, 400))
        house = f"{first}{choose(rng, ['-', ' - '])}{first + 2}"
    else:
        return f"{choose(rng, ['Lô', 'Lô', 'lô', 'Dãy', 'Nhà'])} {letter}{int(rng.integers(1, 30))}"
    return choose(rng, ["", "", "", "Số ", "Số ", "số ", "Nhà ", "SN "]) + house


def _make_street(rng: np.random.Generator) -> str:
    """Return a street: one of STREETS, one named after an invented person, or a number."""
    style = rng.random()
    if style < 0.5:
        name = choose(rng, STREETS)
    elif style < 0.85:
        name = f"{choose(rng, _SURNAMES)} {choose(rng, _MIDDLE_NAMES)} {choose(rng, _GIVEN_NAMES)}"
    elif style < 0.93:
        return f"{choose(rng, ['đường', 'Đường', 'Đường số', 'Phố', 'QL', 'Quốc lộ', 'TL'])} {_make_number(rng)}"
    else:
        return f"đường {int(rng.integers(1, 31))}/{int(rng.integers(1, 13))}"  # named after a day, as 3/2 in Sài Gòn
    return choose(rng, ["", "", "", "", "đường ", "Đường ", "phố ", "Đ. "]) + name


def _make_locality(rng: np.random.Generator, unit: Unit) -> str:
    """Return a hamlet, quarter, alley, estate or building, such as "tổ 5"."""
    style = rng.random()
    if style < 0.08:
        return choose(rng, _BUILDINGS)
    if style < 0.2:
        return f"{choose(rng, _ESTATES)} {choose(rng, units()).ward}"
    kind = choose(rng, _LOCALITY_KINDS)
    if style < 0.7:
        return f"{kind} {int(rng.integers(1, 40))}{choose(rng, 'AB') if rng.random() < 0.15 else ''}"
    name = choose(rng, units()).ward if not unit.ward.isdigit() else choose(rng, _GIVEN_NAMES)
    return f"{kind} {name}"


def _write_unit(rng: np.random.Generator, kind: str, name: str) -> str:
    """Return the name of a unit after one of the spellings of its kind, such as "Q.7" or "quận 7"."""
    kind = choose(rng, _KIND_SPELLINGS[kind])
    if not kind:
        return name
    close = kind.endswith(".") and rng.random() < 0.5
    return kind + ("" if close else " ") + name


def _write_province(rng: np.random.Generator, unit: Unit) -> str:
    """Return the province of a unit, often without its kind; "TP.HCM" and the like for Hồ Chí Minh."""
    if unit.province == "Hồ Chí Minh" and rng.random() < 0.3:
        return choose(rng, ["TP.HCM", "TP. HCM", "Tp.HCM", "TPHCM"])
    return unit.province if rng.random() < 0.3 else _write_unit(rng, unit.province_kind, unit.province)


def address_line(rng: np.random.Generator, max_characters: int) -> str:
    """Return a random line of an address, in NFC and the charset, MIN_CHARACTERS to `max_characters` long.

    The line has one to three consecutive parts of an address, such as street and ward, or district and province. The
    ward lies in the district, and the district in the province.

    >>> address_line(np.random.default_rng(3), 32)
    'P. Phúc Thắng, TP Phúc Yên'
    """
    while True:
        unit = choose(rng, _town_wards() if rng.random() < 0.5 else units())
        style = rng.random()
        if style < (0.75 if unit.ward_kind == "Phường" else 0.3):
            start = f"{_make_house(rng)}{choose(rng, [' ', ' ', ', '])}{_make_street(rng)}"
        elif style < 0.85:
            start = _make_locality(rng, unit)
        else:
            start = f"{_make_locality(rng, unit)}, {_make_street(rng)}"
        parts = [
            start,
            _write_unit(rng, unit.ward_kind, unit.ward),
            _write_unit(rng, unit.district_kind, unit.district),
            _write_province(rng, unit),
        ]
        first = int(rng.choice(4, p=[0.74, 0.13, 0.11, 0.02]))
        last = first + int(rng.choice([1, 2, 3], p=[0.2, 0.6, 0.2]))
        line = choose(rng, [", ", ", ", ", ", ", ", " - ", " "]).join(parts[first:last])
        if MIN_CHARACTERS <= len(line) <= max_characters:
            return line


@functools.cache
def _town_wards() -> tuple[Unit, ...]:
    """Return the wards of the kind Phường."""
    return tuple(unit for unit in units() if unit.ward_kind == "Phường")
