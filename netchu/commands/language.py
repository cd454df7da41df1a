"""The command's help in Vietnamese, on request (`--lang vi`) or in a Vietnamese locale."""

import argparse
import copy
import itertools
from collections.abc import Mapping, Sequence

LANGUAGES = ("en", "vi")

READ_EPILOG = """\
examples:
  netchu read line.png                           the text of one image
  netchu read --format csv scans/ > scans.csv    a folder and its subfolders
  find . -name '*.jpg' | netchu read -           files named on standard input, one per row

exit status:
  0  every image was read
  1  some images could not be read or written; each is named on standard error
  2  nothing was read: an invalid argument, or no model
"""
"""The end of the help of `netchu read`."""

SERVE_EPILOG = """\
example:
  netchu serve
  curl -F files=@page.jpg 'http://127.0.0.1:8000/read?format=jsonl'

The environment variable NETCHU_API_KEY may contain a key; each request to /read then needs it in its header
X-API-Key.
http://127.0.0.1:8000/docs describes all requests. SIGTERM stops the service after the requests that it has accepted.
"""
"""The end of the help of `netchu serve`."""

BULK_EPILOG = """\
examples:
  netchu bulk scans/ texts/                           a folder and its subfolders
  netchu bulk 'scans/*/*.png' texts/                  a glob, in quotes
  netchu bulk s3://bucket/lines.parquet s3://bucket/texts --engine ray --address auto

Of a folder, only files are read whose names end like those of images (.jpg, .png, ...) or in .parquet; a glob reads
files of any name. The Parquet files have the columns id, text, confidence, words (JSON) and error. After an
interruption, the same command reads only the images whose file is missing. docs/scale.md has more.

exit status:
  0  no row that this run has written has an error
  1  some of these rows have an error; the column error has the reasons
  2  the run has ended before its end: an invalid argument, or a folder that cannot be written
"""
"""The end of the help of `netchu bulk`."""

