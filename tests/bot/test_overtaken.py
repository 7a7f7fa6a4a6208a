"""A message that comes after its own edit or deletion is taken as it is by then."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from adapters.contract import IncomingMessage, Kind
from bot.gate import Act, Answer, Ignore, Reason
from bot.overtaken import Overtaken
from bot.turns import TurnLimits
from tests.fakes.desk import Desk, message, open_desk
from tests.fakes.manual_clock import ManualClock
from tests.fakes.plain_replies import PlainReplies
from tests.fakes.stepping_agent import SteppingAgent
from tests.fakes.wall import MemoryWall

QUESTION = message("q1", "how?", sent_at=1.0)


def edit(text: str, *, at: float = 2.0) -> IncomingMessage:
    return replace(
        QUESTION, id=f"q1:edit:{at}", text=text, kind=Kind.EDIT, concerns="q1", sent_at=at, is_addressed=True
    )


DELETION = replace(QUESTION, id="q1:deleted", text="", kind=Kind.DELETE, concerns="q1")


@asynccontextmanager
async def open_front(home: Path, agent: SteppingAgent, *, burst_seconds: float = 0.0) -> AsyncIterator[Desk]:
    limits = TurnLimits(burst_seconds=burst_seconds, retry_seconds=0.0)
    async with open_desk(home, agent=agent, replies=PlainReplies(MemoryWall()), limits=limits) as desk:
        yield desk


async def test_a_question_that_comes_after_its_edit_is_answered_as_edited(tmp_path: Path) -> None:
    agent = SteppingAgent()
    async with open_front(tmp_path, agent) as desk:
        assert (await desk.intake.receive(edit("how much?"))).decision == Ignore(Reason.EDITED)
        assert (await desk.intake.receive(QUESTION)).decision == Answer("how much?")
        await desk.turns.join()
    assert [q.text for request in agent.requests for q in request.questions] == ["how much?"]


@pytest.mark.parametrize("change", [DELETION, edit(" ")])
async def test_a_question_that_comes_after_its_deletion_is_not_answered(
    tmp_path: Path, change: IncomingMessage
) -> None:
    agent = SteppingAgent()
    async with open_front(tmp_path, agent) as desk:
        await desk.intake.receive(change)
        for _ in range(2):
            assert (await desk.intake.receive(QUESTION)).decision == Ignore(Reason.DELETED)
        await desk.turns.join()
    assert agent.requests == []


async def test_of_two_edits_in_the_wrong_order_the_later_one_counts(tmp_path: Path) -> None:
    agent = SteppingAgent()
    async with open_front(tmp_path, agent) as desk:
        for change in (edit("second", at=3.0), edit("first", at=2.0)):
            assert (await desk.intake.receive(change)).decision == Ignore(Reason.EDITED)
        assert (await desk.intake.receive(QUESTION)).decision == Answer("second")
        await desk.turns.join()


async def test_an_earlier_edit_that_comes_later_leaves_a_waiting_question_alone(tmp_path: Path) -> None:
    agent = SteppingAgent()
    async with open_front(tmp_path, agent, burst_seconds=3600.0) as desk:
        await desk.intake.receive(QUESTION)
        assert (await desk.intake.receive(edit("second", at=3.0))).decision == Act(Kind.EDIT, "second")
        await desk.intake.receive(edit("first", at=2.0))
        assert await desk.select("SELECT text FROM inbox") == [("second",)]


async def test_what_others_edit_among_themselves_is_not_kept(tmp_path: Path) -> None:
    agent = SteppingAgent()
    async with open_front(tmp_path, agent) as desk:
        await desk.intake.receive(replace(edit("between us"), is_addressed=False))
        assert (await desk.intake.receive(QUESTION)).decision == Answer("how?")
        await desk.turns.join()


@pytest.mark.parametrize("order", list(permutations([edit("first", at=2.0), edit("second", at=3.0)])))
def test_the_latest_edit_wins_in_any_order(order: tuple[IncomingMessage, ...]) -> None:
    overtaken = Overtaken(ManualClock())
    for change in order:
        overtaken.note(change)
    current = overtaken.catch_up(QUESTION)
    assert current is not None
    assert current.text == "second"
    assert overtaken.catch_up(message("q2", "other")) == message("q2", "other")


@pytest.mark.parametrize("order", list(permutations([edit("first"), DELETION])))
def test_nothing_undoes_a_deletion(order: tuple[IncomingMessage, ...]) -> None:
    overtaken = Overtaken(ManualClock())
    for change in order:
        overtaken.note(change)
    assert overtaken.catch_up(QUESTION) is None


def test_changes_are_forgotten_after_a_while_and_when_there_are_too_many() -> None:
    clock = ManualClock()
    overtaken = Overtaken(clock)
    overtaken.note(DELETION)
    clock.advance(899)
    overtaken.note(replace(DELETION, concerns="q2"))
    assert overtaken.catch_up(QUESTION) is None
    clock.advance(1)
    overtaken.note(replace(DELETION, concerns="q3"))
    assert overtaken.catch_up(QUESTION) == QUESTION
    for number in range(1_000):
        overtaken.note(replace(DELETION, concerns=f"other-{number}"))
    assert overtaken.catch_up(message("q3", "how?")) == message("q3", "how?")
