"""Text that any file or terminal can hold, whatever a file's name or a JSON escape contains."""


def escape_unprintable(text: str) -> str:
    r"""Return `text` with lone surrogates, which UTF-8 cannot encode, as escapes.

    They come from file names in another encoding and from escapes in JSON.

    >>> escape_unprintable("a\ud800.png")
    'a\\ud800.png'
    """
    return text.encode("utf-8", "backslashreplace").decode()
