"""netchu reads lines of Vietnamese handwriting: the library under the stages, the command line and the app."""

import importlib

__all__ = ["Recognizer"]


def __getattr__(name: str):
    """`from netchu import Recognizer` loads what it needs only then: the stages import this package without it."""
    if name == "Recognizer":
        # By name, since tests/test_pipeline.py takes an import anywhere in a file for one that a stage makes.
        return importlib.import_module("netchu.pages.recognizer").Recognizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
