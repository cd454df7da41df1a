"""A small grammar of Vietnamese address lines: house, street, ward, district, province."""

import functools
import importlib.metadata
import json
from typing import NamedTuple

import numpy as np

from netchu.core.charset import normalise, unknown_characters

MIN_CHARACTERS = 8
"""Shortest line that the grammar writes."""


class Unit(NamedTuple):
    """One ward with the district and province that it lies in, each as its kind and its bare name."""

    ward_kind: str  # Phường, Xã or Thị trấn
    ward: str
    district_kind: str  # Quận, Huyện, Thị xã or Thành phố
    district: str
    province_kind: str  # Tỉnh or Thành phố
    province: str


@functools.cache
def units() -> tuple[Unit, ...]:
    """All 10,035 wards of the three-tier division used until 2025, from the data of the package vietnamadminunits.

    The JSON is read as a file, because importing the package (with pandas) takes half a second.
    """
    distribution = importlib.metadata.distribution("vietnamadminunits")
    file = distribution.locate_file("vietnamadminunits/data/parser_legacy.json")
    with open(file, encoding="utf-8") as stream:  # noqa: PTH123 - locate_file promises no pathlib.Path
        data = json.load(stream)
    found = []
    # Wards whose names differ only in their marks (Hương Vân, Hương Văn) are kept in a table of their own.
    for table in ("DICT_PROVINCE_DISTRICT_WARD_NO_ACCENTED", "DICT_PROVINCE_DISTRICT_WARD_ACCENTED"):
        for province_key, districts in data[table].items():
            province = _kind_and_name(data["DICT_PROVINCE"][province_key]["province"])
            for district_key, wards in districts.items():
                district = _kind_and_name(data["DICT_PROVINCE_DISTRICT"][province_key][district_key]["district"])
                for ward in wards.values():
                    if isinstance(ward["ward"], str):  # five island districts have no wards, only NaN
                        found.append(Unit(*_kind_and_name(ward["ward"]), *district, *province))
    return tuple(sorted(unit for unit in found if not unknown_characters("".join(unit))))


_KINDS = ("Thành phố", "Thị trấn", "Thị xã", "Phường", "Huyện", "Quận", "Tỉnh", "Xã")


def _kind_and_name(full: str) -> tuple[str, str]:
    full = normalise(full)
    kind = next(kind for kind in _KINDS if full.casefold().startswith(kind.casefold()))  # the data has one "Thị Xã"
    return kind, full[len(kind) :].strip()


_WRITTEN_KINDS = {
    "Phường": ("Phường", "Phường", "phường", "P."),
    "Xã": ("Xã", "Xã", "xã", "X."),
    "Thị trấn": ("Thị trấn", "Thị trấn", "thị trấn", "TT", "TT."),
    "Quận": ("Quận", "Quận", "quận", "Q."),
    "Huyện": ("Huyện", "Huyện", "huyện", "H."),
    "Thị xã": ("Thị xã", "thị xã", "TX", "TX."),
    "Thành phố": ("Thành phố", "TP", "TP.", "Tp."),
    "Tỉnh": ("", "", "Tỉnh", "tỉnh", "T."),
}


def _listed(names: str) -> list[str]:
    return names.strip().replace("\n", "|").split("|")


