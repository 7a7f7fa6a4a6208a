"""How fast the bot comes back to Discord, on a clock of the test's own."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

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
