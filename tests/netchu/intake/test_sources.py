"""Tests of downloads: hashes are checked, errors have one line. The web server is real; Google Drive is replaced."""

import hashlib
import http.server
import inspect
import threading
import time
from pathlib import Path

import gdown
import pytest

from netchu.core.errors import NetchuError
from netchu.intake import sources
from netchu.intake.sources import fetch_drive, fetch_url, url_name

CONTENT = bytes(range(256)) * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        if self.path.startswith("/missing"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        # Break the connection half way: every time for /broken, the first time for /shaky.
        broken = self.path.startswith("/broken") or (self.path.startswith("/shaky") and len(self.server.requests) == 1)
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if broken else CONTENT)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Return a local web server; downloads are stored in tmp_path, and retries do not wait."""
    monkeypatch.setattr(sources, "DOWNLOADS", tmp_path)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.requests = []
        running.url = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("digest", [None, SHA256])
def test_fetches_a_url(server, tmp_path, digest):
    path = fetch_url(f"{server.url}/a/lines.zip?raw=1", digest)
    assert path.name == "lines.zip" and path.read_bytes() == CONTENT
    assert files(tmp_path) == ["lines.zip"]


def test_fetches_a_file_again_only_without_a_hash(server):
    url = f"{server.url}/lines.zip"
    fetch_url(url, SHA256)
    fetch_url(url, SHA256)
    assert len(server.requests) == 1
    fetch_url(url, None)
    assert len(server.requests) == 2


def test_keeps_equal_names_from_different_urls_apart(server):
    assert fetch_url(f"{server.url}/a/lines.zip", SHA256) != fetch_url(f"{server.url}/b/lines.zip", SHA256)


def test_retries_after_a_broken_connection(server):
    assert fetch_url(f"{server.url}/shaky.zip", None).read_bytes() == CONTENT
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("path", "digest", "error"),
    [
        ("/missing.zip", None, "404"),
        ("/broken.zip", None, ""),
        ("/lines.zip", "0" * 64, "hash"),
    ],
)
def test_leaves_no_file_after_a_failure(server, tmp_path, path, digest, error):
    with pytest.raises(NetchuError) as caught:
        fetch_url(server.url + path, digest)
    message = str(caught.value)
    assert message.startswith(f"{server.url}{path}: ") and error in message and "\n" not in message
    assert len(server.requests) == 1 + sources.RETRIES
    assert files(tmp_path) == []


def test_reports_a_missing_server(server, tmp_path):
    server.server_close()
    with pytest.raises(NetchuError, match=r"lines\.zip: "):
        fetch_url(f"{server.url}/lines.zip", None)
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/a/b.zip", "b.zip"),
        ("https://example.org/b.zip?download=1#top", "b.zip"),
        ("https://example.org/Qu%E1%BA%ADn%201.zip", "Quận 1.zip"),
        ("https://example.org/a%2F..%2F..%2Fb.zip", "b.zip"),
        ("https://example.org/a%5Cb.zip", "b.zip"),
        ("https://example.org/..", "archive"),
        ("https://example.org", "archive"),
        ("https://example.org/a%00b%0A.zip", "ab.zip"),
    ],
)
def test_finds_the_name_in_a_url(url, name):
    assert url_name(url) == name


def test_asks_gdown_to_resume_and_retry(tmp_path, monkeypatch, capsys):
    clock = 0.0
    monkeypatch.setattr(sources, "DOWNLOADS", tmp_path / "downloads")
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    signature = inspect.signature(gdown.download)

    def download(*args, **options):
        nonlocal clock
        asked = signature.bind(*args, **options).arguments
        assert asked["id"] == "abc" and asked["resume"] and asked["retries"] == sources.RETRIES and asked["timeout"]
        asked["progress"](10**6, 2 * 10**6)
        clock = 3.0
        asked["progress"](10**6, 2 * 10**6)
        Path(asked["output"]).write_bytes(CONTENT)

    monkeypatch.setattr(gdown, "download", download)
    assert fetch_drive("abc").read_bytes() == CONTENT
    assert capsys.readouterr().err == "abc.zip: 1 of 2 MB\n"


def test_reports_googles_error_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "DOWNLOADS", tmp_path)

    def download(**_):
        raise gdown.exceptions.FileURLRetrievalError("Failed to retrieve file url:\n\n\tToo many users\n")

    monkeypatch.setattr(gdown, "download", download)
    with pytest.raises(NetchuError, match="Google Drive file abc: Failed to retrieve file url: Too many users"):
        fetch_drive("abc")
