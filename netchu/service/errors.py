"""The exception for requests that are answered with an error."""


class ServiceError(Exception):
    """An error with an HTTP status and a message of one line, which the client receives as JSON."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status
