"""The web application of the service: its addresses, and its answers to errors."""

import asyncio
import functools
import hmac
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.security import APIKeyHeader
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from netchu.pages.recognizer import Recognizer
from netchu.service.answers import MEDIA_TYPES, ReadOptions, read_uploads
from netchu.service.errors import ServiceError
from netchu.service.limits import Limits
from netchu.service.reading_queue import ReadingQueue
from netchu.service.request_log import RequestLog
from netchu.service.uploads import FIELD, receive_files

KEY_HEADER = "X-API-Key"

WARNING_HEADER = "X-Warning"
"""Header of an answer to pictures of which a part is missing."""

_FORM = {
    "type": "object",
    "properties": {FIELD: {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1}},
    "required": [FIELD],
    "additionalProperties": False,
}
"""The schema of the body of a request. FastAPI would receive the body before the key and the queue are checked."""

_ERRORS = {
    400: "The body is damaged or incomplete.",
    401: f"The header {KEY_HEADER} does not have the key.",
    408: "The body did not arrive within the time limit.",
    413: "The body is too large, or the files have too many pages.",
    415: "The body is no form, or a file is of a kind that cannot be read.",
    422: "An option is invalid, there are no files, or a file is damaged or no picture.",
    500: "An error of the service itself.",
    503: "Too many requests are being read or wait.",
    504: "The files were not read within the time limit.",
}


class Health(BaseModel):
    """The state of the service."""

    status: str
    requests: int  # that are being read or wait


class Error(BaseModel):
    """The body of each answer with an error."""

    error: str
    request_id: str


def create_application(recognizer: Recognizer, limits: Limits, key: str = "") -> ASGIApp:
    """Return the application, to be run by an ASGI server such as uvicorn in one process.

    Args:
        key: if not empty, /read needs it in the header X-API-Key.
    """
    application = FastAPI(title="netchu", description="Reads Vietnamese handwriting.", redoc_url=None)
    queue = ReadingQueue(limits.waiting)
    find_key = APIKeyHeader(name=KEY_HEADER, auto_error=False)

    def check_key(given: Annotated[str | None, Depends(find_key)]) -> None:
        # Starlette decodes the bytes of headers as Latin-1.
        if not hmac.compare_digest((given or "").encode("latin-1"), key.encode()):
            raise ServiceError(401, f"the header {KEY_HEADER} does not have the key of this service")

    @application.get("/health")
    async def health() -> Health:
        """Return the number of requests that are being read or wait."""
        return Health(status="ok", requests=queue.taken)

    @application.post(
        "/read",
        dependencies=[Depends(check_key)] if key else [],
        response_class=Response,
        responses={
            200: {"description": "The text of the files.", "content": {name: {} for name in sorted(MEDIA_TYPES)}},
            **{
                status: {"description": text, "model": Error}
                for status, text in _ERRORS.items()
                if key or status != 401
            },
        },
        openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
    )
    async def read(request: Request, options: Annotated[ReadOptions, Query()]) -> Response:
        """Read the files of a form in the requested format. If a page cannot be read, the answer is an error."""
        deadline = asyncio.get_running_loop().time() + limits.seconds
        _check_repeated(request)
        with queue.take_place() as place:
            try:
                async with asyncio.timeout_at(deadline):
                    uploads = await receive_files(request, limits.body)
            except TimeoutError:
                raise ServiceError(408, "the body did not arrive within the time limit") from None
            work = functools.partial(read_uploads, recognizer, uploads, options, limits.pages)
            answer = await place.run(work, request, deadline)
        headers = {WARNING_HEADER: "; ".join(answer.warnings)} if answer.warnings else None
        return Response(answer.content, headers=headers, media_type=answer.media_type)

    application.add_exception_handler(ServiceError, _answer_service_error)
    application.add_exception_handler(RequestValidationError, _answer_invalid_option)
    application.add_exception_handler(HTTPException, _answer_http_error)
    application.add_exception_handler(Exception, _answer_defect)
    return RequestLog(application)


def _check_repeated(request: Request) -> None:
    """Raise ServiceError if an option occurs twice in the address; FastAPI would take the last one."""
    for name in request.query_params:
        if len(request.query_params.getlist(name)) > 1:
            raise ServiceError(422, f"{name}: given more than once; give each option once")


async def _answer_service_error(request: Request, error: ServiceError) -> JSONResponse:
    headers = {401: {"WWW-Authenticate": "APIKey"}, 503: {"Retry-After": "1"}}.get(error.status)
    return _answer_error(request, error.status, str(error), headers)


async def _answer_invalid_option(request: Request, error: RequestValidationError) -> JSONResponse:
    problems = []
    for problem in error.errors():
        unknown = problem["type"] == "extra_forbidden"
        reason = f"no such option; the options are {', '.join(ReadOptions.model_fields)}" if unknown else problem["msg"]
        problems.append(f"{'.'.join(map(str, problem['loc'][1:]))}: {reason}")
    return _answer_error(request, 422, "; ".join(problems))


async def _answer_http_error(request: Request, error: HTTPException) -> JSONResponse:
    """Answer a request of an unknown address, or with a method that the address does not have."""
    return _answer_error(request, error.status_code, error.detail, error.headers)


async def _answer_defect(request: Request, error: Exception) -> JSONResponse:
    return _answer_error(request, 500, "an error of the service; its log has the details")


def _answer_error(request: Request, status: int, message: str, headers: dict | None = None) -> JSONResponse:
    content = Error(error=message, request_id=request.state.request_id)
    return JSONResponse(content.model_dump(), status, headers)
