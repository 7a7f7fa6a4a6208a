"""Sources that stand in a message's own text: the reply keeps room for them."""

import asyncio
from dataclasses import dataclass

import pytest

from adapters.contract import Content, SourceLink, SourcesShown
from adapters.limits import build_discord_limits
from adapters.scheduler import ReplyScheduler
from tests.fakes.live_chat import LiveChat, done
from tests.fakes.simulated_platform import SimulatedPlatform
from tests.fakes.virtual_time import run_virtual

SOURCES = (SourceLink(1, "Refunds", "https://docs.example/refunds"),)


@dataclass
class NarrowPlatform(SimulatedPlatform):
    """A platform on which sources take 300 units of the text's room."""

    def footer_size(self, content: Content) -> int:
        return 300 * len(content.sources)


def answer(size: int, *, seconds: float = 2.0) -> list[Content]:
    """Return what stands in the channel after an answer of this size with a source."""

    async def scene() -> list[Content]:
        clock = asyncio.get_running_loop().time
        platform = NarrowPlatform(build_discord_limits(), clock, latency=lambda: 0.05)
        async with asyncio.TaskGroup() as group:
            chat = LiveChat(platform, ReplyScheduler(platform, clock=clock))
            serving = group.create_task(chat.scheduler.run())
            reply = chat.open_reply()
            await chat.stream(reply, "a" * size, seconds=seconds)
            reply.show(SourcesShown(SOURCES))
            reply.show(done("a" * size))
            delivery = await reply.wait()
            assert delivery.error is None
            assert len(delivery.references) == len(platform.visible(chat.address))
            serving.cancel()
        return [shown.content for shown in platform.messages if not shown.is_deleted]

    return run_virtual(scene())


@pytest.mark.parametrize("size", [100, 1700])
def test_sources_stand_below_the_text_where_there_is_room(size: int) -> None:
    (content,) = answer(size)
    assert (len(content.text), content.sources) == (size, SOURCES)


@pytest.mark.parametrize("size", [1701, 1970])
def test_sources_without_room_stand_in_a_message_of_their_own(size: int) -> None:
    text, sources = answer(size)
    assert (len(text.text), text.sources, text.is_last) == (size, (), False)
    assert (sources.text, sources.sources, sources.is_last) == ("", SOURCES, True)


def test_the_message_that_closes_a_long_answer_has_the_sources() -> None:
    text, closing = answer(1990, seconds=40.0)
    assert text.sources == ()
    assert closing.text
    assert closing.sources == SOURCES
