"""Text for messages, terminals and files: in one line, and encodable as UTF-8."""


def describe_error(error: Exception) -> str:
    """Return the message of `error` in one line, or the name of its class if it has no message."""
    return " ".join(str(error).split()) or type(error).__name__


def escape_unprintable(text: str) -> str:
    r"""Return `text` with lone surrogates, which UTF-8 cannot encode, as escapes.

    They come from file names in another encoding and from escapes in JSON.

    >>> escape_unprintable("a\ud800.png")
    'a\\ud800.png'
    """
    return text.encode("utf-8", "backslashreplace").decode()
