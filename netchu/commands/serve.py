"""`python -m netchu serve`: read handwriting over HTTP."""

import argparse
import logging
import os
import signal
import socket
import warnings
from collections.abc import Callable

from netchu.commands.common_options import add_model, filled
from netchu.commands.language import SERVE_EPILOG
from netchu.core.errors import NetchuError

_KEY_VARIABLE = "NETCHU_API_KEY"

_LOGGER = logging.getLogger("netchu.service")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `run`; their help has a translation in netchu.commands.language."""
    parser.epilog = SERVE_EPILOG
    parser.add_argument(
        "--host",
        type=filled,  # an empty one would listen at all addresses
        default="127.0.0.1",
        help="address to listen at (default 127.0.0.1: this machine alone; 0.0.0.0: all)",
    )
    parser.add_argument(
        "--port", type=_number(0, 65535), default=8000, help="port to listen at (default 8000; 0: any that is free)"
    )
    add_model(parser)
    parser.add_argument(
        "--max-body", type=_number(1, 2000), default=32, metavar="MB", help="largest request, in megabytes (default 32)"
    )
    parser.add_argument(
        "--max-pages", type=_number(1, 1000), default=20, metavar="N", help="most pages of a request (default 20)"
    )
    parser.add_argument(
        "--timeout",
        type=_number(1, 3600),
        default=60,
        metavar="SECONDS",
        help="longest time from the start of a request to its answer (default 60)",
    )
    parser.add_argument(
        "--queue",
        type=_number(0, 1000),
        default=16,
        metavar="N",
        help="most requests that wait while others are read, one per core; further ones get status 503 (default 16)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal ends the process; raise NetchuError if the service cannot start."""
    import cv2  # like all imports here, not needed for --help

    from netchu.pages.recognizer import Recognizer

    try:
        import uvicorn

        from netchu.service.application import create_application
        from netchu.service.limits import Limits
    except ImportError as error:
        raise NetchuError(
            f"the service needs the package {error.name.partition('.')[0]}; install netchu with its extra: "
            "pip install '.[serve]'"
        ) from None
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns about each damaged form
    warnings.filterwarnings("ignore", module="PIL")  # Pillow also warns about files that it can read
    cv2.setNumThreads(1)  # each thread reads one request; OpenCV's own threads would compete with them
    recognizer = Recognizer.load(arguments.model)
    limits = Limits(arguments.max_body * 1_000_000, arguments.max_pages, arguments.timeout, arguments.queue)
    key = os.environ.get(_KEY_VARIABLE, "")
    config = uvicorn.Config(
        create_application(recognizer, limits, key),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=arguments.timeout + 5,
    )
    with _listen(arguments.host, arguments.port) as listener:
        # uvicorn stops at the signal and then sends it again, which would end the process with a failure.
        signal.signal(signal.SIGTERM, lambda *_: None)
        host, port = listener.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        _LOGGER.info("listening at %s, %s API key", address, "with an" if key else "without")
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def _number(least: int, most: int) -> Callable[[str], int]:
    """Return a type of arguments: whole numbers from `least` to `most`."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return parse


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raise NetchuError if that is not possible."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]  # Python adds the address in brackets
        raise NetchuError(
            f"cannot listen at {host}, port {port} ({reason}); name others with --host and --port"
        ) from None
