"""How fast the bot comes back to Discord, on a clock of the test's own."""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord.call_pace import MAX_CALLS, WINDOW_SECONDS, CallPace
from adapters.discord.pace import MAX_BACK_OFF_SECONDS, BackOff, IdentifyPace, Patience
from tests.fakes.virtual_time import run_virtual

DAY = 86_400.0
TIMER_SECONDS = 1e-6
"""More than asyncio's timers come early by: it runs all that are due within its clock's resolution."""


class Time:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


async def test_whatever_breaks_a_day_has_fewer_identifies_than_discord_allows() -> None:
    time = Time()
    pace = IdentifyPace(Patience(lambda: time.seconds, time.sleep))
    times = []
    while time.seconds < 3 * DAY:
        await pace.wait()
        times.append(time.seconds)
    busiest = max(len([each for each in times if start <= each < start + DAY]) for start in times[:600:20])
    assert busiest < 1_000
    assert min(later - earlier for earlier, later in pairwise(times)) >= 5.0


async def test_the_first_identify_and_one_after_a_long_time_wait_for_nothing() -> None:
    time = Time()
    pace = IdentifyPace(Patience(lambda: time.seconds, time.sleep))
    await pace.wait()
    assert time.seconds == 0.0
    time.seconds = 60.0
    await pace.wait()
    assert time.seconds == 60.0


@given(seed=st.integers(), failures=st.integers(1, 60))
def test_pauses_grow_to_a_few_seconds_and_begin_small_again(seed: int, failures: int) -> None:
    back_off = BackOff(random.Random(seed))
    pauses = [back_off.next_seconds() for _ in range(failures)]
    assert all(0 < pause <= MAX_BACK_OFF_SECONDS for pause in pauses)
    assert pauses[0] <= 0.25
    back_off.succeeded()
    assert back_off.next_seconds() <= 0.25


@dataclass(frozen=True)
class Made:
    """A call: when it was wanted, made and answered."""

    wanted: float
    made: float
    answered: float

    def may_count_at(self, at: float) -> bool:
        """Whether Discord, which counts it between its making and its answer, may count it in the second before."""
        return self.made <= at < self.answered + WINDOW_SECONDS - TIMER_SECONDS


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 800)), min_size=60, max_size=200))
def test_no_second_can_hold_more_calls_than_discord_takes_and_none_waits_without_need(
    calls: list[tuple[int, int]],
) -> None:
    made: list[Made] = []

    async def make(pace: CallPace, seconds: float) -> None:
        time = asyncio.get_running_loop().time
        wanted = time()
        async with pace.place():
            began = time()
            await asyncio.sleep(seconds)
            made.append(Made(wanted, began, time()))

    async def make_all() -> None:
        pace = CallPace(now=asyncio.get_running_loop().time)
        async with asyncio.TaskGroup() as under_way:
            for gap, milliseconds in calls:
                await asyncio.sleep(gap / 1000)
                under_way.create_task(make(pace, milliseconds / 1000))

    run_virtual(make_all())
    assert len(made) == len(calls)
    for call in made:
        others = [other for other in made if other is not call]
        assert sum(other.may_count_at(call.made) for other in made) <= MAX_CALLS
        if call.made > call.wanted + 3 * TIMER_SECONDS:  # a look back must not reach before it was wanted
            assert sum(other.may_count_at(call.made - 3 * TIMER_SECONDS) for other in others) >= MAX_CALLS


async def test_what_can_be_done_without_steps_back_when_calls_are_many() -> None:
    pace = CallPace(now=lambda: 0.0)
    had_room, left = [], []
    async with AsyncExitStack() as calls:
        for _ in range(MAX_CALLS):
            had_room.append(pace.has_room())
            left.append(pace.calls_left())
            await calls.enter_async_context(pace.place())
        left.append(pace.calls_left())
    assert had_room == [True] * (MAX_CALLS // 2) + [False] * (MAX_CALLS // 2)
    assert left == list(range(MAX_CALLS, -1, -1))


async def test_a_call_that_is_given_up_while_it_waits_leaves_its_place() -> None:
    time = Time()
    pace = CallPace(now=lambda: time.seconds)
    async with AsyncExitStack() as calls:
        for _ in range(MAX_CALLS):
            await calls.enter_async_context(pace.place())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0), pace.place():
                pass
        assert pace.calls_left() == 0
    time.seconds = WINDOW_SECONDS
    assert pace.calls_left() == MAX_CALLS
