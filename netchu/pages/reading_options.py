"""Options of reading that the command line offers before it imports the recognizer."""

from typing import Literal

Layout = Literal["auto", "line", "page"]
"""The content of a picture: one line, a page of lines, or `auto`, to decide between them."""

Ink = Literal["all", "handwriting"]
"""Words that are returned: all, or those that are not printed."""
