"""How errors of SDKs become ours: rules that are tried in order, and what all of HTTP has in common."""

import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

from agents.errors import AccessRefused, ModelError, ModelTooSlow, ModelUnavailable, PromptNotAnswered, RateLimited

Rule: TypeAlias = tuple[type[Exception], Callable[[Any], ModelError]]
"""An exception's class and what becomes of it. A class must come after its subclasses."""


def translate(error: Exception, rules: Sequence[Rule]) -> ModelError:
    """Return our error for one that the rules cover; raise `error` itself if none does."""
    for kind, become in rules:
        if isinstance(error, kind):
            return become(error)
    raise error


def covered_by(rules: Sequence[Rule]) -> tuple[type[Exception], ...]:
    """Return the classes to catch."""
    return tuple(kind for kind, _ in rules)


def failure_of_status(status: int, headers: Mapping[str, str]) -> ModelError:
    """Return what an HTTP status says about a model."""
    match status:
        case 401:
            return AccessRefused("key refused")
        case 403:
            return AccessRefused("not permitted")
        case 404:
            return AccessRefused("no such model")
        case 408 | 504:
            return ModelTooSlow("provider timed out")
        case 429:
            return RateLimited(retry_after_of(headers))
        case 400 | 413 | 422:
            return PromptNotAnswered("request refused")
        case _:
            return ModelUnavailable("server error")


def retry_after_of(headers: Mapping[str, str], *, clock: Callable[[], float] = time.time) -> float | None:
    """Return the seconds that a provider asks to wait, or None if it doesn't say."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        asked = headers.get("retry-after", "")
        seconds = float(asked) if asked[:1].isdigit() else parsedate_to_datetime(asked).timestamp() - clock()
        return max(0.0, seconds)
    except ValueError:
        return None


def has_cause(error: BaseException | None, names: frozenset[str]) -> bool:
    """Say whether a class of one of these names is among an error's causes."""
    while error is not None:
        if type(error).__name__ in names:
            return True
        error = error.__cause__
    return False
