"""What the API server's answers mean, translated once.

* ApiError
  x Unavailable: no answer, or "later": the turn is tried again
  x Conflict: somebody was faster: look again
  x NotFound: it is not there
  x Refused: the request itself is at fault, or not allowed
"""


class ApiError(Exception):
    """The API server did not do what was asked."""

    #: Seconds that the API server asks to wait before the next try.
    retry_after: float = 0.0


class Unavailable(ApiError):
    """No answer in time, 429 or 5xx. Whether a write took effect is not known."""

    def __init__(self, message: str, retry_after: float = 0.0, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.timed_out = timed_out


class Conflict(ApiError):
    """409: the object has changed since it was read, or exists already."""


class NotFound(ApiError):
    """404: the object, or its whole kind, is not there."""


class Refused(ApiError):
    """400, 403, 422 and their like; the text is the API server's own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
