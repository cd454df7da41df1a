"""Gives each request an id, and writes one row for it to the log."""

import json
import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-ID"

_LOGGER = logging.getLogger("netchu.service")


class RequestLog:
    """An application that logs the id, method, path, status and time of each request to `application`.

    The id is that of the request's header X-Request-ID, or a new one. The answer has the same header. File names and
    texts are not logged.
    """

    def __init__(self, application: ASGIApp):
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        identity = _find_id(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = identity
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = identity
            await send(message)

        try:
            await self._application(scope, receive, send_with_id)
        except Exception:  # the application has answered with status 500
            _LOGGER.exception("request=%s failed", identity)
        finally:
            _LOGGER.info(
                "request=%s %s %s status=%d seconds=%.3f",
                identity,
                scope["method"],
                json.dumps(scope["path"]),  # in one row, whatever the client sends
                status,
                time.perf_counter() - started,
            )


def _find_id(headers: Headers) -> str:
    """Return the id that the client has given, if it is short and plain, or a new one."""
    given = headers.get(HEADER, "")
    return given if re.fullmatch(r"[\w.-]{1,64}", given, re.ASCII) else uuid.uuid4().hex
