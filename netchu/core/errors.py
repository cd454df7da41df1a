"""The one exception that people see."""


class NetchuError(Exception):
    """Something a person can mend: one line that names the file or key, what is wrong and what to do."""
