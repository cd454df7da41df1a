"""A service with the tiny reader, shared by the tests of a module."""

import pytest

from netchu.pages.recognizer import Recognizer
from netchu.service.application import create_application
from netchu.service.limits import Limits
from tests.netchu.service.server import serve
from tests.netchu.tiny_model import write_tiny_reader


@pytest.fixture(scope="session")
def reader(tmp_path_factory):
    return write_tiny_reader(tmp_path_factory.mktemp("reader") / "tiny")


@pytest.fixture(scope="module")
def service(reader):
    """Return the address of a service that accepts at most 3 MB and 3 pages."""
    with serve(create_application(Recognizer.load(reader), Limits(body=3_000_000, pages=3))) as address:
        yield address
