"""Every refusal and every exception has one meaning."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import slack_sdk.errors as sdk
from slack_sdk.web.async_slack_response import AsyncSlackResponse

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
from adapters.slack.errors import MEANINGS, BlocksRefused, translate_exception, translate_refusal, translate_status

CODES: dict[str, type[AdapterError]] = {
    "ratelimited": RateLimited,
    "rate_limited": RateLimited,
    "message_limit_exceeded": RateLimited,
    "msg_too_long": MessageTooLong,
    "msg_blocks_too_long": MessageTooLong,
    "message_not_found": MessageGone,
    "cant_update_message": MessageGone,
    "channel_not_found": MessageGone,
    "is_archived": MessageGone,
    "thread_not_found": MessageGone,
    "message_not_in_streaming_state": MessageGone,
    "expired_url": MessageGone,
    "used_url": MessageGone,
    "service_unavailable": Unreachable,
    "request_timeout": Unreachable,
    "team_added_to_org": Unreachable,
    "internal_error": ResponseLost,
    "fatal_error": ResponseLost,
    "not_in_channel": NotPermitted,
    "invalid_auth": NotPermitted,
    "token_revoked": NotPermitted,
    "account_inactive": NotPermitted,
    "missing_scope": NotPermitted,
    "restricted_action": NotPermitted,
    "invalid_blocks": BlocksRefused,
    "never_heard_of_it": NotPermitted,
}


@dataclass
class HttpAnswer:
    """As much of a response of the HTTP client as an undecodable body leaves in the SDK's error."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


def api_error(status: int, data: dict[str, Any], **headers: str) -> sdk.SlackApiError:
    response = AsyncSlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data=data, headers=headers, status_code=status
    )
    return refused(response)


def refused(response: object) -> sdk.SlackApiError:
    return sdk.SlackApiError("refused", response)  # type: ignore[no-untyped-call]  # the SDK leaves it untyped


def exceptions_of(module: object, base: type[BaseException]) -> list[type[BaseException]]:
    classes = {kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, base)}
    return sorted(classes, key=str)


@pytest.mark.parametrize(("code", "expected"), CODES.items())
def test_a_refusal_has_one_meaning(code: str, expected: type[AdapterError]) -> None:
    assert type(translate_refusal(code, scope=Scope.CHANNEL)) is expected


@pytest.mark.parametrize("kind", exceptions_of(sdk, Exception))
def test_every_exception_of_the_sdk_has_a_meaning(kind: type[BaseException]) -> None:
    assert kind is sdk.SlackApiError or kind in MEANINGS


@pytest.mark.parametrize("kind", exceptions_of(aiohttp, aiohttp.ClientError))
def test_every_exception_of_the_http_client_has_a_meaning(kind: type[BaseException]) -> None:
    assert any(issubclass(kind, known) for known in MEANINGS)


def test_a_missing_scope_is_named() -> None:
    error = translate_exception(
        api_error(200, {"ok": False, "error": "missing_scope", "needed": "files:write"}), scope=Scope.CHANNEL
    )
    assert isinstance(error, NotPermitted)
    assert "files:write" in error.what


def test_an_unknown_code_is_named_only_when_it_is_a_code() -> None:
    assert "odd_code" in str(translate_refusal("odd_code", scope=Scope.CHANNEL))
    assert "secret" not in str(translate_refusal("the secret text", scope=Scope.CHANNEL))


@pytest.mark.parametrize("status", [200, 429])
def test_a_limit_is_one_whatever_its_status(status: int) -> None:
    limited = api_error(status, {"ok": False, "error": "ratelimited"}, **{"Retry-After": "7"})
    error = translate_exception(limited, scope=Scope.WORKSPACE)
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.scope) == (7.0, Scope.WORKSPACE)


@pytest.mark.parametrize("said", ["", "soon", "-3", "0", "nan", "86400"])
def test_a_pause_has_a_reasonable_length_whatever_is_said(said: str) -> None:
    error = translate_status(429, {"retry-after": said}, scope=Scope.CHANNEL)
    assert isinstance(error, RateLimited)
    assert 0 < error.retry_after <= 60


@pytest.mark.parametrize(
    ("status", "expected"),
    [(500, ResponseLost), (502, ResponseLost), (413, MessageTooLong), (404, NotPermitted), (429, RateLimited)],
)
def test_an_answer_that_is_not_slacks_is_read_by_its_status(status: int, expected: type[AdapterError]) -> None:
    assert type(translate_exception(api_error(status, {}), scope=Scope.CHANNEL)) is expected
    assert type(translate_exception(refused(HttpAnswer(status)), scope=Scope.CHANNEL)) is expected


def test_blocks_that_are_too_large_are_told_from_those_that_are_wrong() -> None:
    def refusal(message: str) -> AdapterError:
        body = {"ok": False, "error": "invalid_blocks", "response_metadata": {"messages": [f"[ERROR] {message}"]}}
        return translate_exception(api_error(200, body), scope=Scope.CHANNEL)

    assert isinstance(refusal("must be less than 3001 characters: text"), MessageTooLong)
    assert isinstance(refusal("unsupported type: markdown"), BlocksRefused)
    assert isinstance(refusal("must be more than 0 characters: text"), BlocksRefused)


def test_only_where_no_connection_came_about_nothing_was_done() -> None:
    assert isinstance(translate_exception(aiohttp.ConnectionTimeoutError(), scope=Scope.CHANNEL), Unreachable)
    for lost in (aiohttp.ServerDisconnectedError(), TimeoutError(), ConnectionResetError(), ValueError()):
        assert isinstance(translate_exception(lost, scope=Scope.CHANNEL), ResponseLost)


def test_a_defect_of_ours_is_not_taken_for_slacks() -> None:
    with pytest.raises(KeyError):
        translate_exception(KeyError("ours"), scope=Scope.CHANNEL)
