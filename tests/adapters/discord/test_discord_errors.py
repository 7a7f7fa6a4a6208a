"""Every refusal of Discord and every exception of its SDK has one meaning."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import aiohttp
import discord
import pytest

from adapters.discord.errors import DirectMessageRefused, ThreadArchived, TokenExpired, translate
from adapters.discord.rest import translate_transport
from adapters.discord.sdk_errors import FATAL_CLOSES, translate_sdk
from adapters.errors import (
    AdapterError,
    MessageGone,
    MessageTooLong,
    NotPermitted,
    RateLimited,
    ResponseLost,
    StartRefused,
    Unreachable,
)
from adapters.limits import Scope

TOO_LONG = {"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}]}}
BAD_BUTTON = {"components": {"0": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "too long"}]}}}


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (404, {"code": 10003}, MessageGone),
        (404, {"code": 10008}, MessageGone),
        (404, {"code": 0}, MessageGone),
        (403, {"code": 50001}, NotPermitted),
        (403, {"code": 50013}, NotPermitted),
        (403, {"code": 50007}, DirectMessageRefused),
        (403, {"code": 50278}, DirectMessageRefused),
        (400, {"code": 50083}, ThreadArchived),
        (400, {"code": 50035, "errors": TOO_LONG}, MessageTooLong),
        (400, {"code": 50035, "errors": BAD_BUTTON}, NotPermitted),
        (400, {"code": 50035}, NotPermitted),
        (413, {"code": 40005}, MessageTooLong),
        (401, {"code": 50027}, TokenExpired),
        (404, {"code": 10062}, TokenExpired),
        (404, {"code": 10015}, TokenExpired),
        (401, {"code": 0}, NotPermitted),
        (403, {}, NotPermitted),
        (400, {"code": "text"}, NotPermitted),
        (302, {}, NotPermitted),
        (429, {"retry_after": 1.5}, RateLimited),
        (429, {"code": 30046}, RateLimited),
        (400, {"code": 30046}, RateLimited),
        (500, {}, ResponseLost),
        (502, {}, ResponseLost),
        (503, {}, Unreachable),
        (500, {"code": 130000}, Unreachable),
    ],
)
def test_a_refusal_is_read_by_its_status_and_code(
    status: int, answer: dict[str, object], expected: type[AdapterError]
) -> None:
    assert type(translate(status, answer, {})) is expected


def test_a_token_that_is_refused_without_a_code_is_dead_where_the_token_is_the_permission() -> None:
    assert isinstance(translate(401, {}, {}, is_by_token=True), TokenExpired)


@pytest.mark.parametrize(
    ("answer", "headers", "seconds", "scope"),
    [
        ({"retry_after": 0.3, "global": False}, {"Retry-After": "1"}, 0.3, Scope.CHANNEL),
        ({}, {"Retry-After": "12"}, 12.0, Scope.CHANNEL),
        ({}, {"X-RateLimit-Reset-After": "2.5"}, 2.5, Scope.CHANNEL),
        ({"retry_after": 4.0, "global": True}, {}, 4.0, Scope.BOT),
        ({"retry_after": 4.0}, {"X-RateLimit-Scope": "global"}, 4.0, Scope.BOT),
        ({"retry_after": 4.0}, {"X-RateLimit-Global": "true"}, 4.0, Scope.BOT),
        ({"retry_after": 4.0}, {"X-RateLimit-Scope": "shared"}, 4.0, Scope.CHANNEL),
        ({"retry_after": "nan"}, {"Retry-After": "soon"}, 5.0, Scope.CHANNEL),
        ({"retry_after": -3}, {}, 5.0, Scope.CHANNEL),
        ({"code": 30046}, {}, 60.0, Scope.CHANNEL),
    ],
)
def test_a_rate_limit_names_its_pause_and_what_it_counts(
    answer: dict[str, object], headers: dict[str, str], seconds: float, scope: Scope
) -> None:
    error = translate(429, answer, headers)
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.scope) == (seconds, scope)


def subclasses(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


# Firstline registers and reads its commands by itself, and has no voice.
APART = ("discord.app_commands.", "discord.ext.", "discord.opus", "discord.oggparse", "discord.player")


def sdk_exceptions() -> list[type[BaseException]]:
    """Return all exceptions of the parts of discord.py that Firstline uses."""
    known = set(subclasses(discord.DiscordException))
    return sorted((kind for kind in known if not kind.__module__.startswith(APART)), key=lambda kind: kind.__name__)


@dataclass
class Response:
    """What discord.py's exceptions read of a response."""

    status: int = 403
    reason: str = "Forbidden"
    headers: dict[str, str] = field(default_factory=dict)


