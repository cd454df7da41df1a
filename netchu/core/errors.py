"""The exception for errors that users can fix."""


class NetchuError(Exception):
    """An error the user can fix: one line that names the file or key, says what is wrong and what to do."""
