"""Receives the files of a request in memory: nothing is written to disk."""

from collections.abc import AsyncGenerator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from netchu.core.errors import NetchuError
from netchu.pages.image_files import check_suffix
from netchu.service.errors import ServiceError

FIELD = "files"
"""Name of the form field of every file."""


class Upload(NamedTuple):
    """A file of a request."""

    path: Path  # its name alone, without a folder
    data: bytes


class _FormParser(MultiPartParser):
    """Starlette's parser, which accepts a form without its last boundary; here, `ended` says whether that was found."""

    ended = False

    def on_end(self) -> None:
        self.ended = True


async def receive_files(request: Request, limit: int) -> list[Upload]:
    """Receive the files of a form of at most `limit` bytes; raise ServiceError for any other body."""
    if parse_options_header(request.headers.get("content-type"))[0] != b"multipart/form-data":
        raise ServiceError(415, f"the body should be multipart/form-data, with each file in a field {FIELD!r}")
    _check_size(int(request.headers.get("content-length", 0)), limit)
    parser = _FormParser(request.headers, _receive_body(request, limit))
    parser.spool_max_size = limit  # a larger file would be written to disk
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise ServiceError(400, f"the body is not a valid form: {error.message}") from None
    if not parser.ended:
        raise ServiceError(400, "the body is not a valid form: its end is missing; send the whole body")
    uploads = [_take_file(name, value) for name, value in form.multi_items()]
    if not uploads:
        raise ServiceError(422, f"no files; send each in a field {FIELD!r}")
    return uploads


async def _receive_body(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            _check_size(size, limit)
            yield chunk
    except ClientDisconnect:
        raise ServiceError(400, "the client has closed the connection before the end of the body") from None


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise ServiceError(413, f"a body of more than {limit:,} bytes; send the files in several requests")


def _take_file(name: str, value: UploadFile | str) -> Upload:
    if not isinstance(value, UploadFile):
        raise ServiceError(422, f"field {name!r}: not a file; options belong in the address, as in /read?format=csv")
    if name != FIELD:
        raise ServiceError(422, f"field {name!r}: name the field of each file {FIELD!r}")
    file = "".join(letter if letter.isprintable() else "\ufffd" for letter in value.filename or "")
    path = Path(PurePosixPath(file.replace("\\", "/")).name or "unnamed")
    try:
        check_suffix(path)
    except NetchuError as error:
        raise ServiceError(415, f"{path}: {error}") from None
    return Upload(path, value.file.read())
