import asyncio
from itertools import pairwise

from agents.frames import BUSY_FRAME_SECONDS, FrameBatcher
from tests.fakes.virtual_time import VirtualLoop, run_virtual

WORDS = [f"word{number} " for number in range(200)]


async def say_words(per_second: float, *, late: float = 0.0) -> list[tuple[float, str]]:
    """Return the frames of a stream and their times; `late` is how long other work keeps the loop before each."""
    loop = asyncio.get_running_loop()
    frames: list[tuple[float, str]] = []

    def emit(text: str) -> None:
        frames.append((loop.time(), text))

    batcher = FrameBatcher(emit)
    for word in WORDS:
        batcher.add(word)
        await asyncio.sleep(1 / per_second)
        if late and isinstance(loop, VirtualLoop):
            loop.pass_time(late)
    batcher.close()
    return frames


def test_nothing_is_lost_and_the_first_word_goes_out_at_once() -> None:
    frames = run_virtual(say_words(500))
    assert "".join(text for _, text in frames) == "".join(WORDS)
    assert frames[0] == (0.0, WORDS[0])


def test_a_model_at_fifty_words_a_second_is_followed_word_by_word() -> None:
    frames = run_virtual(say_words(50))
    assert len(frames) == len(WORDS)


def test_a_faster_model_is_joined_to_a_hundred_frames_a_second() -> None:
    frames = run_virtual(say_words(500))
    assert len(frames) <= 42
    assert max(later - earlier for (earlier, _), (later, _) in pairwise(frames)) <= 0.0125


def test_a_program_that_is_late_with_its_work_makes_fewer_frames_but_never_fewer_than_ten_a_second() -> None:
    frames = run_virtual(say_words(500, late=0.01))
    seconds = frames[-1][0]
    assert len(frames) < 40 * seconds
    assert len(frames) >= seconds / (BUSY_FRAME_SECONDS + 0.015)


def test_what_is_discarded_is_never_shown() -> None:
    async def discard() -> list[str]:
        frames: list[str] = []
        batcher = FrameBatcher(frames.append)
        batcher.add("one ")
        batcher.add("two ")
        batcher.discard()
        await asyncio.sleep(1)
        batcher.add("three")
        batcher.close()
        return frames

    assert run_virtual(discard()) == ["one ", "three"]
