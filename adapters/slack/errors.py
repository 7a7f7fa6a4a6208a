"""What Slack's refusals and broken connections mean: each code and each exception is translated here, once.

Answers that nobody has explained yet end the reply as NotPermitted, which names the code for the operator.
"""

import re
from collections.abc import Mapping

import aiohttp
from slack_sdk import errors as sdk

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

# Slack says so with status 200 and no Retry-After as well.
_PAUSE_SECONDS = 5.0
_MAX_PAUSE_SECONDS = 60.0

_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_INVALID_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format"})
_TOO_LONG = frozenset({"msg_too_long", "msg_blocks_too_long", "markdown_text_too_long", "too_long"})
_GONE = frozenset(
    {
        "message_not_found",
        "cant_delete_message",
        "cant_update_message",
        "channel_not_found",
        "is_archived",
        "thread_not_found",
        "thread_locked",
        "restricted_action_thread_locked",
        "message_not_in_streaming_state",
        "message_not_owned_by_app",
        "user_not_found",
        "expired_url",
        "used_url",
        "user_disabled",
    }
)
_NOTHING_DONE = frozenset(
    {
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
        "accesslimited",
        "external_channel_migrating",
        "block_mismatch",
    }
)
# Slack: "it's possible some aspect of the operation succeeded before the error was raised".
_MAYBE_DONE = frozenset({"internal_error", "fatal_error"})
_WANTED = {
    "not_in_channel": "membership of the channel: /invite the app there",
    "user_not_in_channel": "membership of the asker in the channel",
    "invalid_auth": "a valid SLACK_BOT_TOKEN",
    "not_authed": "a SLACK_BOT_TOKEN",
    "token_revoked": "a SLACK_BOT_TOKEN that is not revoked: install the app again",
    "token_expired": "a SLACK_BOT_TOKEN that is not expired: install the app again",
    "account_inactive": "an app that is still installed: install it again",
    "not_allowed_token_type": "a bot token (xoxb-…) in SLACK_BOT_TOKEN",
    "restricted_action": "posting in this channel, which the workspace restricts",
    "restricted_action_read_only_channel": "posting in this channel, which is read-only",
    "restricted_action_thread_only_channel": "posting outside of threads in this channel",
    "restricted_action_non_threadable_channel": "replies in threads in this channel",
    "edit_window_closed": "editing of messages, which the workspace forbids after a while",
    "ekm_access_denied": "access that the workspace's key management has suspended",
    "messages_tab_disabled": "the Messages tab of the app's home",
    "no_permission": "the permission for this call",
    "access_denied": "the permission for this call",
    "team_access_not_granted": "an installation in this workspace",
    "org_login_required": "a workspace that is not being migrated",
}

_SPELLED = re.compile(r"[a-z0-9_]{1,60}")
# Block Kit's own words for a field that is too large; other reasons for invalid blocks have no size in them.
_SIZE_COMPLAINT = re.compile(r"must be (?:less|no more) than|too (?:long|many|large)", re.IGNORECASE)


class StreamOpen(AdapterError):
    """The message is being streamed to, so that it can't be edited before its stream has ended."""


class BlocksRefused(AdapterError):
    """Slack finds our blocks invalid, and not for their size: the same words may pass with less around them."""


_KINDS: tuple[tuple[frozenset[str], type[AdapterError]], ...] = (
    (_TOO_LONG, MessageTooLong),
    (_GONE, MessageGone),
    (_NOTHING_DONE, Unreachable),
    (_MAYBE_DONE, ResponseLost),
    (frozenset({"streaming_state_conflict"}), StreamOpen),
)


def translate_refusal(
    code: str, *, scope: Scope, retry_after: float | None = None, needed: str = "", complaints: str = ""
) -> AdapterError:
    """Return what an `ok: false` means. `needed` is the missing scope and `complaints` are about the blocks."""
    if code in _LIMITED:
        return RateLimited(_clamp(retry_after), scope)
    if code in _INVALID_BLOCKS:
        return MessageTooLong(code) if _SIZE_COMPLAINT.search(complaints) else BlocksRefused(code)
    for codes, kind in _KINDS:
        if code in codes:
            return kind(code)
    if code == "missing_scope":
        return NotPermitted(f"the scope {needed}" if needed else "a scope")
    shown = code if _SPELLED.fullmatch(code) else "an unknown refusal"
    return NotPermitted(_WANTED.get(code, shown))


def _clamp(retry_after: float | None) -> float:
    if retry_after is None or not retry_after > 0:
        return _PAUSE_SECONDS
    return min(retry_after, _MAX_PAUSE_SECONDS)


def translate_status(status: int, headers: Mapping[str, str], *, scope: Scope) -> AdapterError:
    """Return what a response means that isn't one of the Web API's own, such as a proxy's."""
    if status == 429:
        return RateLimited(_clamp(read_retry_after(headers)), scope)
    if status == 413:
        return MessageTooLong("HTTP 413")
    if 400 <= status < 500:
        return NotPermitted(f"HTTP {status}")
    return ResponseLost(f"HTTP {status}")


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a response asks to wait, if it does."""
    found = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        return float(found)
    except ValueError:
        return None


def translate_exception(error: BaseException, *, scope: Scope) -> AdapterError:
    """Return what an exception of the SDK or of its HTTP client means."""
    if isinstance(error, sdk.SlackApiError):
        return _translate_response(error.response, scope)
    for kind, meaning in MEANINGS.items():
        if isinstance(error, kind):
            return meaning(type(error).__name__)
    raise error


def _translate_response(response: object, scope: Scope) -> AdapterError:
    """Read a response of the SDK, or of the HTTP client where the SDK could not decode it."""
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    raw_headers = getattr(response, "headers", None)
    headers = raw_headers if isinstance(raw_headers, Mapping) else {}
    data = getattr(response, "data", None)
    if isinstance(data, dict) and isinstance(code := data.get("error"), str) and status in {200, 429}:
        metadata = data.get("response_metadata")
        complaints = metadata.get("messages", "") if isinstance(metadata, dict) else ""
        return translate_refusal(
            code,
            scope=scope,
            retry_after=read_retry_after(headers),
            needed=str(data.get("needed", "")),
            complaints=f"{complaints} {data.get('errors', '')}",
        )
    return translate_status(status if isinstance(status, int) else 500, headers, scope=scope)


# The first that fits counts. Only where no connection came about is it certain that nothing was done.
MEANINGS: dict[type[BaseException], type[Unreachable] | type[ResponseLost] | type[NotPermitted]] = {
    sdk.BotUserAccessError: NotPermitted,
    sdk.SlackRequestError: NotPermitted,
    sdk.SlackObjectFormationError: NotPermitted,
    sdk.SlackClientConfigurationError: NotPermitted,
    sdk.SlackTokenRotationError: NotPermitted,
    sdk.SlackClientNotConnectedError: Unreachable,
    sdk.SlackClientError: ResponseLost,
    aiohttp.InvalidURL: NotPermitted,
    aiohttp.ClientConnectorError: Unreachable,
    aiohttp.ConnectionTimeoutError: Unreachable,
    aiohttp.ClientError: ResponseLost,
    TimeoutError: ResponseLost,
    OSError: ResponseLost,
    # The SDK reads a body that is neither JSON nor announced as such without looking.
    ValueError: ResponseLost,
    AttributeError: ResponseLost,
}