VIETNAMESE = {
    # argparse
    "usage: ": "cách dùng: ",
    "positional arguments": "tham số vị trí",
    "options": "tùy chọn",
    "show this help message and exit": "hiện hướng dẫn này rồi thoát",
    # netchu
    "Reads Vietnamese handwriting.": "Đọc chữ viết tay tiếng Việt.",
    "Read handwriting from images.": "Đọc chữ viết tay trong ảnh.",
    "Read very many images into Parquet files, on one machine or on many.": (
        "Đọc rất nhiều ảnh vào các tệp Parquet, trên một hoặc nhiều máy."
    ),
    "Read handwriting over HTTP.": "Đọc chữ viết tay qua HTTP.",
    "Review the doubtful words of pictures on the web page.": "Rà soát các từ còn nghi ngờ trong ảnh trên trang web.",
    "Compare two runs on the same test lines.": "So sánh hai lần chạy trên cùng các dòng kiểm tra.",
    "language of this help (default: vi in a Vietnamese locale, else en)": (
        "ngôn ngữ của hướng dẫn này (mặc định: vi nếu hệ thống dùng tiếng Việt, nếu không thì en)"
    ),
    # netchu read
    "PNG, JPEG, HEIC, TIFF, PDF, ... or a folder of them; - reads file names from standard input": (
        "tệp PNG, JPEG, HEIC, TIFF, PDF, ... hoặc thư mục chứa chúng; - để đọc tên tệp từ đầu vào chuẩn"
    ),
    "content of an image. line: one line of writing; page: lines in columns or tables; auto (default): either": (
        "nội dung ảnh. line: một dòng chữ; page: nhiều dòng, chia cột hoặc bảng; auto (mặc định): tự nhận biết"
    ),
    "text (default): the lines alone, tabs between the cells of a table; jsonl: one JSON object per image, with lines, "
    "words, boxes in pixels and confidences; csv: one row per line; alto, page, hocr: one ALTO XML, PAGE XML or hOCR "
    "document per image; pdf: one searchable PDF per file, with --output": (
        "text (mặc định): chỉ các dòng chữ, giữa các ô của bảng là dấu tab; jsonl: mỗi ảnh một đối tượng JSON gồm "
        "dòng, từ, khung theo điểm ảnh và độ tin cậy; csv: mỗi dòng chữ một hàng; alto, page, hocr: mỗi ảnh một tài "
        "liệu ALTO XML, PAGE XML hoặc hOCR; "
        "pdf: mỗi tệp một PDF tìm kiếm được, cần --output"
    ),
    "write one file per image, named after it, into DIR, with the folders of the input, instead of writing to "
    "standard output; existing files are kept": (
        "ghi mỗi ảnh ra một tệp cùng tên trong thư mục DIR, giữ nguyên cây thư mục của ảnh, thay vì ghi ra đầu ra "
        "chuẩn; không ghi đè tệp đã có"
    ),
    "all (default): every word, printed ones with low confidence; handwriting: leave printed words out": (
        "all (mặc định): mọi từ, từ in có độ tin cậy thấp; handwriting: bỏ các từ in, chỉ giữ chữ viết tay"
    ),
    "beam (default): with the language model; greedy: the network alone, faster": (
        "beam (mặc định): dùng mô hình ngôn ngữ; greedy: chỉ dùng mạng nơ-ron, nhanh hơn"
    ),
    "text file (UTF-8) whose words become likelier: one name a line, or a text on the same subject": (
        "tệp văn bản (UTF-8) gồm các từ được ưu tiên: mỗi hàng một tên, hoặc một văn bản cùng chủ đề"
    ),
    "leave out lines with a confidence, 0 to 1, below C (default 0: none)": (
        "bỏ các dòng có độ tin cậy (0 đến 1) thấp hơn C (mặc định 0: không bỏ dòng nào)"
    ),
    "folder of the model (default: models/adopted, models/pretrained or models/reader, the first that exists)": (
        "thư mục mô hình (mặc định: thư mục đầu tiên tồn tại trong models/adopted, models/pretrained, models/reader)"
    ),
    READ_EPILOG: """\
ví dụ:
  netchu read line.png                           văn bản của một ảnh
  netchu read --format csv scans/ > scans.csv    một thư mục và mọi thư mục con
  find . -name '*.jpg' | netchu read -           tên tệp từ đầu vào chuẩn, mỗi hàng một tệp

mã thoát:
  0  đọc được mọi ảnh
  1  có ảnh không đọc hoặc không ghi được; tên từng ảnh được ghi ra đầu ra lỗi chuẩn
  2  không đọc gì: tham số sai, hoặc không có mô hình
""",
    # netchu bulk
    "folder, file or glob of images, or of Parquet files with a column image; s3:// and the like, too": (
        "thư mục, tệp hoặc mẫu glob của ảnh, hay của tệp Parquet có cột image; cả s3:// và tương tự"
    ),
    "folder of the Parquet files; a run in it can be continued": (
        "thư mục chứa các tệp Parquet; có thể chạy tiếp trong thư mục này"
    ),
    "local (default): the cores of this machine; ray: those of a Ray cluster": (
        "local (mặc định): các lõi của máy này; ray: các lõi của một cụm Ray"
    ),
    "address of the Ray cluster, auto for the running one (default: start Ray on this machine)": (
        "địa chỉ của cụm Ray, auto là cụm đang chạy (mặc định: khởi động Ray trên máy này)"
    ),
    "processes that read, with one thread each (default: one per core)": (
        "số tiến trình đọc, mỗi tiến trình một luồng (mặc định: mỗi lõi một tiến trình)"
    ),
    "images per Parquet file, the unit of work that an interruption can lose (default 500)": (
        "số ảnh mỗi tệp Parquet, là phần việc có thể mất khi bị ngắt (mặc định 500)"
    ),
    BULK_EPILOG: """\
ví dụ:
  netchu bulk scans/ texts/                           một thư mục và mọi thư mục con
  netchu bulk 'scans/*/*.png' texts/                  một mẫu glob, đặt trong dấu nháy
  netchu bulk s3://bucket/lines.parquet s3://bucket/texts --engine ray --address auto

Trong một thư mục, chỉ các tệp có tên kết thúc như tên ảnh (.jpg, .png, ...) hoặc bằng .parquet được đọc; mẫu glob đọc
tệp có tên bất kỳ. Các tệp Parquet kết quả có các cột id, text, confidence, words (JSON) và error. Sau khi bị ngắt, chạy
lại đúng lệnh đó sẽ chỉ đọc các ảnh chưa có tệp. Xem thêm docs/scale.md.

mã thoát:
  0  không hàng nào do lần chạy này ghi có lỗi
  1  có hàng do lần chạy này ghi bị lỗi; cột error cho biết lý do
  2  chưa chạy xong: tham số sai, hoặc không ghi được vào thư mục
""",
    # netchu serve
    "address to listen at (default 127.0.0.1: this machine alone; 0.0.0.0: all)": (
        "địa chỉ để lắng nghe (mặc định 127.0.0.1: chỉ máy này; 0.0.0.0: mọi máy)"
    ),
    "port to listen at (default 8000; 0: any that is free)": (
        "cổng để lắng nghe (mặc định 8000; 0: cổng bất kỳ còn trống)"
    ),
    "largest request, in megabytes (default 32)": (
        "kích thước lớn nhất của một yêu cầu, tính bằng megabyte (mặc định 32)"
    ),
    "most pages of a request (default 20)": "số trang nhiều nhất của một yêu cầu (mặc định 20)",
    "longest time from the start of a request to its answer (default 60)": (
        "thời gian dài nhất từ lúc bắt đầu yêu cầu đến khi trả lời, tính bằng giây (mặc định 60)"
    ),
    "most requests that wait while others are read, one per core; further ones get status 503 (default 16)": (
        "số yêu cầu nhiều nhất được chờ trong khi mỗi lõi đọc một yêu cầu; thêm nữa sẽ nhận mã 503 (mặc định 16)"
    ),
    SERVE_EPILOG: """\
ví dụ:
  netchu serve
  curl -F files=@page.jpg 'http://127.0.0.1:8000/read?format=jsonl'

Biến môi trường NETCHU_API_KEY có thể chứa một khóa; khi đó mọi yêu cầu đến /read phải gửi khóa này trong tiêu đề
X-API-Key.
http://127.0.0.1:8000/docs mô tả mọi yêu cầu. SIGTERM dừng dịch vụ sau khi trả lời xong các yêu cầu đã nhận.
""",
    # netchu review
    "folder of pictures; the answers are saved in a hidden file in it": (
        "thư mục chứa ảnh; các câu trả lời được lưu trong một tệp ẩn ở đó"
    ),
    # netchu compare
    "commit, branch, tag or experiment: the run to compare with": (
        "commit, nhánh, thẻ hoặc thí nghiệm: lần chạy dùng làm mốc so sánh"
    ),
    "the other run (default: the workspace)": "lần chạy thứ hai (mặc định: thư mục làm việc hiện tại)",
    "md: for a pull request": "md: để dán vào pull request",
    "lines shown, better and worse (default: 5)": "số dòng được hiện, cả tốt hơn và kém hơn (mặc định: 5)",
}
"""Translations of every text in the help of `netchu` and its subcommands."""


