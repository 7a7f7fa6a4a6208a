"""A paste that the person's app has cut: one question, wherever it is asked."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.turns import TurnLimits
from tests.adapters.discord.listening import open_both
from tests.fakes.desk import open_desk
from tests.fakes.manual_clock import ManualClock
from tests.fakes.plain_replies import PlainReplies
from tests.fakes.stepping_agent import SteppingAgent
from tests.fakes.wall import MemoryWall

PARTS = [f"{number} " + "x" * 1_950 for number in range(3)]


@pytest.mark.parametrize("is_direct", [True, False])
async def test_the_parts_of_a_paste_are_one_turn(tmp_path: Path, is_direct: bool) -> None:
    clock, agent = ManualClock(), SteppingAgent()
    async with open_both() as listening:
        server = listening.server
        channel = server.dm(server.person) if is_direct else server.channel
        first = PARTS[0] if is_direct else f"{server.bot.mention} {PARTS[0]}"
        for part in (first, *PARTS[1:]):
            await server.people.says(server.person, channel, part)
        events = await listening.desk.until(lambda all_: all_ if len(all_) == 3 else None)
    assert len({(each.conversation_id, each.address) for each in events}) == 1
    limits = TurnLimits(burst_seconds=1.5)
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(MemoryWall()), limits=limits, clock=clock) as desk:
        for each in events:
            await desk.intake.receive(replace(each, address=replace(each.address, platform="wall")))
        async with asyncio.timeout(30):
            await clock.until_asleep(1)
            clock.advance(1.5)
            await desk.turns.join()
    assert [question.text for question in agent.requests[-1].questions] == PARTS


async def test_what_somebody_says_next_in_a_channel_is_no_part_of_a_short_question() -> None:
    async with open_both() as listening:
        server = listening.server
        await server.people.mentions(server.person, server.channel, "how?")
        await server.people.says(server.person, server.channel, "and now to you, bob")
        await server.people.mentions(server.person, server.channel, "then?")
        await listening.desk.next("then?")
        assert [each.text for each in listening.desk.received] == ["how?", "then?"]
