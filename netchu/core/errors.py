"""The exception for errors that users can fix."""


class NetchuError(Exception):
    """An error the user can fix: one line that names the file or key, the problem and the remedy."""
