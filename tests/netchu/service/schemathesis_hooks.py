"""Loaded by Schemathesis: the files of its valid requests are pictures."""

import schemathesis
from hypothesis import strategies

from tests.netchu.service.server import draw_picture

schemathesis.openapi.format("binary", strategies.sampled_from([draw_picture(1), draw_picture(2, ".jpg")]))
