"""The command `netchu serve` as a process: its start, its end, and its errors."""

import os
import resource
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from benchmarks.service import start_service
from benchmarks.tiny_project import ENVIRONMENT, ROOT
from netchu.__main__ import main
from netchu.pages.recognizer import Recognizer
from tests.netchu.service.server import count_requests, draw_picture, post, start_upload, wait_until
from tests.netchu.tiny_model import write_tiny_reader

LINE = ("line.png", draw_picture(1))


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    return write_tiny_reader(tmp_path_factory.mktemp("reader") / "tiny")


def forbid_writing() -> None:
    """Make every attempt of this process to write to a file fail."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def start(reader, folder, *arguments: str, port: int = 0, **options):
    options = {"cwd": folder, "env": ENVIRONMENT | {"PYTHONPATH": str(ROOT)}} | options
    return start_service("--port", str(port), "--model", str(reader), *arguments, **options)


def test_reads_large_files_without_writing_any(reader, tmp_path):
    padded = draw_picture(1) + bytes(5_000_000)  # Starlette writes files of more than a megabyte to disk
    with start(reader, tmp_path, preexec_fn=forbid_writing) as service:
        for format in ("text", "alto", "pdf"):
            assert post(service.address, ("line.png", padded), LINE, format=format).status_code == 200
    assert list(tmp_path.iterdir()) == []


def test_leaves_no_file_in_the_home_folder(reader, tmp_path):
    """Nor does ONNX Runtime, whose reports on its use are switched off."""
    environment = {"HOME": str(tmp_path), "PATH": ENVIRONMENT["PATH"], "PYTHONPATH": str(ROOT)}
    with start(reader, tmp_path, env=environment | {"PYTHONDONTWRITEBYTECODE": "1"}) as service:
        assert post(service.address, LINE).status_code == 200
    assert list(tmp_path.rglob("*")) == []


def test_uses_its_options(reader, tmp_path):
    with start(reader, tmp_path, "--max-body", "1", "--max-pages", "2", "--queue", "0", "--timeout", "3") as service:
        address = service.address
        assert post(address, ("x.png", bytes(1_000_000))).status_code == 413
        assert post(address, LINE, LINE, LINE).json()["error"].startswith("3 pages, more than 2")
        with start_upload(address) as upload:
            assert upload.recv(1000).startswith(b"HTTP/1.1 408")
        uploads = [start_upload(address) for _ in range(os.cpu_count() or 1)]
        wait_until(lambda: count_requests(address) == len(uploads))
        assert post(address, LINE).status_code == 503
        for upload in uploads:
            upload.close()


def test_takes_key_from_the_environment(reader, tmp_path):
    environment = ENVIRONMENT | {"PYTHONPATH": str(ROOT), "NETCHU_API_KEY": "secret"}
    with start(reader, tmp_path, env=environment) as service:
        assert post(service.address, LINE).status_code == 401
        assert post(service.address, LINE, headers={"X-API-Key": "secret"}).status_code == 200
    assert "with an API key" in service.log[0] and "secret" not in "".join(service.log)


def test_answers_accepted_requests_and_ends_well_at_sigterm(reader, tmp_path):
    with start(reader, tmp_path) as service:
        upload = start_upload(service.address)
        wait_until(lambda: count_requests(service.address) == 1)
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses_connections(service.address))
        rest = b'Content-Disposition: form-data; name="files"; filename="x.png"\r\n\r\n'
        upload.sendall((rest + LINE[1])[:900].ljust(990 - 5, b"\0") + b"\r\n--b--\r\n")
        assert b"HTTP/1.1 422" in upload.recv(1000)
        assert service.process.wait(60) == 0


def refuses_connections(address: str) -> bool:
    url = urlsplit(address)
    try:
        socket.create_connection((url.hostname, url.port)).close()
        return False
    except ConnectionRefusedError:
        return True


def test_restarts_clean_after_it_was_killed_in_the_middle_of_requests(reader, tmp_path):
    text = Recognizer.load(reader).read(LINE[1]).text + "\n"
    with start(reader, tmp_path) as service, ThreadPoolExecutor() as pool:
        port = urlsplit(service.address).port
        uploads = [start_upload(service.address) for _ in range(3)]
        wait_until(lambda: count_requests(service.address) == 3)
        clients = [pool.submit(post, service.address, *[LINE] * 20) for _ in range(4)]
        service.process.kill()
        assert service.process.wait(60) == -signal.SIGKILL
        for client in clients:
            assert client.exception(60) is None or isinstance(client.exception(), requests.ConnectionError)
        for upload in uploads:
            assert receive_all(upload) == b""
    assert list(tmp_path.iterdir()) == []
    with start(reader, tmp_path, port=port) as service:
        assert urlsplit(service.address).port == port and count_requests(service.address) == 0
        assert post(service.address, LINE).text == text


def receive_all(connection: socket.socket) -> bytes:
    """Return what arrives until the connection closes."""
    with connection:
        try:
            return b"".join(iter(lambda: connection.recv(1000), b""))
        except ConnectionResetError:
            return b""


def run(capfd, *arguments: str) -> str:
    """Run the command, which fails, and return its error."""
    assert main(["serve", *arguments]) == 2
    return capfd.readouterr().err


def test_reports_port_that_is_in_use(reader, capfd):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        error = run(capfd, "--model", str(reader), "--port", str(port))
    assert error.startswith(
        f"netchu serve: error: cannot listen at 127.0.0.1, port {port} (Address already in use); name"
    )


def test_reports_missing_model(tmp_path, capfd):
    assert run(capfd, "--model", str(tmp_path)).startswith("netchu serve: error: ")


@pytest.mark.parametrize("package", ["fastapi", "uvicorn", "python_multipart", "pikepdf"])
def test_reports_missing_package(reader, capfd, monkeypatch, package):
    for name in list(sys.modules):
        if name.startswith(("netchu.service.", f"{package}.")) or name == "netchu.pages.searchable_pdf":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    error = run(capfd, "--model", str(reader))
    assert error == (
        f"netchu serve: error: the service needs the package {package}; install netchu with its extra: "
        "pip install '.[serve]'\n"
    )


@pytest.mark.parametrize("option", ["--port=65536", "--queue=-1", "--timeout=0", "--max-body=x", "--max-pages=1.5"])
def test_rejects_numbers_out_of_range(capfd, option):
    with pytest.raises(SystemExit):
        main(["serve", option])
    assert f"argument {option.partition('=')[0]}: {option.partition('=')[2]!r} is not a whole number" in (
        capfd.readouterr().err
    )