class VietnameseHelp(argparse.RawDescriptionHelpFormatter):
    """Help whose texts are replaced by their translations; a text without one stays in English."""

    def add_usage(self, usage, actions, groups, prefix=None) -> None:
        super().add_usage(usage, actions, groups, translate("usage: ") if prefix is None else prefix)

    def start_section(self, heading) -> None:
        super().start_section(translate(heading))

    def add_text(self, text) -> None:
        super().add_text(translate(text))

    def add_argument(self, action) -> None:
        translated = copy.copy(action)
        translated.help = translate(action.help)
        super().add_argument(translated)


def translate(text: str | None) -> str | None:
    """Return the Vietnamese text, or `text` itself if there is no translation."""
    return VIETNAMESE.get(text, text)


def find_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the value of `--lang` if given, even if invalid; else `vi` in a Vietnamese locale, else `en`.

    >>> find_language(["read", "--help"], {"LANG": "vi_VN.UTF-8"})
    'vi'
    """
    for option, value in itertools.pairwise([*arguments, ""]):
        if option == "--lang" or option.startswith("--lang="):
            return value if option == "--lang" else option.removeprefix("--lang=")
    # In the order of precedence of gettext.
    locales = (environment.get(name) for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    return "vi" if next(filter(None, locales), "").startswith("vi") else "en"
