"""The loopback gateway frame by frame: what a client may do, and what befalls it on demand."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from tests.servers.discord.gateway import DIRECT_MESSAGES, GUILDS
from tests.servers.discord.server import LoopbackDiscord, open_discord


@dataclass(frozen=True, slots=True)
class Line:
    """A websocket to the gateway, after its HELLO."""

    socket: aiohttp.ClientWebSocketResponse

    async def send(self, op: int, data: Any) -> None:
        await self.socket.send_str(json.dumps({"op": op, "d": data}))

    async def hear(self) -> dict[str, Any]:
        heard = json.loads(await self.socket.receive_str(timeout=30))
        assert isinstance(heard, dict)
        return heard

    async def close_code(self) -> int | None:
        closed = await self.socket.receive(timeout=30)
        assert closed.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
        return self.socket.close_code


@pytest.fixture
async def server() -> AsyncIterator[LoopbackDiscord]:
    async with open_discord() as server:
        yield server


@contextlib.asynccontextmanager
async def open_line(server: LoopbackDiscord) -> AsyncIterator[Line]:
    async with aiohttp.ClientSession() as http, http.ws_connect(server.gateway_url) as socket:
        line = Line(socket)
        assert (await line.hear())["op"] == 10
        yield line


def identity(server: LoopbackDiscord, **changes: Any) -> dict[str, Any]:
    return {"token": server.token, "intents": GUILDS | DIRECT_MESSAGES, "properties": {}} | changes


async def test_an_identify_gets_ready_then_its_guilds_with_rising_numbers(server: LoopbackDiscord) -> None:
    async with open_line(server) as line:
        await line.send(2, identity(server))
        ready, guild = await line.hear(), await line.hear()
        await line.send(1, guild["s"])
        assert (await line.hear())["op"] == 11
    assert (ready["t"], ready["s"], guild["t"], guild["s"]) == ("READY", 1, "GUILD_CREATE", 2)
    assert ready["d"]["resume_gateway_url"] == server.gateway_url


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"token": "wrong"}, 4004), ({"intents": 1 << 60}, 4013), ({"intents": 1 << 15}, 4014), ({"shard": [2, 2]}, 4010)],
)
async def test_a_wrong_identify_is_closed_with_its_code(
    server: LoopbackDiscord, changes: dict[str, Any], code: int
) -> None:
    server.world.application.privileged = 0
    async with open_line(server) as line:
        await line.send(2, identity(server, **changes))
        assert await line.close_code() == code
    assert server.gateway.identifies == []


async def test_a_resume_replays_only_what_came_after_its_number(server: LoopbackDiscord) -> None:
    async with open_line(server) as line:
        await line.send(2, identity(server))
        session = (await line.hear())["d"]["session_id"]
        seen = (await line.hear())["s"]
        await line.socket.close(code=4000)
    for text in ("one", "two"):
        await server.people.writes_to_bot(server.person, text)
    async with open_line(server) as line:
        await line.send(6, {"token": server.token, "session_id": session, "seq": seen + 1})
        two, resumed = await line.hear(), await line.hear()
    assert (two["d"]["content"], resumed["t"]) == ("two", "RESUMED")
    assert resumed["s"] == two["s"] + 1


async def test_a_session_that_is_gone_or_was_closed_for_good_is_not_resumed(server: LoopbackDiscord) -> None:
    async with open_line(server) as line:
        await line.send(2, identity(server))
        session = (await line.hear())["d"]["session_id"]
        await line.socket.close(code=1000)
    await server.until(lambda: not server.gateway.sessions)
    for gone in (session, "unheard of"):
        async with open_line(server) as line:
            await line.send(6, {"token": server.token, "session_id": gone, "seq": 1})
            assert await line.hear() == {"op": 9, "d": False, "s": None, "t": None}


async def test_the_gateway_asks_to_reconnect_invalidates_and_closes_on_demand(server: LoopbackDiscord) -> None:
    async with open_line(server) as line:
        await line.send(2, identity(server))
        await line.hear()
        await line.hear()
        server.gateway.reconnect_all()
        assert (await line.hear())["op"] == 7
        server.gateway.invalidate_all(may_resume=True)
        assert (await line.hear())["d"] is True
        server.gateway.close_all(4009)
        assert await line.close_code() == 4009
    assert server.gateway.sessions == {}


async def test_a_stalled_connection_acknowledges_nothing_and_its_events_are_kept(server: LoopbackDiscord) -> None:
    async with open_line(server) as line:
        await line.send(2, identity(server))
        session = (await line.hear())["d"]["session_id"]
        seen = (await line.hear())["s"]
        server.gateway.stall()
        await line.send(1, seen)
        await server.people.writes_to_bot(server.person, "anyone there?")
        async with open_line(server) as second:
            await second.send(6, {"token": server.token, "session_id": session, "seq": seen})
            assert (await second.hear())["d"]["content"] == "anyone there?"
        with pytest.raises(aiohttp.WSMessageTypeError):
            await line.hear()
    assert server.gateway.heartbeats == 0


async def test_events_go_to_the_shard_of_their_guild(server: LoopbackDiscord) -> None:
    server.gateway.shards = 2
    async with open_line(server) as first, open_line(server) as second:
        lines = (first, second)
        for number, line in enumerate(lines):
            await line.send(2, identity(server, shard=[number, 2]))
            assert (await line.hear())["t"] == "READY"
        own = (server.guild.id >> 22) % 2
        assert (await lines[own].hear())["t"] == "GUILD_CREATE"
        await server.people.writes_to_bot(server.person, "a DM is of the first shard")
        await server.people.opens_thread(server.person, server.channel, "a thread")
        dm, thread = await first.hear(), await lines[own].hear()
    assert (dm["t"], thread["t"]) == ("MESSAGE_CREATE", "THREAD_CREATE")


async def test_more_than_120_sends_in_a_minute_or_a_large_one_end_the_connection(server: LoopbackDiscord) -> None:
    async with open_line(server) as line:
        await line.send(2, identity(server, padding="x" * 5000))
        assert await line.close_code() == 4002
    async with open_line(server) as line:
        for _ in range(121):
            await line.send(1, None)
        for _ in range(120):
            await line.hear()
        assert await line.close_code() == 4008


async def test_an_outage_refuses_connections_and_ends_on_the_same_port(server: LoopbackDiscord) -> None:
    async with open_line(server) as line:
        await line.send(2, identity(server))
        await server.connected()
        async with server.outage():
            with pytest.raises((aiohttp.ClientConnectionError, ConnectionError)):
                async with open_line(server):
                    pass
            await server.until(lambda: not server.gateway.is_connected)
        async with open_line(server) as again:
            await again.send(2, identity(server))
            assert (await again.hear())["t"] == "READY"


async def test_waiting_ends_with_the_change_and_not_before(server: LoopbackDiscord) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(server.until(lambda: server.messages(server.channel)))
        await asyncio.sleep(0)
        assert not waiting.done()
        await server.people.says(server.person, server.channel, "now")
    assert [each.content for each in waiting.result()] == ["now"]
