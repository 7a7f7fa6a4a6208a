"""One socket that stands: refreshed, cut, silent, refused, and nothing lost meanwhile."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import aiohttp
import pytest

from adapters.errors import StartRefused
from adapters.slack.payloads import part
from adapters.slack.settings import SlackSettings
from tests.adapters.slack.slack_rig import PATIENCE, Rig, open_rig, serve, settings_for
from tests.fakes.front_desk import RecordingDesk
from tests.servers.slack.faults import Broken, Fault, Limited, Malformed, Refuse, Reset
from tests.servers.slack.manifest import OUR_SCOPES
from tests.servers.slack.server import SlackServer

CONNECT = "apps.connections.open"


async def ask(rig: Rig, text: str) -> None:
    """Ask, and wait until Slack has been told "received"."""
    await rig.server.mentions(rig.ann, rig.channel, text, deliver=("message",))
    await rig.until_settled()


@pytest.mark.parametrize(
    "reason", ["warning", "refresh_requested", "link_disabled", "too_many_websockets", "unheard_of"]
)
async def test_the_connection_is_made_anew_when_slack_asks_for_it(reason: str) -> None:
    async with open_rig() as rig:
        await ask(rig, "before")
        rig.server.sockets.disconnect(reason)
        await rig.until_hello(2)
        await ask(rig, "after")
        assert rig.desk.texts == ["before", "after"]


async def test_a_warned_connection_is_still_read_while_the_next_one_stands() -> None:
    async with open_rig() as rig:
        first = rig.server.sockets.open[0]
        rig.server.sockets.disconnect("warning")
        await rig.until_hello(2)
        first.is_leaving = False  # Slack may send over it to the last
        for number in range(4):
            await ask(rig, f"question {number}")
        assert rig.desk.texts == [f"question {number}" for number in range(4)]
        assert first.heard


async def test_a_warned_connection_that_slack_never_closes_is_let_go() -> None:
    async with open_rig(patience=replace(PATIENCE, linger=0.05)) as rig:
        first = rig.server.sockets.open[0]
        rig.server.sockets.disconnect("warning")
        await rig.until_hello(2)
        await rig.server.until(lambda: first not in rig.server.sockets.open)
        assert rig.hellos == 2


async def test_what_is_under_way_is_still_acknowledged_on_the_connection_that_it_came_by() -> None:
    async with open_rig() as rig:
        rig.desk.is_open.clear()
        first = rig.server.sockets.open[0]
        await rig.server.mentions(rig.ann, rig.channel, "slow", deliver=("message",))
        await rig.desk.is_asked.wait()
        rig.server.sockets.disconnect("warning")
        await rig.until_hello(2)
        rig.desk.is_open.set()
        await rig.until_settled()
        assert len(first.heard) == 1
        assert len(rig.desk.received) == 1


async def test_a_cut_connection_is_replaced() -> None:
    async with open_rig() as rig:
        rig.server.sockets.cut()
        await rig.until_hello(2)
        await ask(rig, "after")
        assert rig.desk.texts == ["after"]


async def test_a_connection_that_keeps_breaking_is_still_replaced() -> None:
    async with open_rig(patience=replace(PATIENCE, stable_after=1e9)) as rig:
        for number in range(2, 6):
            rig.server.sockets.cut()
            await rig.until_hello(number)
        await ask(rig, "after")
        assert rig.desk.texts == ["after"]


async def test_what_was_kept_but_could_not_be_acknowledged_comes_again_under_the_same_name() -> None:
    async with open_rig() as rig:
        rig.desk.is_open.clear()
        await rig.server.mentions(rig.ann, rig.channel, "kept", deliver=("message",))
        await rig.desk.is_asked.wait()
        rig.server.sockets.cut()
        await rig.until_hello(2)
        rig.desk.is_open.set()
        await rig.until_settled()
        assert [message.text for message in rig.desk.received] == ["kept", "kept"]
        assert len({message.id for message in rig.desk.received}) == 1


async def test_a_silent_connection_is_replaced() -> None:
    async with open_rig(patience=replace(PATIENCE, heartbeat=0.5)) as rig:
        rig.server.sockets.is_silent = True
        await rig.until_hello(2)
        rig.server.sockets.is_silent = False
        await ask(rig, "after")
        assert rig.desk.texts == ["after"]


NONSENSE: dict[str, object] = {
    "no payload": {},
    "a list for a payload": {"payload": [1]},
    "nothing in the payload": {"payload": {}},
    "a number for an event": {"payload": {"type": "event_callback", "event": 5}},
    "a number for the authorizations": {"payload": {"authorizations": 5}},
    "a number for a type": {"type": 5, "payload": {"type": "block_actions", "user": True}},
    "an object for a retry": {"payload": {"type": "x"}, "retry_attempt": {}, "retry_reason": {"id": 1}},
    "another kind": {"type": "unheard_of", "payload": {"type": "unheard_of"}},
}


@pytest.mark.parametrize("nonsense", NONSENSE)
async def test_an_envelope_that_holds_nothing_is_acknowledged_and_passed_over(
    nonsense: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Unacknowledged, Slack would deliver it three times more, and count it against the app.
    async with open_rig() as rig:
        envelope = {"envelope_id": "e-1", "type": "events_api"} | dict(part(NONSENSE[nonsense]))
        rig.server.sockets.send(json.dumps(envelope))
        await rig.server.until(lambda: rig.server.sockets.open[0].heard)
        assert rig.server.sockets.open[0].heard == [{"envelope_id": "e-1"}]
        await ask(rig, "still there?")
        assert rig.desk.texts == ["still there?"]
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("frame", ["{", "[1]", "null", "5", "", "[" * 100_000, b"\xff\xfe", b"", b"[]", b"{}"])
async def test_a_frame_that_is_no_envelope_is_passed_over(frame: str | bytes) -> None:
    async with open_rig() as rig:
        rig.server.sockets.send(frame)
        await ask(rig, "still there?")
        assert rig.desk.texts == ["still there?"]
        assert rig.hellos == 1


async def test_a_frame_that_would_fill_the_memory_costs_the_connection_and_no_question() -> None:
    async with open_rig() as rig:
        rig.server.sockets.send("x" * (5 * 1024 * 1024))
        await rig.server.mentions(rig.ann, rig.channel, "behind it", deliver=("message",))
        await rig.until_hello(2)
        await rig.until_settled()
        assert set(rig.desk.texts) == {"behind it"}


async def test_what_happens_during_an_outage_arrives_after_it_each_once() -> None:
    async with open_rig() as rig:
        rig.server.faults.plan(CONNECT, Reset(), times=None)
        rig.server.sockets.cut()
        await rig.server.until(lambda: not rig.server.sockets.open)
        for number in range(5):
            await rig.server.mentions(rig.ann, rig.channel, f"question {number}", deliver=("message",))
        await rig.server.until(lambda: len(rig.server.faults.struck) > 3)
        assert rig.desk.received == []
        rig.server.faults.clear()
        await rig.until_settled()
        assert sorted(rig.desk.texts) == [f"question {number}" for number in range(5)]
        assert len(rig.desk.received) == 5


@pytest.mark.parametrize("fault", [Broken(), Reset(), Refuse("internal_error"), Malformed(), Limited(0.05)])
async def test_a_start_that_fails_for_now_is_tried_again(fault: Fault) -> None:
    async with open_rig(is_ready=False) as rig:
        rig.server.faults.plan("auth.test", fault)
        rig.server.faults.plan(CONNECT, fault)
        await rig.until_hello(1)


async def test_we_are_not_ready_as_long_as_slack_has_no_connection_left_for_us() -> None:
    async with SlackServer() as server, aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
        others = [
            await session.ws_connect(f"{server.url}/link?ticket={server.sockets.issue_ticket()}") for _ in range(10)
        ]
        ready = asyncio.Event()
        venue = tasks.create_task(serve(settings_for(server), RecordingDesk(), patience=PATIENCE, on_ready=ready.set))
        await server.until(lambda: server.sockets.opened > 11)
        assert not ready.is_set()
        await others[0].close()
        await ready.wait()
        venue.cancel()


async def test_another_process_on_the_same_token_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    async with SlackServer() as server, aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
        other = await session.ws_connect(f"{server.url}/link?ticket={server.sockets.issue_ticket()}")
        await server.until(lambda: server.sockets.open)
        ready = asyncio.Event()
        venue = tasks.create_task(serve(settings_for(server), RecordingDesk(), patience=PATIENCE, on_ready=ready.set))
        await ready.wait()
        assert "SLACK_APP_TOKEN has 1 other" in caplog.text
        venue.cancel()
        await other.close()


async def test_a_token_that_lacks_scopes_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    async with SlackServer(scopes=OUR_SCOPES - {"files:write", "users:read"}) as server, asyncio.TaskGroup() as tasks:
        ready = asyncio.Event()
        venue = tasks.create_task(serve(settings_for(server), RecordingDesk(), patience=PATIENCE, on_ready=ready.set))
        await ready.wait()
        venue.cancel()
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "SLACK_BOT_TOKEN lacks files:write, users:read" in line


async def refused(server: SlackServer, settings: SlackSettings, on_ready: Callable[[], None] = lambda: None) -> str:
    """Return the line with which the venue gives up."""
    with pytest.raises(StartRefused) as caught:
        await serve(settings, RecordingDesk(), patience=PATIENCE, on_ready=on_ready)
    line = str(caught.value)
    assert "\n" not in line
    assert server.team.bot_token not in line
    return line


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("SLACK_BOT_TOKEN", "", "not set"),
        ("SLACK_APP_TOKEN", "", "not set"),
        ("SLACK_BOT_TOKEN", "xoxb-wrong", "invalid_auth"),
        ("SLACK_APP_TOKEN", "xapp-wrong", "invalid_auth"),
        ("SLACK_APP_TOKEN", "the bot's", "another kind"),
        ("SLACK_BOT_TOKEN", "the app's", "another kind"),
    ],
)
async def test_a_token_that_slack_does_not_take_ends_the_start_with_one_line(
    setting: str, value: str, says: str
) -> None:
    async with SlackServer() as server:
        value = {"the bot's": server.team.bot_token, "the app's": server.world.app_token}.get(value, value)
        good = settings_for(server)
        is_bot = setting == "SLACK_BOT_TOKEN"
        line = await refused(server, replace(good, bot_token=value) if is_bot else replace(good, app_token=value))
        assert setting in line
        assert says in line


async def test_a_bot_that_may_not_write_is_told_which_scope_it_lacks() -> None:
    async with SlackServer(scopes={"commands"}) as server:
        line = await refused(server, settings_for(server))
        assert "SLACK_BOT_TOKEN" in line
        assert "chat:write" in line


async def test_a_missing_scope_of_the_app_token_is_named() -> None:
    async with SlackServer() as server:
        server.faults.plan(CONNECT, Refuse("missing_scope", {"needed": "connections:write", "provided": "x"}))
        line = await refused(server, settings_for(server))
        assert "SLACK_APP_TOKEN" in line
        assert "connections:write" in line


async def test_a_token_revoked_while_we_run_ends_the_venue() -> None:
    async with SlackServer() as server:

        def revoke() -> None:
            server.faults.plan(CONNECT, Refuse("token_revoked"))
            server.sockets.cut()

        assert "token_revoked" in await refused(server, settings_for(server), on_ready=revoke)
