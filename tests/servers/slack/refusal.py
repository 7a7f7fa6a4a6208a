"""How the Web API says no, apart from the handlers that do."""

from typing import Any


class Refused(Exception):
    """`ok: false` with an error's name, and whatever Slack sends along."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.details = details


class RateLimited(Exception):
    """HTTP 429: too many calls; `retry_after` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"ratelimited for {retry_after} s")
        self.retry_after = retry_after
