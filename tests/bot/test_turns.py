"""One turn at a time for each conversation, and one answer for each question."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from adapters.contract import Address, Wish
from agents.contract import AgentEvent, Reset, TextDelta, TurnFailed
from bot.gate import Act, GateRules, Refuse
from bot.turns import TurnLimits
from tests.fakes.desk import AT_ONCE, message, open_desk
from tests.fakes.manual_clock import ManualClock
from tests.fakes.plain_replies import PlainReplies
from tests.fakes.stepping_agent import SteppingAgent, answer_to, events_of
from tests.fakes.wall import MemoryWall


async def test_a_question_is_answered_in_one_message(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent()
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await desk.says("one")
        await desk.turns.join()
    assert wall.texts() == [answer_to(agent.requests[0])]


async def test_redelivered_messages_are_answered_once(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent()
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await asyncio.gather(*(desk.says("one", id="same") for _ in range(5)))
        await desk.turns.join()
        await desk.says("one", id="same")
        await desk.turns.join()
    assert len(agent.requests) == len(wall.messages) == 1


async def test_messages_that_come_while_one_is_answered_are_answered_together(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent(steps=asyncio.Semaphore(3))
    assert agent.steps
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await desk.says("one")
        await wall.until(lambda w: len(w.messages) == 1)
        await desk.says("two", by="bob")
        await desk.says("three", by="eve")
        for _ in range(100):
            agent.steps.release()
        await desk.turns.join()
    asked = [[question.text for question in request.questions] for request in agent.requests]
    assert asked == [["one"], ["two", "three"]]
    assert wall.texts() == [answer_to(request) for request in agent.requests]


async def test_a_burst_of_one_author_becomes_one_turn(tmp_path: Path) -> None:
    clock, wall, agent = ManualClock(), MemoryWall(), SteppingAgent()
    limits = TurnLimits(burst_seconds=1.5)
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), limits=limits, clock=clock) as desk:
        await desk.says("my invoice")
        await clock.until_asleep(1)
        clock.advance(1.0)
        await desk.says("is wrong")
        clock.advance(0.6)
        await clock.until_asleep(1)
        assert not [text for text in wall.texts() if "Answer" in text]
        clock.advance(1.0)
        await desk.turns.join()
    assert wall.texts() == ["Answer to my invoice, word by word. Answer to is wrong, word by word."]
    assert [[question.text for question in request.questions] for request in agent.requests] == [
        ["my invoice"],
        ["my invoice", "is wrong"],
    ]
    assert [after for _, after in agent.unsaid] == [1]


async def test_an_answer_is_begun_before_the_burst_is_over_and_shown_after(tmp_path: Path) -> None:
    clock, wall, agent = ManualClock(), MemoryWall(), SteppingAgent()
    limits = TurnLimits(burst_seconds=1.5)
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), limits=limits, clock=clock) as desk:
        await desk.says("my invoice is wrong")
        await clock.until_asleep(1)
        assert agent.requests
        assert not [text for text in wall.texts() if "Answer" in text]
        clock.advance(1.5)
        await desk.turns.join()
    assert (len(agent.requests), agent.unsaid) == (1, [])
    assert wall.texts() == ["Answer to my invoice is wrong, word by word."]


@pytest.mark.parametrize("change", ["edited", None])
async def test_an_answer_that_was_begun_in_vain_is_never_seen(tmp_path: Path, change: str | None) -> None:
    clock, wall, agent = ManualClock(), MemoryWall(), SteppingAgent()
    limits = TurnLimits(burst_seconds=1.5)
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), limits=limits, clock=clock) as desk:
        await desk.says("my invoice is wrong", id="q1")
        await clock.until_asleep(1)
        assert agent.requests
        await desk.changes("q1", change)
        clock.advance(1.5)
        await desk.turns.join()
    past = [text for message in wall.messages.values() for text in (*message.past, message.text)]
    assert not [text for text in past if "invoice" in text]
    assert [text for text in past if "edited" in text] or change is None
    assert not agent.at_work


async def test_a_failure_before_the_burst_is_over_counts_as_one_attempt(tmp_path: Path) -> None:
    clock, wall = ManualClock(), MemoryWall()
    failures = count()
    agent = SteppingAgent(lambda request: [ValueError()] if next(failures) < 2 else [*events_of(answer_to(request))])
    limits = TurnLimits(burst_seconds=1.5, retry_seconds=0.0)
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), limits=limits, clock=clock) as desk:
        await desk.says("my invoice is wrong")
        await clock.until_asleep(1)
        clock.advance(1.5)
        await desk.turns.join()
    assert len(agent.requests) == 3
    assert wall.texts() == ["Answer to my invoice is wrong, word by word."]


async def test_someone_who_writes_on_and_on_is_answered_in_between(tmp_path: Path) -> None:
    clock, wall, agent = ManualClock(), MemoryWall(), SteppingAgent()
    limits = TurnLimits(burst_seconds=1.5, burst_max_seconds=4.0)
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), limits=limits, clock=clock) as desk:
        for number in range(20):
            await desk.says(f"part {number}")
            await clock.until_asleep(1)
            if wall.messages:
                break
            clock.advance(1.0)
    assert agent.requests
    assert wall.messages


async def test_turns_beyond_the_bound_wait_in_line_and_are_told_their_number(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent(steps=asyncio.Semaphore(0))
    assert agent.steps
    limits = TurnLimits(live_turns=2, burst_seconds=0.0)
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), limits=limits) as desk:
        for number in range(4):
            await desk.says("please", where=f"c{number}")
        await wall.until(lambda w: len(w.messages) == 2)
        assert [text.partition(" in line")[0] for text in wall.texts()] == ["You are number 1", "You are number 2"]
        await agent.until_at_work(2)
        for _ in range(100):
            agent.steps.release()
        await desk.turns.join()
    assert agent.busiest == 2
    assert [request.conversation_id for request in agent.requests] == ["c0", "c1", "c2", "c3"]
    assert sorted(wall.texts()) == [answer_to(agent.requests[0])] * 4


async def test_the_asker_stops_an_answer_and_the_partial_text_stays(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent(steps=asyncio.Semaphore(4))
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await desk.says("one")
        await wall.until(lambda w: w.texts() == ["Answer to one, "])
        assert isinstance(await desk.presses(Wish.STOP, by="bob"), Refuse)
        assert isinstance(await desk.presses(Wish.STOP), Act)
        await desk.turns.join()
    assert wall.texts() == ["Answer to one, \n\n_Stopped._"]
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), first_id=2) as desk:
        assert await desk.turns.take_up() == 0


async def test_a_stop_outlives_a_crash_in_the_same_moment(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent(steps=asyncio.Semaphore(4))
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await desk.says("one")
        await wall.until(lambda w: w.texts() == ["Answer to one, "])
        assert await desk.store.turns.ask_stop("c1", "ann")
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), first_id=2) as desk:
        assert await desk.turns.take_up() == 1
        await desk.turns.join()
    assert len(agent.requests) == len(wall.messages) == 1


async def test_after_a_crash_the_same_message_is_edited_to_completion(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent(steps=asyncio.Semaphore(4))
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await desk.says("one")
        await wall.until(lambda w: w.texts() == ["Answer to one, "])
    agent.steps = None
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), first_id=2) as desk:
        assert await desk.turns.take_up() == 1
        await desk.turns.join()
        await desk.says("one", id="q1")
        await desk.turns.join()
        assert await desk.turns.take_up() == 0
    assert wall.texts() == [answer_to(agent.requests[0])]
    assert agent.requests[0] == agent.requests[1]


async def test_a_turn_that_keeps_failing_ends_in_one_honest_message(tmp_path: Path) -> None:
    wall = MemoryWall()
    agent = SteppingAgent(lambda _: [TextDelta("half of it"), ValueError("a secret of the code")])
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await desk.says("one")
        await desk.turns.join()
        assert await desk.turns.take_up() == 0
    assert len(agent.requests) == 3
    (text,) = wall.texts()
    assert "secret" not in text
    assert "help@example.org" in text
    assert "turn1x" in text


async def test_the_agents_own_failure_is_told_with_its_reference_after_as_many_attempts(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent(lambda _: [TurnFailed("REF123", 0.1)])
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await desk.says("one")
        await desk.turns.join()
    assert len(agent.requests) == 3
    assert ["REF123" in text for text in wall.texts()] == [True]


async def test_a_second_attempt_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    wall, good = MemoryWall(), events_of("all good")
    scripts: Iterator[list[AgentEvent | Exception]] = iter(
        [[TextDelta("bad start"), OSError()], [TextDelta("worse"), Reset("another model"), *good]]
    )
    agent = SteppingAgent(lambda _: next(scripts))
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await desk.says("one")
        await desk.turns.join()
    assert wall.texts() == ["all good"]


async def test_one_conversations_defect_is_no_others(tmp_path: Path) -> None:
    wall = MemoryWall()
    agent = SteppingAgent(lambda r: [KeyError()] if r.conversation_id == "bad" else [*events_of(answer_to(r))])
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await asyncio.gather(desk.says("one", where="bad"), *(desk.says("x", where=f"c{n}") for n in range(10)))
        await desk.turns.join()
    assert [text for text in wall.texts() if not text.startswith("Sorry")] == ["Answer to x, word by word."] * 10


async def test_a_waiting_question_can_be_edited_and_withdrawn(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent(steps=asyncio.Semaphore(3))
    assert agent.steps
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await desk.says("one", id="m1")
        await wall.until(lambda w: len(w.messages) == 1)
        await desk.says("two", id="m2")
        await desk.says("three", id="m3")
        await desk.changes("m2", "two, but better")
        await desk.changes("m3", None)
        await desk.changes("m1", "too late")
        for _ in range(100):
            agent.steps.release()
        await desk.turns.join()
        await desk.says("three", id="m3")
        await desk.turns.join()
    assert [[question.text for question in request.questions] for request in agent.requests] == [
        ["one"],
        ["two, but better"],
    ]


async def test_a_withdrawn_question_in_line_gets_no_answer(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent(steps=asyncio.Semaphore(0))
    assert agent.steps
    limits = TurnLimits(live_turns=1, burst_seconds=0.0)
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), limits=limits) as desk:
        await desk.says("one", where="c1")
        await desk.says("two", where="c2", id="m2")
        await wall.until(lambda w: len(w.texts("c2")) == 1)
        await desk.changes("m2", None, where="c2")
        for _ in range(100):
            agent.steps.release()
        await desk.turns.join()
    assert [request.conversation_id for request in agent.requests] == ["c1"]
    (text,) = wall.texts("c2")
    assert not text.strip()


async def test_a_message_without_text_is_refused_in_public_once(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent()
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await desk.says("", id="m1")
        await desk.turns.join()
        await desk.says("", id="m1")
        await desk.turns.join()
    assert not agent.requests
    assert wall.texts() == ["I can only read text. What would you like to know?"]


async def test_a_cut_question_is_answered_with_a_word_about_it(tmp_path: Path) -> None:
    wall = MemoryWall()
    agent = SteppingAgent(lambda r: [TextDelta("x"), Reset("next"), *events_of(answer_to(r))])
    rules = GateRules(max_chars=4)
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), rules=rules) as desk:
        await desk.says("abcdefgh")
        await desk.turns.join()
    assert wall.texts() == [
        "_Your message is longer than 4 characters; I have read the first part of it._\n\nAnswer to abcd, word by word."
    ]


async def test_an_orderly_shutdown_lets_turns_at_work_finish(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent(steps=asyncio.Semaphore(3))
    assert agent.steps
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await desk.says("one")
        await wall.until(lambda w: len(w.messages) == 1)
        for _ in range(100):
            agent.steps.release()
        await desk.turns.drain(30)
        await desk.says("two", where="c2")
    assert wall.texts() == ["Answer to one, word by word."]
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), first_id=2) as desk:
        assert await desk.turns.take_up() == 1
        await desk.turns.join()
    assert wall.texts("c2") == ["Answer to two, word by word."]


async def test_a_turn_handed_over_again_and_again_has_not_failed(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent()
    for process in range(6):
        agent.steps = asyncio.Semaphore(3)
        async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), first_id=process) as desk:
            if process == 0:
                await desk.says("one")
            await desk.turns.take_up()
            await wall.until(partial(_has_calls, process))
            await desk.turns.drain(0)
    agent.steps = None
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall), first_id=9, limits=AT_ONCE) as desk:
        await desk.turns.take_up()
        await desk.turns.join()
    assert wall.texts() == ["Answer to one, word by word."]


async def test_a_question_from_a_platform_not_connected_waits_for_it(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent()
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        elsewhere = replace(message("m1", "one"), address=Address("elsewhere", "w", "c1"))
        await desk.intake.receive(elsewhere)
        await desk.turns.join()
        assert await desk.store.inbox.open_conversations() == ["c1"]
    assert not agent.requests


async def test_posts_whose_answer_is_lost_are_not_repeated(tmp_path: Path) -> None:
    wall, agent = MemoryWall(lost=0.3, down=0.2), SteppingAgent()
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(wall)) as desk:
        await asyncio.gather(*(desk.says("x", where=f"c{number}") for number in range(60)))
        await desk.turns.join()
    assert wall.texts() == ["Answer to x, word by word."] * 60


def _has_calls(count: int, wall: MemoryWall) -> bool:
    return len(wall.calls) > count
