from contextlib import ExitStack

import pytest

from agents.models.pace import MAX_SECONDS, ReadingPace


def seconds_with(streams: int) -> float:
    pace = ReadingPace()
    with ExitStack() as reading:
        for _ in range(streams):
            reading.enter_context(pace.reading())
        return pace.seconds


def test_few_streams_are_read_as_they_come() -> None:
    assert [seconds_with(streams) for streams in range(5)] == [0.0] * 5


def test_many_streams_together_are_read_five_hundred_times_a_second() -> None:
    for streams in (10, 20, 50):
        assert streams / seconds_with(streams) == pytest.approx(500)


def test_each_stream_is_read_ten_times_a_second_at_least() -> None:
    assert seconds_with(10_000) == MAX_SECONDS == 0.1


def test_a_stream_that_has_ended_counts_no_more() -> None:
    pace = ReadingPace()
    for _ in range(100):
        with pace.reading():
            pass
    assert pace.seconds == 0.0