def build_sdk_error(kind: type[BaseException]) -> BaseException:
    """Make an exception without its constructor, which wants the SDK's inner objects."""
    error = kind.__new__(kind)
    for name, value in {"status": 403, "code": 50013, "response": Response(), "text": "", "retry_after": 1.0}.items():
        setattr(error, name, value)
    return error


MEANINGS: dict[str, type[AdapterError]] = {
    "ClientException": Unreachable,
    "ConnectionClosed": Unreachable,
    "DiscordServerError": NotPermitted,
    "FFmpegProcessError": Unreachable,
    "Forbidden": NotPermitted,
    "GatewayNotFound": Unreachable,
    "HTTPException": NotPermitted,
    "InteractionResponded": NotPermitted,
    "InvalidData": Unreachable,
    "LoginFailure": StartRefused,
    "MissingApplicationID": Unreachable,
    "NotFound": NotPermitted,
    "PrivilegedIntentsRequired": StartRefused,
    "RateLimited": RateLimited,
}
"""What each exception means; those of HTTP are built here as 403, for their own codes decide."""


def test_every_exception_of_the_sdk_has_a_meaning_on_record() -> None:
    unknown = {kind.__name__ for kind in sdk_exceptions()} - MEANINGS.keys()
    assert unknown == set(), "decide in sdk_errors.py what these mean, and say it here"


@pytest.mark.parametrize("kind", sdk_exceptions(), ids=lambda kind: kind.__name__)
def test_an_exception_of_the_sdk_is_translated(kind: type[BaseException]) -> None:
    error = build_sdk_error(kind)
    assert isinstance(error, discord.DiscordException)
    assert type(translate_sdk(error)) is MEANINGS[kind.__name__]


@pytest.mark.parametrize("code", FATAL_CLOSES)
def test_a_close_that_only_an_operator_can_mend_says_what_to_do(code: int) -> None:
    error = discord.ConnectionClosed.__new__(discord.ConnectionClosed)
    error.code = code
    translated = translate_sdk(error)
    assert isinstance(translated, StartRefused)
    assert len(str(translated).splitlines()) == 1


def test_an_answer_that_the_sdk_raises_means_what_its_code_means() -> None:
    error = build_sdk_error(discord.NotFound)
    assert isinstance(error, discord.NotFound)
    error.status, error.code = 404, 10008
    assert isinstance(translate_sdk(error), MessageGone)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (aiohttp.ClientConnectorError, Unreachable),
        (aiohttp.ClientConnectorDNSError, Unreachable),
        (aiohttp.ClientConnectorCertificateError, Unreachable),
        (aiohttp.ConnectionTimeoutError, Unreachable),
        (aiohttp.InvalidURL, Unreachable),
        (aiohttp.ServerDisconnectedError, ResponseLost),
        (aiohttp.ClientOSError, ResponseLost),
        (aiohttp.SocketTimeoutError, ResponseLost),
        (aiohttp.ClientPayloadError, ResponseLost),
        (TimeoutError, ResponseLost),
    ],
)
def test_only_a_connection_that_never_stood_did_nothing_for_sure(
    kind: type[aiohttp.ClientError | TimeoutError], expected: type[AdapterError]
) -> None:
    assert type(translate_transport(kind.__new__(kind))) is expected
