"""HTTP mode as a venue: what Slack sends over real HTTP reaches the desk, and is acknowledged only then."""

import asyncio
import time

import aiohttp
import pytest

from adapters.contract import Kind, Wish
from adapters.desk import Reception
from adapters.errors import StartRefused
from adapters.slack.client import build_client
from adapters.slack.door import Door
from adapters.slack.http import HttpSettings, open_slack_http
from adapters.slack.identity import wait_for_identity
from adapters.slack.settings import SlackSettings
from tests.adapters.slack.http_rig import FORM, LIMITS, SECRET, Served, free_port, mention, serving, sign
from tests.fakes.front_desk import DatabaseGone, RecordingDesk
from tests.fakes.simulated_platform import SimulatedPlatform
from tests.servers.slack.faults import Broken
from tests.servers.slack.server import SlackServer

COMMAND = (
    b"command=%2Fsupport&text=how+long+do+refunds+take%3F&team_id=T1&channel_id=C1&user_id=U1&trigger_id=1.2.3"
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1"
)
PRESS = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "user": {"id": "U1"},
    "channel": {"id": "C1"},
    "container": {"type": "message", "message_ts": "1700000000.000200", "channel_id": "C1"},
    "message": {"ts": "1700000000.000200", "thread_ts": "1700000000.000100"},
    "actions": [{"action_id": "firstline_helpful", "action_ts": "1700000001.000000", "type": "button"}],
}


async def health_of(served: Served) -> int:
    async with served.session.get(f"{served.url}/healthz") as response:
        return response.status


async def test_events_commands_and_clicks_reach_the_desk() -> None:
    async with SlackServer() as slack, serving(slack.api_url, token=slack.team.bot_token) as served:
        assert await served.sends(mention()) == 200
        assert await served.posts(COMMAND, content_type="application/x-www-form-urlencoded") == 200
        assert await served.sends(PRESS, form="payload") == 200
        kinds = [(message.kind, message.wish) for message in served.desk.received]
    assert kinds == [(Kind.MENTION, None), (Kind.COMMAND, None), (Kind.BUTTON, Wish.HELPFUL)]


async def test_slacks_own_questions_are_answered() -> None:
    async with SlackServer() as slack, serving(slack.api_url, token=slack.team.bot_token) as served:
        assert await served.sends({"type": "url_verification", "challenge": "abc", "token": "t"}) == 200
        assert await served.posts(b"ssl_check=1&token=t", content_type="application/x-www-form-urlencoded") == 200
        assert served.desk.received == []


async def test_what_the_desk_could_not_keep_is_not_acknowledged() -> None:
    async with SlackServer() as slack, serving(slack.api_url, token=slack.team.bot_token) as served:
        served.desk.failures.append(DatabaseGone("4111"))
        assert await served.sends(mention()) == 500
        assert await served.sends(mention()) == 200


async def test_an_acknowledgement_waits_for_the_desk() -> None:
    async with SlackServer() as slack, serving(slack.api_url, token=slack.team.bot_token) as served:
        served.desk.is_open.clear()
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(served.sends(mention()))
            await served.desk.is_asked.wait()
            assert not sending.done()
            served.desk.is_open.set()
        assert sending.result() == 200


async def test_a_request_under_way_is_finished_before_the_server_is_gone() -> None:
    async with SlackServer() as slack, serving(slack.api_url, token=slack.team.bot_token) as served:
        served.desk.is_open.clear()
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(served.sends(mention()))
            await served.desk.is_asked.wait()
            served.serving.cancel()
            while await _is_listening(served):
                pass
            served.desk.is_open.set()
        assert sending.result() == 200
        assert len(served.desk.received) == 1


async def _is_listening(served: Served) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rpartition(":")[2]))
    except OSError:
        return False
    writer.close()
    return True


async def test_paths_stand_below_the_prefix() -> None:
    http = HttpSettings(path_prefix="/bot")
    async with SlackServer() as slack, serving(slack.api_url, token=slack.team.bot_token, http=http) as served:
        assert served.url.endswith("/bot")
        assert await served.sends(mention()) == 200
        assert await health_of(served) == 200


async def test_the_answer_to_a_command_is_for_the_asker_alone() -> None:
    desk = RecordingDesk(Reception(notice="You have none & <none>."))
    async with SlackServer() as slack, serving(slack.api_url, token=slack.team.bot_token, desk=desk) as served:
        headers = {**sign(COMMAND), "Content-Type": FORM}
        async with served.session.post(f"{served.url}/slack/events", data=COMMAND, headers=headers) as response:
            answer = await response.json()
    assert answer == {"response_type": "ephemeral", "text": "You have none &amp; &lt;none&gt;."}


async def test_a_refused_token_is_one_line_for_the_operator() -> None:
    async with SlackServer() as slack:
        settings = SlackSettings(bot_token="xoxb-wrong", signing_secret=SECRET, api_url=slack.api_url)
        async with open_slack_http(
            settings, HttpSettings(), SimulatedPlatform(LIMITS, time.time), clock=time.time
        ) as venue:
            with pytest.raises(StartRefused, match=r"^Slack does not accept SLACK_BOT_TOKEN \(invalid_auth\)"):
                await venue.serve(RecordingDesk(), on_ready=lambda: None)


async def test_slack_being_down_at_the_start_only_delays_it() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async with SlackServer() as slack, aiohttp.ClientSession() as session:
        slack.faults.plan("auth.test", Broken(503), times=2)
        settings = SlackSettings(bot_token=slack.team.bot_token)
        myself = await wait_for_identity(Door(settings, build_client(slack.api_url, session)), sleep=sleep)
        assert (myself.team_id, myself.bot_id) == (slack.team.id, slack.team.bot_id)
    assert waits == [1.0, 2.0]


async def test_a_port_in_use_is_one_line_for_the_operator() -> None:
    port = free_port()
    listener = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", port)
    async with SlackServer() as slack, listener:
        settings = SlackSettings(bot_token=slack.team.bot_token, signing_secret=SECRET, api_url=slack.api_url)
        platform = SimulatedPlatform(LIMITS, time.time)
        async with open_slack_http(settings, HttpSettings(port=port), platform, clock=time.time) as venue:
            with pytest.raises(StartRefused, match=f"^FIRSTLINE_HTTP_PORT: can't listen on .*{port}"):
                await venue.serve(RecordingDesk(), on_ready=lambda: None)


@pytest.mark.parametrize(
    ("settings", "variable"),
    [(SlackSettings(bot_token="t"), "SLACK_SIGNING_SECRET"), (SlackSettings(signing_secret="s"), "SLACK_BOT_TOKEN")],
)
async def test_a_missing_setting_refuses_the_start(settings: SlackSettings, variable: str) -> None:
    platform = SimulatedPlatform(LIMITS, time.time)
    with pytest.raises(StartRefused, match=f"^{variable} is missing"):
        async with open_slack_http(settings, HttpSettings(), platform, clock=time.time):
            pass