STREETS = _listed("""
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

_SURNAMES = _listed("""
Nguyễn|Trần|Lê|Phạm|Huỳnh|Hoàng|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý|Đinh|Đoàn|Lâm|Mai|Trịnh|Tạ|Lương|Thái|Kiều
""")

_MIDDLE_NAMES = _listed("""
Văn|Thị|Hữu|Đức|Quang|Minh|Xuân|Ngọc|Đình|Công|Bá|Thế|Viết|Trọng|Mạnh|Gia|Duy|Khắc|Sỹ|Tiến|Đăng|Huy|Phước|Chí|Như
""")

_GIVEN_NAMES = _listed("""
An|Ánh|Ẩn|Bằng|Bảo|Bình|Bổng|Cẩn|Chẩn|Chiểu|Cẩm|Cường|Dẫn|Diễm|Dũng|Đạo|Đễ|Điểm|Đĩnh|Đoá|Giỏi|Hẹn|Hạnh|Hiển|Hoằng|Hổ
Hợi|Hưng|Hỷ|Kẻng|Kỉnh|Khởi|Kỳ|Kỷ|Lẫm|Lẽ|Liễn|Lĩnh|Lỡ|Luỹ|Lữ|Mẫn|Mẽ|Mịch|Mỡ|Mỹ|Năng|Nẵng|Nghĩa|Ngẫu|Ngọ|Nhã|Nhẫn|Nhị
Như|Nở|Oanh|Ổn|Phẩm|Phẳng|Phấn|Phẻ|Phỏng|Phụng|Quẳng|Quế|Quỳ|Quỵ|Sẵn|Sẻ|Sở|Sửu|Tẩu|Tẽ|Thẩm|Thẳng|Thế|Thỉnh|Thọ|Thuỳ
Thuỵ|Thử|Tỉnh|Toản|Trẻ|Trỗi|Trụ|Tụ|Tựu|Tỵ|Uẩn|Ứng|Uyển|Vẹn|Vẽ|Vẻ|Vĩ|Vị|Vĩnh|Vọng|Vỡ|Vụ|Vượng|Vỹ|Xẻ|Ý|Yết
""")

_PLACES = _listed("""
Tổ|tổ|Khu|KP|Thôn|thôn|Xóm|xóm|Ấp|ấp|Đội|Bản|bản|Buôn|buôn|Ngõ|ngõ|Hẻm|hẻm|Ngách|Tầng|Ô|Block|block|Khu phố|khu phố
Tổ dân phố|tổ dân phố
""")

_ESTATES = _listed("""
KCN|KĐT|KDC|Khu đô thị|Chung cư|Chợ|Cụm CN
""")

_BUILDINGS = _listed("""
Zen Plaza|Vincom Plaza|Flemington|Jamona City|Sunwah Tower|Waseco|Fafilm|Bitexco|Golden Westlake|Belleza|Zodiac
Sunrise Riverview|Jade Park|Artex Building|Fuji Residence|Vinhomes|Winhome|Mipec Towers|Flower Garden|Bee Home
""")


def _pick(rng: np.random.Generator, choices: tuple | list):
    return choices[int(rng.integers(len(choices)))]


def _number(rng: np.random.Generator) -> str:
    """A number of one to three digits, small ones as frequent as large ones, as house numbers are."""
    return str(int(rng.integers(1, 10 ** int(rng.integers(1, 4)))))


def _house(rng: np.random.Generator) -> str:
    number, letter = _number(rng), _pick(rng, "AABBCDEFGHK")
    style = rng.random()
    if style < 0.3:
        house = number
    elif style < 0.45:
        house = number + letter
    elif style < 0.7:
        house = f"{number}/{_number(rng)}"
    elif style < 0.78:
        house = f"{number}{letter}/{_number(rng)}"
    elif style < 0.86:
        house = f"{number}/{_number(rng)}{'/' + _number(rng) if rng.random() < 0.4 else letter}"
    elif style < 0.93:
        first = int(rng.integers(1, 400))
        house = f"{first}{_pick(rng, ['-', ' - '])}{first + 2}"
    else:
        return f"{_pick(rng, ['Lô', 'Lô', 'lô', 'Dãy', 'Nhà'])} {letter}{int(rng.integers(1, 30))}"
    return _pick(rng, ["", "", "", "Số ", "Số ", "số ", "Nhà ", "SN "]) + house


def _street(rng: np.random.Generator) -> str:
    style = rng.random()
    if style < 0.5:
        name = _pick(rng, STREETS)
    elif style < 0.85:
        name = f"{_pick(rng, _SURNAMES)} {_pick(rng, _MIDDLE_NAMES)} {_pick(rng, _GIVEN_NAMES)}"
    elif style < 0.93:
        return f"{_pick(rng, ['đường', 'Đường', 'Đường số', 'Phố', 'QL', 'Quốc lộ', 'TL'])} {_number(rng)}"
    else:
        return f"đường {int(rng.integers(1, 31))}/{int(rng.integers(1, 13))}"  # named after a day, as 3/2 in Sài Gòn
    return _pick(rng, ["", "", "", "", "đường ", "Đường ", "phố ", "Đ. "]) + name


def _locality(rng: np.random.Generator, unit: Unit) -> str:
    """A hamlet, quarter, alley, estate or building."""
    style = rng.random()
    if style < 0.08:
        return _pick(rng, _BUILDINGS)
    if style < 0.2:
        return f"{_pick(rng, _ESTATES)} {_pick(rng, units()).ward}"
    place = _pick(rng, _PLACES)
    if style < 0.7:
        return f"{place} {int(rng.integers(1, 40))}{_pick(rng, 'AB') if rng.random() < 0.15 else ''}"
    name = _pick(rng, units()).ward if not unit.ward.isdigit() else _pick(rng, _GIVEN_NAMES)
    return f"{place} {name}"


def _unit(rng: np.random.Generator, kind: str, name: str) -> str:
    kind = _pick(rng, _WRITTEN_KINDS[kind])
    if not kind:
        return name
    close = kind.endswith(".") and rng.random() < 0.5
    return kind + ("" if close else " ") + name


def _province(rng: np.random.Generator, unit: Unit) -> str:
    if unit.province == "Hồ Chí Minh" and rng.random() < 0.3:
        return _pick(rng, ["TP.HCM", "TP. HCM", "Tp.HCM", "TPHCM"])
    return unit.province if rng.random() < 0.3 else _unit(rng, unit.province_kind, unit.province)


def address_line(rng: np.random.Generator, max_characters: int) -> str:
    """One line of an address form, MIN_CHARACTERS to `max_characters` long, in NFC and the charset.

    The line is a run of neighbouring parts of one address, such as street and ward, or district and province; ward,
    district and province belong together.
    """
    while True:
        unit = _pick(rng, _town_wards() if rng.random() < 0.5 else units())
        style = rng.random()
        if style < (0.75 if unit.ward_kind == "Phường" else 0.3):
            start = f"{_house(rng)}{_pick(rng, [' ', ' ', ', '])}{_street(rng)}"
        elif style < 0.85:
            start = _locality(rng, unit)
        else:
            start = f"{_locality(rng, unit)}, {_street(rng)}"
        parts = [
            start,
            _unit(rng, unit.ward_kind, unit.ward),
            _unit(rng, unit.district_kind, unit.district),
            _province(rng, unit),
        ]
        first = int(rng.choice(4, p=[0.74, 0.13, 0.11, 0.02]))
        last = first + int(rng.choice([1, 2, 3], p=[0.2, 0.6, 0.2]))
        line = _pick(rng, [", ", ", ", ", ", ", ", " - ", " "]).join(parts[first:last])
        if MIN_CHARACTERS <= len(line) <= max_characters:
            return line


@functools.cache
def _town_wards() -> tuple[Unit, ...]:
    return tuple(unit for unit in units() if unit.ward_kind == "Phường")
