"""What Discord's refusals mean, by status and by Discord's own code: read once, here. Knows no SDK and no socket."""

from collections.abc import Mapping

from adapters.errors import (
    AdapterError,
    MessageGone,
    MessageTooLong,
    NotPermitted,
    RateLimited,
    ResponseLost,
    Unreachable,
)
from adapters.limits import Scope


class ThreadArchived(NotPermitted):
    """The thread sleeps: a post would wake it, an edit doesn't."""


class ThreadExists(NotPermitted):
    """The message has a thread already."""


class TokenExpired(NotPermitted):
    """The 15 minutes of an interaction are over."""


class DirectMessageRefused(NotPermitted):
    """The person takes no direct messages from the bot."""


_GONE = frozenset({10003, 10004, 10008, 10013})  # unknown channel, guild, message, user
# Unknown webhook, unknown interaction, invalid webhook token; and no more follow-ups, where the user installed the bot.
_EXPIRED = frozenset({10015, 10062, 50027, 40094})
_NO_DIRECT_MESSAGES = frozenset({50007, 50278})  # closed to us, no server in common
_ARCHIVED = 50083
_THREAD_EXISTS = 160004
_OLD_MESSAGE = 30046  # too many edits of a message older than an hour
_TOO_LARGE = 40005
_INVALID_FORM = 50035
_OVERLOADED = 130000
_MISSING = {
    50001: "View Channel in the channel where the bot is asked",
    50013: "Send Messages, and Send Messages in Threads",
    40001: "DISCORD_BOT_TOKEN: Discord doesn't accept it",
    50014: "DISCORD_BOT_TOKEN: Discord doesn't accept it",
    160002: "Read Message History",
    160005: "Manage Threads: the thread is locked",
}
# What Discord asks for where it names no time.
_DEFAULT_PAUSE_SECONDS = 5.0
_OLD_MESSAGE_PAUSE_SECONDS = 60.0


def translate(
    status: int, answer: Mapping[str, object], headers: Mapping[str, str], *, is_by_token: bool = False
) -> AdapterError:
    """Return what a refused call means; `is_by_token` for a call that an interaction's token alone allows."""
    code = _number(answer.get("code"))
    if status == 429 or code == _OLD_MESSAGE:
        return RateLimited(_pause(answer, headers, code), _scope(answer, headers))
    if status >= 500:
        return _translate_failure(status, code)
    if code in _EXPIRED or (is_by_token and status == 401):
        return TokenExpired("an answer within 15 minutes")
    if code in _GONE:
        return MessageGone()
    return _translate_refusal(status, code, answer)


def _translate_failure(status: int, code: int) -> AdapterError:
    """Only a service that isn't there has done nothing for sure."""
    return Unreachable() if status == 503 or code == _OVERLOADED else ResponseLost()


def _translate_refusal(status: int, code: int, answer: Mapping[str, object]) -> AdapterError:
    if code == _ARCHIVED:
        return ThreadArchived("Manage Threads: the thread is archived")
    if code == _THREAD_EXISTS:
        return ThreadExists("one thread on a message")
    if code in _NO_DIRECT_MESSAGES:
        return DirectMessageRefused("direct messages from the bot")
    if status == 413 or code == _TOO_LARGE or (code == _INVALID_FORM and _is_too_long(answer)):
        return MessageTooLong()
    if status == 404:
        return MessageGone()
    if status == 401:
        return NotPermitted("DISCORD_BOT_TOKEN: Discord doesn't accept it")
    return NotPermitted(_MISSING.get(code, f"the call: Discord refuses it with status {status}, code {code}"))


def _is_too_long(answer: Mapping[str, object]) -> bool:
    """Whether the form's errors, which mirror the form, blame the length of the text itself."""
    errors = answer.get("errors")
    return "MAX_LENGTH" in str(errors.get("content")) if isinstance(errors, Mapping) else False


def _pause(answer: Mapping[str, object], headers: Mapping[str, str], code: int) -> float:
    for told in (answer.get("retry_after"), headers.get("Retry-After"), headers.get("X-RateLimit-Reset-After")):
        seconds = read_seconds(told)
        if seconds is not None:
            return seconds
    return _OLD_MESSAGE_PAUSE_SECONDS if code == _OLD_MESSAGE else _DEFAULT_PAUSE_SECONDS


def read_seconds(told: object) -> float | None:
    """Return seconds that Discord told, at least a millisecond of them, or None where it told none."""
    if not isinstance(told, str | int | float):
        return None
    try:
        seconds = float(told)
    except ValueError:
        return None
    return max(0.001, seconds) if 0 <= seconds < float("inf") else None


def _scope(answer: Mapping[str, object], headers: Mapping[str, str]) -> Scope:
    is_global = answer.get("global") is True or "global" in {
        headers.get("X-RateLimit-Scope"),
        "global" if headers.get("X-RateLimit-Global") else "",
    }
    return Scope.BOT if is_global else Scope.CHANNEL


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
