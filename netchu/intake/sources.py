"""Downloads from Google Drive and the web into a folder that an interrupted run does not lose."""

import hashlib
import sys
import textwrap
import time
import urllib.parse
from pathlib import Path

from netchu.core.errors import NetchuError
from netchu.core.printing import describe_error
from netchu.core.state import state_folder

DOWNLOADS = Path("downloads")
"""Folder in the state folder, because DVC would delete partial downloads in an output of the stage."""

RETRIES = 3
"""Attempts after the first, each after a longer delay."""

TIMEOUT = 60
"""Seconds without data after which an attempt fails."""


def fetch_drive(file_id: str) -> Path:
    """Fetch a public file from Google Drive by its id; resume the download of an earlier run.

    Raises:
        NetchuError: Google rejects the request (missing file, too many downloads) or the connection fails.
    """
    import gdown  # here, because the import takes 0.2 s

    path = state_folder() / DOWNLOADS / f"{file_id}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    report = _DownloadReport(path.name)
    try:
        gdown.download(
            id=file_id,
            output=str(path),
            quiet=True,
            resume=True,
            retries=RETRIES,
            timeout=TIMEOUT,
            progress=report.show,
        )
    except Exception as error:  # errors of requests, of gdown and of its parser of Google's pages
        raise NetchuError(f"Google Drive file {file_id}: {_shorten(error)}") from None
    return path


def fetch_url(url: str, sha256: str | None) -> Path:
    """Fetch `url` (http or https); reuse the file of an earlier run only if it has the hash `sha256` (hex).

    Raises:
        NetchuError: the server rejects the request, the connection fails, or the file has another hash.
    """
    import pooch  # here, because the import takes 0.1 s

    name = url_name(url)
    path = state_folder() / DOWNLOADS / hashlib.sha256(url.encode()).hexdigest()[:16] / name
    if sha256 is None:
        path.unlink(missing_ok=True)  # the server may have a newer file
    fetcher = pooch.create(
        path.parent,
        base_url="",
        registry={name: sha256 and f"sha256:{sha256}"},
        urls={name: url},
        retry_if_failed=RETRIES,
    )
    downloader = pooch.HTTPDownloader(progressbar=_DownloadReport(name), chunk_size=2**20, timeout=TIMEOUT)
    try:
        fetcher.fetch(name, downloader=downloader)
    except Exception as error:  # requests' errors, OSError, and ValueError for a wrong hash
        raise NetchuError(f"{url}: {_shorten(error)}") from None
    return path


def url_name(url: str) -> str:
    """Return the file name at the end of `url`."""
    name = urllib.parse.unquote(urllib.parse.urlsplit(url).path).replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(character for character in name if character.isprintable()).lstrip(".") or "archive"


class _DownloadReport:
    """A report on standard error every ten seconds, with the methods that pooch needs of a tqdm bar."""

    def __init__(self, name: str):
        self.total, self._name, self._done, self._due = 0, name, 0, time.monotonic() + 2

    def show(self, done: int, total: int | None) -> None:
        """Print `done` of `total` bytes if a report is due."""
        if time.monotonic() >= self._due:
            of_total = f" of {total / 1e6:.0f}" if total else ""
            print(f"{self._name}: {done / 1e6:.0f}{of_total} MB", file=sys.stderr, flush=True)
            self._due = time.monotonic() + 10

    def update(self, size: int) -> None:
        """Count `size` more bytes."""
        self._done += size
        self.show(self._done, self.total)

    def reset(self) -> None:
        """Start at zero bytes again."""
        self._done = 0

    def close(self) -> None:
        """Do nothing; pooch calls it at the end."""


def _shorten(error: Exception) -> str:
    """Return the message of `error` in one line of at most 300 characters."""
    return textwrap.shorten(describe_error(error), 300, placeholder=" ...")
