"""What the API server's words mean where it refuses to create an object."""

from flowrun_operator.api.reasons import Reason

QUOTA = "exceeded quota"
FORBIDDEN = ("is forbidden", "violates PodSecurity", "denied the request", "admission webhook")


def refusal_reason(words: str) -> Reason | None:
    """QuotaExceeded or Forbidden by the words of the refusal; None where they are others."""
    if QUOTA in words:
        return Reason.QUOTA_EXCEEDED
    if any(mark in words for mark in FORBIDDEN):
        return Reason.FORBIDDEN
    return None
