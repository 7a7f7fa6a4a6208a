"""Random interleavings of questions, redeliveries, edits, stops, lost answers and crashes: the promise holds in all."""

import asyncio
import random
import tempfile
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contract import Wish
from agents.contract import AgentEvent, TurnRequest
from bot.gate import Act, Answer, Decision
from bot.turns import TurnLimits
from tests.fakes.desk import AT_ONCE, Desk, open_desk
from tests.fakes.manual_clock import ManualClock
from tests.fakes.plain_replies import PlainReplies
from tests.fakes.stepping_agent import SteppingAgent, answer_to, events_of
from tests.fakes.wall import MemoryWall

Step: TypeAlias = tuple[object, ...]

PEOPLE = st.sampled_from(["ann", "bob"])
PLACES = st.sampled_from(["c1", "c2", "c3"])
NUMBERS = st.integers(0, 5)
STEP = st.one_of(
    st.tuples(st.just("ask"), PLACES, PEOPLE, st.booleans()),
    st.tuples(st.just("again"), NUMBERS),
    st.tuples(st.just("edit"), NUMBERS),
    st.tuples(st.just("delete"), NUMBERS),
    st.tuples(st.just("stop"), PLACES, PEOPLE),
    st.tuples(st.just("pass"), st.integers(0, 12), st.integers(1, 100)),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 2.0])),
    st.tuples(st.just("hang")),
    st.tuples(st.just("crash")),
)


class Crashed(Exception):
    """The process is gone."""


@dataclass(slots=True)
class Asked:
    """A question, and whether it need not be answered."""

    id: str
    text: str
    where: str
    by: str
    is_excused: bool = False


@dataclass(slots=True)
class World:
    """What outlives the bot's processes."""

    home: Path
    wall: MemoryWall
    agent: SteppingAgent
    clock: ManualClock = field(default_factory=ManualClock)
    limits: TurnLimits = AT_ONCE
    asked: list[Asked] = field(default_factory=list)
    starts: int = 0

    async def live(self, steps: list[Step]) -> None:
        """Take steps, in as many processes as it needs, and let the last one finish."""
        while steps:
            try:
                await self._process(steps)
            except* Crashed:
                pass
        self.agent.steps, self.wall.hangs, self.limits = None, 0, AT_ONCE
        async with self._open() as desk:
            await desk.turns.take_up()
            await desk.turns.join()
            calls = len(self.wall.calls)
            for each in self.asked:
                await desk.says(each.text, id=each.id, by=each.by, where=each.where)
            await desk.turns.join()
            assert (await desk.turns.take_up(), len(self.wall.calls)) == (0, calls)

    def _open(self) -> AbstractAsyncContextManager[Desk]:
        self.starts += 1
        replies = PlainReplies(self.wall, shows_status=False)
        return open_desk(
            self.home, agent=self.agent, replies=replies, limits=self.limits, clock=self.clock, first_id=self.starts
        )

    async def _process(self, steps: list[Step]) -> None:
        async with self._open() as desk:
            await desk.turns.take_up()
            while steps:
                await self._take(steps.pop(0), desk)

    async def _take(self, step: Step, desk: Desk) -> None:
        match step:
            case ("ask", str(where), str(by), bool(is_repeated)):
                await self._ask(where, by, desk, times=1 + is_repeated)
            case ("stop", str(where), str(by)):
                await self._stop(where, by, desk)
            case ("pass", int(words), int(moments)):
                await self._pass(words, moments)
            case ("wait", float(seconds)):
                self.clock.advance(seconds)
            case ("hang",):
                self.wall.hangs = 1
            case ("crash",):
                raise Crashed
            case (str(change), int(number)) if number < len(self.asked):
                await self._change(change, self.asked[number], desk)

    async def _pass(self, words: int, moments: int) -> None:
        """Let agents say so many words, and time go by."""
        assert self.agent.steps is not None
        for _ in range(words):
            self.agent.steps.release()
        for _ in range(moments):
            await asyncio.sleep(0)

    async def _stop(self, where: str, by: str, desk: Desk) -> None:
        done = await desk.presses(Wish.STOP, by=by, where=where)
        for each in self.asked:
            each.is_excused |= isinstance(done, Act) and each.where == where

    async def _ask(self, where: str, by: str, desk: Desk, *, times: int) -> None:
        asked = Asked(f"q{len(self.asked)}", f"text {len(self.asked)}", where, by)
        self.asked.append(asked)
        for _ in range(times):
            assert isinstance(await self._say(asked, desk), Answer)

    async def _change(self, change: str, asked: Asked, desk: Desk) -> None:
        if change == "again":
            await self._say(asked, desk)
            return
        done = await desk.changes(asked.id, "edited" if change == "edit" else None, where=asked.where)
        asked.is_excused |= change == "delete" and isinstance(done, Act)

    async def _say(self, asked: Asked, desk: Desk) -> Decision:
        return await desk.says(asked.text, id=asked.id, by=asked.by, where=asked.where)

    def check(self) -> None:
        """Assert that each question was answered once, and that nothing else stands on the wall."""
        texts = {each.key: each.text for each in self.wall.messages.values()}
        assert len(texts) == len(self.wall.messages), "a turn has two messages"
        turns: dict[str, set[str]] = {each.id: set() for each in self.asked}
        answers: dict[str, set[str]] = {}
        for request in self.agent.requests:
            answers.setdefault(request.turn_id, set()).add(answer_to(request))
            for question in request.questions:
                turns[question.id].add(request.turn_id)
        for each in self.asked:
            assert len(turns[each.id]) <= 1, "a question is in two turns"
            assert turns[each.id] or each.is_excused, "a question was never asked"
            for turn_id in turns[each.id]:
                text = texts.get(turn_id, "")
                is_answer = text in answers[turn_id] or text.startswith("Sorry")
                is_partial = text.endswith("_Stopped._") or any(a.startswith(text.rstrip()) for a in answers[turn_id])
                assert is_answer or (each.is_excused and is_partial), text


def _script(broken: frozenset[int]) -> Callable[[TurnRequest], list[AgentEvent | Exception]]:
    """Return a script that breaks off at these of its calls."""
    calls = count()

    def events(request: TurnRequest) -> list[AgentEvent | Exception]:
        good: list[AgentEvent | Exception] = [*events_of(answer_to(request))]
        return [*good[:3], ValueError()] if next(calls) in broken else good

    return events


@settings(max_examples=20, deadline=None)
@given(
    steps=st.lists(STEP, min_size=1, max_size=25),
    broken=st.frozensets(st.integers(0, 8), max_size=4),
    lost=st.sampled_from([0.0, 0.05, 0.3]),
    down=st.sampled_from([0.0, 0.2]),
    seed=st.integers(0, 1000),
    burst=st.sampled_from([0.0, 1.5]),
)
def test_each_question_is_answered_once_whatever_happens(
    steps: list[Step], broken: frozenset[int], lost: float, down: float, seed: int, *, burst: float
) -> None:
    async def scenario(home: Path) -> None:
        wall = MemoryWall(lost=lost, down=down, chance=random.Random(seed))
        agent = SteppingAgent(_script(broken), steps=asyncio.Semaphore(0))
        world = World(home, wall, agent, limits=replace(AT_ONCE, burst_seconds=burst))
        await world.live(list(steps))
        world.check()

    with tempfile.TemporaryDirectory() as home:
        asyncio.run(scenario(Path(home)))
