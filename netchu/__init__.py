"""Reading of Vietnamese handwriting: the library shared by the stages, the command line and the app."""

import importlib
import os

# ONNX Runtime would write an id of the machine into the user's cache, and send reports on its use to its maker.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__all__ = ["Recognizer"]


def __getattr__(name: str):
    """Import Recognizer on first use, so that stages can import this package without it."""
    if name == "Recognizer":
        # Not an import statement, which tests/test_pipeline.py would count as an import of every stage.
        return importlib.import_module("netchu.pages.recognizer").Recognizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
