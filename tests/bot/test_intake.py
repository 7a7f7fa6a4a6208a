"""From an event to what is stored, said or done: the front door on a real store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from adapters.contract import Address, Kind, Wish
from bot.gate import Act, Answer, Ignore, Reason, Refuse
from bot.outlets import SupportChannel
from bot.turns import TurnLimits
from tests.fakes.desk import Desk, message, open_desk
from tests.fakes.plain_replies import PlainReplies
from tests.fakes.stepping_agent import SteppingAgent
from tests.fakes.wall import MemoryWall

SUPPORT = {"wall": SupportChannel(Address("wall", "w", "help"))}


@asynccontextmanager
async def open_front(
    home: Path, wall: MemoryWall, agent: SteppingAgent, *, burst_seconds: float = 0.0
) -> AsyncIterator[Desk]:
    limits = TurnLimits(burst_seconds=burst_seconds, retry_seconds=0.0)
    async with open_desk(home, agent=agent, replies=PlainReplies(wall), limits=limits, support=SUPPORT) as desk:
        yield desk


async def test_follow_ups_need_no_mention_until_a_second_person_joins(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent()
    async with open_front(tmp_path, wall, agent) as desk:
        reply = replace(message("m2", "and then?"), kind=Kind.THREAD_REPLY)
        assert (await desk.intake.receive(reply)).decision == Ignore(Reason.NOT_ADDRESSED)
        await desk.says("how?", id="m1")
        assert (await desk.intake.receive(reply)).decision == Answer("and then?")
        others = replace(reply, id="m3", author="bob")
        assert (await desk.intake.receive(others)).decision == Ignore(Reason.NOT_ADDRESSED)
        assert (await desk.intake.receive(replace(reply, id="m4"))).decision == Ignore(Reason.NOT_ADDRESSED)
        assert isinstance(await desk.says("@bot how?", id="m5", by="bob"), Answer)
        await desk.turns.join()
    assert sorted(q.id for request in agent.requests for q in request.questions) == ["m1", "m2", "m5"]


async def test_both_copies_of_a_mention_are_one_question(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent()
    async with open_front(tmp_path, wall, agent) as desk:
        mention = message("C1:17.1", "how?")
        await desk.intake.receive(replace(mention, kind=Kind.MESSAGE, is_addressed=True))
        await desk.intake.receive(mention)
        await desk.turns.join()
    assert len(wall.messages) == 1


async def test_a_handed_off_conversation_is_left_to_people_until_they_give_it_back(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent()
    async with open_front(tmp_path, wall, agent) as desk:
        await desk.says("how?")
        await desk.turns.join()
        assert await desk.presses(Wish.PERSON) == Act(Wish.PERSON)
        assert await desk.says("anyone?") == Ignore(Reason.HANDED_OFF)
        assert isinstance(await desk.presses(Wish.GIVE_BACK), Refuse)
        assert await desk.presses(Wish.GIVE_BACK, by="staff") == Act(Wish.GIVE_BACK)
        assert isinstance(await desk.says("how?"), Answer)
        assert await desk.presses(Wish.MUTE) == Act(Wish.MUTE)
        assert await desk.says("how?") == Ignore(Reason.MUTED)
        assert await desk.presses(Wish.UNMUTE) == Act(Wish.UNMUTE)
        assert isinstance(await desk.says("how?"), Answer)
        await desk.turns.join()


async def test_feedback_finds_its_turn_by_the_message_it_was_given_on(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent()
    async with open_front(tmp_path, wall, agent) as desk:
        await desk.says("how?")
        await desk.turns.join()
        assert await desk.presses(Wish.HELPFUL, by="eve", concerns="m0") == Act(Wish.HELPFUL)
        assert await desk.presses(Wish.UNHELPFUL, by="bob", concerns="no such message") == Act(Wish.UNHELPFUL)
        rows = await desk.select("SELECT turn_id, person, is_helpful FROM feedback")
    assert rows == [(agent.requests[0].turn_id, "eve", 1)]


async def test_a_command_is_complete_and_waits_for_no_burst(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent()
    async with open_front(tmp_path, wall, agent, burst_seconds=1.5) as desk:
        await desk.intake.receive(replace(message("m1", "how?"), kind=Kind.COMMAND))
        await desk.turns.join()
    assert len(wall.messages) == 1


async def test_a_refused_interaction_is_for_the_adapter_to_say(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent()
    async with open_front(tmp_path, wall, agent) as desk:
        assert isinstance((await desk.intake.receive(replace(message("m1", ""), kind=Kind.COMMAND))).decision, Refuse)
        await desk.turns.join()
    assert not wall.messages


async def test_stop_before_the_answer_is_shown_leaves_nothing_of_it_and_nothing_to_do(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent()
    async with open_front(tmp_path, wall, agent, burst_seconds=1.5) as desk:
        await desk.says("how?")
        assert await desk.says("stop") == Act(Wish.STOP)
        await desk.turns.join()
        assert await desk.store.inbox.open_conversations() == []
    # Whether the turn was opened by then is a race that either may win: it says that it was stopped.
    assert [each.text.strip() for each in wall.messages.values()] in ([], ["_Stopped._"])
