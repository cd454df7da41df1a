"""Fetches archives from Google Drive and the web into a folder that outlives an interrupted run."""

import hashlib
import sys
import textwrap
import time
import urllib.parse
from pathlib import Path

from netchu.core.errors import NetchuError
from netchu.core.state import state_folder

DOWNLOADS = Path("downloads")
"""In the state folder. Not an output of a stage: DVC deletes those before the stage runs, and what was half fetched."""

RETRIES = 3
"""Attempts after the first, each a little later."""

TIMEOUT = 60
"""Seconds without a byte after which an attempt has failed."""


def fetch_drive(file_id: str) -> Path:
    """Fetch a public file from Google Drive by its id, resuming what an earlier run left.

    Raises:
        NetchuError: Google refuses (link gone, too many downloads) or the connection fails.
    """
    import gdown  # 0.2 s that no other source should pay

    path = state_folder() / DOWNLOADS / f"{file_id}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    report = _Report(path.name)
    try:
        gdown.download(
            id=file_id,
            output=str(path),
            quiet=True,
            resume=True,
            retries=RETRIES,
            timeout=TIMEOUT,
            progress=report.at,
        )
    except Exception as error:  # gdown lets requests' errors, its own and parsing errors of Google's pages through
        raise NetchuError(f"Google Drive file {file_id}: {_one_line(error)}") from None
    return path


def fetch_url(url: str, sha256: str | None) -> Path:
    """Fetch `url` (http or https); a file that an earlier run left is taken if `sha256` (hex) confirms it.

    Raises:
        NetchuError: the server refuses, the connection fails, or the file has another hash.
    """
    import pooch  # with requests 0.1 s, likewise

    name = url_name(url)
    path = state_folder() / DOWNLOADS / hashlib.sha256(url.encode()).hexdigest()[:16] / name
    if sha256 is None:
        path.unlink(missing_ok=True)  # nothing tells whether it is still what the server has
    fetcher = pooch.create(
        path.parent,
        base_url="",
        registry={name: sha256 and f"sha256:{sha256}"},
        urls={name: url},
        retry_if_failed=RETRIES,
    )
    downloader = pooch.HTTPDownloader(progressbar=_Report(name), chunk_size=2**20, timeout=TIMEOUT)
    try:
        fetcher.fetch(name, downloader=downloader)
    except Exception as error:  # requests' errors, OSError, and ValueError for a wrong hash
        raise NetchuError(f"{url}: {_one_line(error)}") from None
    return path


def url_name(url: str) -> str:
    """The file name at the end of `url`."""
    name = urllib.parse.unquote(urllib.parse.urlsplit(url).path).replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(character for character in name if character.isprintable()).lstrip(".") or "archive"


class _Report:
    """Says on standard error, every ten seconds, how much has come; has the methods that pooch calls on a tqdm bar."""

    def __init__(self, name: str):
        self.total, self._name, self._done, self._due = 0, name, 0, time.monotonic() + 2

    def at(self, done: int, total: int | None) -> None:
        if time.monotonic() >= self._due:
            of = f" of {total / 1e6:.0f}" if total else ""
            print(f"{self._name}: {done / 1e6:.0f}{of} MB", file=sys.stderr, flush=True)
            self._due = time.monotonic() + 10

    def update(self, size: int) -> None:
        self._done += size
        self.at(self._done, self.total)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        pass


def _one_line(error: Exception) -> str:
    return textwrap.shorten(str(error), 300, placeholder=" ...") or type(error).__name__
