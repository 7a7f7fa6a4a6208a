"""The open network against HTTP mode, over real HTTP: what Slack hasn't signed gets nowhere, and into no log."""

import asyncio
import json
import logging
import random
import time
import zlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import quote_plus

import aiohttp
import pytest

from adapters.slack.http import MAX_BODY_BYTES, HttpSettings
from tests.adapters.slack.http_rig import FORM, JSON, Served, mention, serving, sign
from tests.servers.slack.server import SlackServer

WORDS = "my card number is 4111"


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with SlackServer() as slack, serving(slack.api_url, token=slack.team.bot_token) as served:
        yield served


def body_of(payload: object) -> bytes:
    return json.dumps(payload).encode()


async def test_what_slack_signed_is_received(served: Served) -> None:
    assert await served.sends(mention()) == 200
    assert [message.text for message in served.desk.received] == ["how long do refunds take?"]


BODY = body_of(mention(WORDS))
ARABIC_DIGITS = str.maketrans("0123456789", "".join(chr(0x660 + digit) for digit in range(10)))


def with_time(text: str) -> dict[str, str]:
    return {**sign(BODY), "X-Slack-Request-Timestamp": text}


def with_digest(change: Callable[[str], str]) -> dict[str, str]:
    headers = sign(BODY)
    return {**headers, "X-Slack-Signature": change(headers["X-Slack-Signature"])}


