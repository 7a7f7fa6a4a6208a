"""What can happen to the connection, over sockets: nothing is lost, nothing comes twice, and refusals are readable."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from adapters.desk import LastHeard
from adapters.discord.venue import open_discord
from tests.adapters.discord.listening import Listening, open_both, open_listening, refusal, settings_of
from tests.fakes.listening_desk import ListeningDesk
from tests.servers.discord.faults import Fault, What
from tests.servers.discord.server import LoopbackDiscord
from tests.servers.discord.server import open_discord as open_server
from tests.servers.discord.world import ShiftedClock

BREAKS: dict[str, Callable[[LoopbackDiscord], None]] = {
    "op 7": lambda server: server.gateway.reconnect_all(),
    "op 9, may resume": lambda server: server.gateway.invalidate_all(may_resume=True),
    "close 4000": lambda server: server.gateway.close_all(4000),
    "close 4009": lambda server: server.gateway.close_all(4009),
    "close 4007": lambda server: server.gateway.close_all(4007),
    "reset": lambda server: server.gateway.drop_all(),
}
RESUMED = {"op 7", "close 4000", "reset"}


async def ask(listening: Listening, text: str) -> None:
    await listening.server.people.mentions(listening.server.person, listening.server.channel, text)


@pytest.mark.parametrize("name", BREAKS)
async def test_after_a_break_the_connection_stands_again_and_no_question_is_lost(name: str) -> None:
    async with open_both() as listening:
        await ask(listening, "before")
        await listening.desk.next("before")
        BREAKS[name](listening.server)
        if name in RESUMED:
            await ask(listening, "meanwhile")
        await listening.stands()
        await ask(listening, "after")
        await listening.desk.next("after")
        texts = [each.text for each in listening.desk.received]
        assert texts.count("before") == texts.count("after") == 1
        assert texts.count("meanwhile") == (name in RESUMED)


async def test_events_that_come_twice_are_one_message() -> None:
    async with open_both() as listening:
        await ask(listening, "how?")
        await listening.desk.next("how?")
        listening.server.gateway.repeat(3)
        await ask(listening, "then?")
        await listening.desk.next("then?")
        assert [each.text for each in listening.desk.received] == ["how?", "then?"]


async def test_a_command_that_comes_twice_is_served_once() -> None:
    async with open_both() as listening:
        server = listening.server
        await server.people.command(server.person, server.channel, "support", question="how?")
        await listening.desk.next("how?")
        server.gateway.repeat(2)
        await ask(listening, "then?")
        await listening.desk.next("then?")
        assert len(server.calls("callback")) == 1


async def test_what_was_asked_while_no_session_listened_is_read_when_a_new_one_begins() -> None:
    async with open_both() as listening:
        await ask(listening, "before")
        await listening.desk.next("before")
        listening.server.gateway.is_resumable = False
        listening.server.gateway.drop_all()
        await ask(listening, "stop that")
        await ask(listening, "how do refunds work?")
        await listening.desk.next("how do refunds work?")
        assert len(listening.server.gateway.identifies) == 2
        assert [each.text for each in listening.desk.received] == ["before", "how do refunds work?"]


async def test_a_connection_that_falls_silent_is_replaced() -> None:
    async with open_server() as server:
        server.gateway.heartbeat_milliseconds = 100
        async with open_listening(server) as listening:
            server.gateway.stall()
            await ask(listening, "how?")
            await listening.desk.next("how?")


@pytest.mark.parametrize("payload", [None, [], "text", {"id": "x"}, {"author": 1, "channel_id": {}}, {"d": {"id": []}}])
async def test_malformed_events_change_nothing(payload: object) -> None:
    async with open_both() as listening:
        for name in (
            "MESSAGE_CREATE",
            "INTERACTION_CREATE",
            "GUILD_CREATE",
            "THREAD_CREATE",
            "READY?",
            "MESSAGE_UPDATE",
        ):
            listening.server.gateway.send_raw(name, payload)
        await ask(listening, "how?")
        await listening.desk.next("how?")
        assert len(listening.server.gateway.identifies) == 1


async def test_an_outage_at_the_start_is_waited_out() -> None:
    async with open_server() as server:
        server.gateway.is_refusing = True
        fault = server.faults.add(Fault("gateway.bot", What.RESET, times=2))
        async with open_listening(server, is_connected=False) as listening:
            await server.until(lambda: fault.struck == 2)
            server.gateway.is_refusing = False
            await server.connected()
            await ask(listening, "how?")
            await listening.desk.next("how?")


async def test_each_shard_has_its_own_connection() -> None:
    async with open_server() as server:
        server.gateway.shards = 2
        async with open_listening(server, settings_of(server)) as listening:
            assert sorted(each.shard for each in server.gateway.identifies) == [(0, 2), (1, 2)]
            await ask(listening, "how?")
            await listening.desk.next("how?")


async def test_direct_messages_from_before_are_read_by_the_shard_that_gets_them() -> None:
    async with open_server() as server:
        server.gateway.shards = 2
        written = await server.people.writes_to_bot(server.person, "what was written meanwhile?")
        heard = (LastHeard(str(written.channel.id), server.world.clock() - 60),)
        async with open_listening(server, settings_of(server), heard=heard) as listening:
            await listening.stands()
            await listening.desk.next(written.content)
            await ask(listening, "how?")
            await listening.desk.next("how?")
            assert len(server.calls("message.list")) == 1


async def test_commands_are_sent_once_whatever_happens_to_the_connection() -> None:
    async with open_server() as server:
        for _ in range(2):
            async with open_listening(server) as listening:
                server.gateway.close_all(4000)
                await ask(listening, "how?")
                await listening.desk.next("how?")
        assert server.world.syncs == [None]


async def test_a_wrong_token_is_refused_in_one_line_that_names_the_setting() -> None:
    async with open_server() as server:
        line = await refusal(server, replace(settings_of(server), token="wrong"))
        assert "DISCORD_BOT_TOKEN" in line
        assert "\n" not in line


async def test_an_intent_that_was_not_granted_is_refused_in_one_line() -> None:
    async with open_server() as server:
        server.world.application.privileged = 0
        line = await refusal(server, settings_of(server))
        assert "FIRSTLINE_DISCORD_MESSAGE_CONTENT" in line


@pytest.mark.parametrize(("code", "word"), [(4004, "DISCORD_BOT_TOKEN"), (4013, "intents"), (4011, "SHARDS")])
async def test_closes_that_no_attempt_can_change_end_serving(code: int, word: str) -> None:
    async with open_server() as server, asyncio.TaskGroup() as tasks:
        refused = tasks.create_task(refusal(server, settings_of(server)))
        await server.connected()
        server.gateway.close_all(code)
        assert word in await refused


async def test_what_was_asked_long_ago_is_left_alone() -> None:
    clock = ShiftedClock()
    async with open_server(clock) as server:
        await server.people.mentions(server.person, server.channel, "how was it long ago?")
        clock.advance(3_600)
        role = server.world.add_role(server.guild, "customers")
        await server.people.gets_role(server.person, server.guild, role)
        await server.people.mentions(server.person, server.channel, "how is it just now?")
        async with open_listening(server) as listening:
            message = await listening.desk.next("how is it just now?")
            assert message.roles == {str(role.id)}
            assert [each.text for each in listening.desk.received] == ["how is it just now?"]


async def test_what_is_asked_during_an_outage_comes_when_it_is_over() -> None:
    async with open_both() as listening:
        server = listening.server
        server.gateway.is_refusing = True
        refused = server.faults.add(Fault("me", What.RESET, times=3))
        server.gateway.drop_all()
        await ask(listening, "how?")
        await server.until(lambda: refused.struck == 3)
        server.gateway.is_refusing = False
        await listening.desk.next("how?")
        assert len(server.gateway.identifies) == 1


async def test_what_is_being_taken_when_the_bot_is_asked_to_end_is_taken_and_confirmed() -> None:
    async with open_server() as server, open_discord(settings_of(server), clock=server.world.clock) as venue:
        desk = ListeningDesk(venue.platform, gate=asyncio.Event())
        ready = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(venue.serve(desk, on_ready=ready.set))
            await asyncio.wait_for(ready.wait(), 30)
            await server.until(lambda: server.world.commands.get(None))
            used = await server.people.command(server.person, server.channel, "support", question="how?")
            await asyncio.wait_for(desk.asked.wait(), 30)
            serving.cancel()
            desk.gate.set()
        assert [each.text for each in desk.received] == ["how?"]
        assert used.original is not None


async def test_the_bot_is_shown_as_away_at_once_when_it_ends() -> None:
    async with open_server() as server:
        async with open_listening(server):
            pass
        await server.until(lambda: not server.gateway.connections)
        assert not server.gateway.sessions
