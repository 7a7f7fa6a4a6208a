"""How fast the bot comes back to Discord, on a clock of the test's own."""

import asyncio
import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.call_pace import MAX_CALLS, CallPace
from adapters.discord.pace import MAX_BACK_OFF_SECONDS, BackOff, IdentifyPace, Patience

DAY = 86_400.0


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


@given(st.lists(st.floats(0.0, 0.3), min_size=60, max_size=300))
def test_no_second_holds_more_calls_than_discord_takes_and_none_waits_without_need(gaps: list[float]) -> None:
    made: list[float] = []
    now = 0.0

    async def note(seconds: float) -> None:
        made[-1] = now + seconds

    async def call_often() -> None:
        nonlocal now
        pace = CallPace(now=lambda: now, sleep=note)
        for gap in gaps:
            now += gap
            made.append(now)
            await pace.wait()
            assert made[-1] == now or made[-1] - made[-1 - MAX_CALLS] <= 1.06

    asyncio.run(call_often())
    assert made == sorted(made)
    assert all(later - earlier > 1.0 for earlier, later in zip(made, made[MAX_CALLS:], strict=False))


async def test_what_can_be_done_without_steps_back_when_calls_are_many() -> None:
    pace = CallPace(now=lambda: 0.0)
    had_room, left = [], []
    for _ in range(MAX_CALLS):
        had_room.append(pace.has_room())
        left.append(pace.calls_left())
        await pace.wait()
    assert [*left, pace.calls_left()] == list(range(MAX_CALLS, -1, -1))
    assert had_room == [True] * (MAX_CALLS // 2) + [False] * (MAX_CALLS // 2)
