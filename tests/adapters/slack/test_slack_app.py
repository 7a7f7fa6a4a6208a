"""The app that both modes feed, asked as HTTP mode asks it: signed bodies in, responses out."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlencode

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from adapters.slack.client import build_client
from adapters.slack.listen import build_app
from tests.adapters.slack.slack_payloads import read_samples
from tests.fakes.front_desk import DatabaseGone, RecordingDesk

SECRET = "signing-secret"
PAYLOADS = {each.name: each.payload for each in read_samples()}


async def authorize() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_user_id="UBOT", bot_id="B1", bot_token="xoxb-1")


@pytest.fixture
def desk() -> RecordingDesk:
    return RecordingDesk()


@pytest.fixture
async def app(desk: RecordingDesk) -> AsyncIterator[AsyncApp]:
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
        client = build_client("http://127.0.0.1:9/api/", session)
        yield build_app(desk, client=client, authorize=authorize, tasks=tasks, clock=lambda: 1.0, signing_secret=SECRET)


async def post(app: AsyncApp, body: str, *, is_form: bool = False, secret: str = SECRET) -> BoltResponse:
    """Send a body as Slack does."""
    now = str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=now, body=body)
    headers: dict[str, str | Sequence[str]] = {
        "content-type": "application/x-www-form-urlencoded" if is_form else "application/json",
        "x-slack-request-timestamp": now,
        "x-slack-signature": str(signature),
    }
    return await app.async_dispatch(AsyncBoltRequest(body=body, headers=headers))


async def test_slack_learns_that_the_address_is_ours(app: AsyncApp) -> None:
    response = await post(app, json.dumps({"type": "url_verification", "challenge": "abc"}))
    assert (response.status, json.loads(response.body)) == (200, {"challenge": "abc"})


async def test_an_event_a_click_and_a_command_come_in_by_http_as_they_do_by_socket(
    app: AsyncApp, desk: RecordingDesk
) -> None:
    await post(app, json.dumps(PAYLOADS["app_mention"]))
    await post(app, urlencode({"payload": json.dumps(PAYLOADS["shortcut"])}), is_form=True)
    answer = await post(app, urlencode(PAYLOADS["command_question"]), is_form=True)
    assert (answer.status, answer.body) == (200, "")
    assert desk.texts == ["How do I reset my password?", "The export **hangs** at 99 %", "how do I export?"]


async def test_what_is_not_signed_by_slack_reaches_nobody(app: AsyncApp, desk: RecordingDesk) -> None:
    response = await post(app, json.dumps(PAYLOADS["app_mention"]), secret="another")
    assert response.status == 401
    assert desk.received == []


async def test_what_the_desk_could_not_keep_is_refused_so_that_slack_sends_it_again(
    app: AsyncApp, desk: RecordingDesk
) -> None:
    desk.failures.append(DatabaseGone())
    assert (await post(app, json.dumps(PAYLOADS["app_mention"]))).status == 500
    assert (await post(app, json.dumps(PAYLOADS["app_mention"]))).status == 200
    assert len(desk.received) == 1


@pytest.mark.parametrize("name", ["tokens_revoked", "unknown_event", "view_submission", "channel_topic"])
async def test_what_is_nothing_to_us_is_acknowledged_in_silence(
    app: AsyncApp, desk: RecordingDesk, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = await post(app, json.dumps(PAYLOADS[name]))
    assert (response.status, response.body) == (200, "")
    assert desk.received == []
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