# Signed when the test runs: a signature that was made earlier could be refused for its age alone.
FORGERIES: dict[str, Callable[[], dict[str, str]]] = {
    "no signature": dict,
    "another secret": lambda: sign(BODY, secret="another app's"),
    "another body's signature": lambda: sign(BODY + b" "),
    "400 s old": lambda: sign(BODY, at=time.time() - 400),
    "400 s ahead": lambda: sign(BODY, at=time.time() + 400),
    "a word for a time": lambda: with_time("now"),
    "no time": lambda: with_time(""),
    "before 1970": lambda: with_time("-1"),
    "a float for a time": lambda: with_time("1e9"),
    "an absurd time": lambda: with_time("9" * 5000),
    "other digits": lambda: with_time(str(int(time.time())).translate(ARABIC_DIGITS)),
    "an empty digest": lambda: with_digest(lambda _: "v0="),
    "no ASCII": lambda: with_digest(lambda digest: digest[:-1] + "\u00e9"),
    "upper case": lambda: with_digest(str.upper),
    "no version": lambda: with_digest(lambda digest: digest[3:]),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_forged_and_old_requests_are_refused_and_not_written_down(
    served: Served, forgery: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert await served.posts(BODY, FORGERIES[forgery]()) == 401
    assert served.desk.received == []
    assert [record for record in caplog.records if record.exc_info] == []
    assert "4111" not in caplog.text
    assert "SLACK_SIGNING_SECRET" in caplog.text


async def test_a_flood_of_forgeries_does_not_fill_the_log(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(40):
        assert await served.posts(BODY, {}) == 401
    assert len(caplog.records) == 6  # at 1, 2, 4, 8, 16 and 32


async def test_a_replayed_request_is_the_same_message_again(served: Served) -> None:
    # Within the five minutes nothing tells a replay from Slack's own redelivery: the inbox answers each message once.
    headers = sign(BODY)
    assert [await served.posts(BODY, headers) for _ in range(3)] == [200, 200, 200]
    assert len({message.id for message in served.desk.received}) == 1


async def test_a_huge_body_is_refused_before_it_is_read(served: Served) -> None:
    body = b"x" * (MAX_BODY_BYTES + 1)
    assert await served.posts(body) == 413
    assert await served.sends(mention()) == 200


async def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(served: Served) -> None:
    body = zlib.compress(b"x" * (20 * MAX_BODY_BYTES))
    assert await served.posts(body, {**sign(body), "Content-Encoding": "deflate"}) in {400, 413}


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        pytest.param(b"", JSON, 400, id="nothing"),
        pytest.param(b"{", JSON, 400, id="broken JSON"),
        pytest.param(b"[]", JSON, 400, id="a list"),
        pytest.param(b'"text"', JSON, 400, id="a word"),
        pytest.param(b"null", JSON, 400, id="null"),
        pytest.param(b"[" * 100_000, JSON, 400, id="deep"),
        pytest.param(b'{"a":' * 50_000, JSON, 400, id="deep objects"),
        pytest.param(b'{"authorizations": 5}', JSON, 400, id="a number for a list"),
        pytest.param(b'{"type": "event_callback", "event": 5}', JSON, 400, id="a number for an event"),
        pytest.param(b"payload=%7B", FORM, 400, id="a broken payload"),
        pytest.param(b"payload=[]", FORM, 400, id="a list for a payload"),
        pytest.param(b"\xff\xfe", JSON, 401, id="no UTF-8"),
        pytest.param(BODY, "text/plain", 415, id="plain text"),
        pytest.param(BODY, "application/json; charset=no-such", 200, id="a charset that doesn't exist"),
        pytest.param(BODY, "multipart/form-data", 415, id="multipart"),
    ],
)
async def test_signed_nonsense_is_refused_without_a_trace_in_the_log(
    served: Served, body: bytes, content_type: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert await served.posts(body, content_type=content_type) == status
    assert [record for record in caplog.records if record.exc_info] == []
    assert "4111" not in caplog.text


async def test_random_bodies_end_in_an_answer_and_never_in_a_crash(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(8)
    statuses = [await served.posts(*_random_request(chance)) for _ in range(300)]
    assert set(statuses) == {200, 400, 401}
    assert [record for record in caplog.records if record.exc_info] == []
    assert "4111" not in caplog.text
    assert await served.sends(mention("still there?")) == 200


def _random_request(chance: random.Random) -> tuple[bytes, dict[str, str]]:
    payload = _spoilt(mention(WORDS), chance)
    body = json.dumps(payload).encode()
    is_form = chance.random() < 0.3
    if is_form:
        body = b"payload=" + quote_plus(body).encode()
    if chance.random() < 0.2:
        body = body[: chance.randrange(len(body))] + chance.randbytes(3)
    headers = sign(body) if chance.random() < 0.8 else sign(body, secret="other")
    return body, {**headers, "Content-Type": FORM if is_form else JSON}


def _spoilt(value: object, chance: random.Random) -> object:
    """Return a payload in which some values are of another kind, or gone."""
    if chance.random() < 0.08:
        return chance.choice([None, 5, "text", [], {}, [{}], True, "\x00", {"id": {}}])
    if isinstance(value, dict):
        return {key: _spoilt(inner, chance) for key, inner in value.items() if chance.random() > 0.03}
    return [_spoilt(inner, chance) for inner in value] if isinstance(value, list) else value


async def test_other_paths_and_methods_are_closed(served: Served) -> None:
    for method, path, status in [
        ("GET", "/slack/events", 405),
        ("GET", "/slack/events?ssl_check=1&token=t", 200),  # Slack's look at the certificate
        ("POST", "/", 404),
        ("GET", "/slack/install", 404),  # there is no OAuth with a single token
        ("POST", "/slack/events/../events", 200),
    ]:
        async with served.session.request(
            method, f"{served.url}{path}", data=BODY, headers={**sign(BODY), "Content-Type": JSON}
        ) as response:
            assert response.status == status


async def test_a_body_that_never_ends_is_given_up() -> None:
    http = HttpSettings(body_seconds=0.05)
    async with SlackServer() as slack, serving(slack.api_url, token=slack.team.bot_token, http=http) as served:

        async def endless() -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.Event().wait()

        timeout = aiohttp.ClientTimeout(total=30)
        async with served.session.post(f"{served.url}/slack/events", data=endless(), timeout=timeout) as response:
            assert response.status == 408
