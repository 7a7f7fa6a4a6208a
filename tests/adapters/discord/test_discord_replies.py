"""Whole replies: the scheduler over the adapter over sockets, as the program has them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from adapters.contract import (
    Address,
    MessageReference,
    ReplyDone,
    RouteShown,
    SourceLink,
    SourcesShown,
    StatusShown,
    TextAdded,
)
from adapters.editor import MessageEditor
from adapters.scheduler import ReplyScheduler
from tests.adapters.discord.stages import Speaking, loop_time, open_speaking
from tests.fakes.hostile_texts import finds_ping
from tests.servers.discord.faults import Fault, What
from tests.servers.discord.rates import Rule
from tests.servers.discord.world import ShiftedClock

TEXT = "The refund is paid to the original method [1].\n\nIt takes **five to ten** business days."
SOURCES = (SourceLink(1, "Refunds", "https://docs.example/refunds"),)


@dataclass
class Live:
    """A scheduler that serves, and the references that a bot would have stored."""

    speaking: Speaking
    scheduler: ReplyScheduler
    clock: ShiftedClock
    stored: dict[int, MessageReference] = field(default_factory=dict)

    async def store(self, reference: MessageReference, index: int) -> None:
        self.stored[index] = reference

    def open(self, turn: str = "t1", *, address: Address | None = None, attempt: int = 1) -> MessageEditor:
        where = address or self.speaking.address
        return self.scheduler.open_reply(where, turn, on_posted=self.store, attempt=attempt)


@asynccontextmanager
async def open_live() -> AsyncIterator[Live]:
    clock = ShiftedClock()
    async with open_speaking(clock) as speaking, asyncio.TaskGroup() as group:
        scheduler = ReplyScheduler(speaking.platform, clock=loop_time)
        serving = group.create_task(scheduler.run())
        yield Live(speaking, scheduler, clock)
        serving.cancel()


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    async with open_live() as live:
        yield live


def done(text: str) -> ReplyDone:
    return ReplyDone(text, "answered", "model", 1.0, 10, 10, None)


async def answer(reply: MessageEditor, text: str = TEXT, sources: tuple[SourceLink, ...] = SOURCES) -> None:
    reply.show(StatusShown("searching"))
    reply.show(RouteShown("billing", "Billing", 0.9, "local", "refund"))
    reply.show(TextAdded(text))
    reply.show(SourcesShown(sources))
    reply.show(done(text))
    delivery = await reply.wait()
    assert delivery.error is None


async def test_a_reply_is_streamed_and_ends_with_its_sources_its_route_and_feedback(live: Live) -> None:
    server = live.speaking.server
    reply = live.open()
    reply.show(StatusShown("searching"))
    await server.until(lambda: server.world.typing)
    reply.show(TextAdded("The refund is paid "))
    await server.until(lambda: live.speaking.texts() == ["The refund is paid"])
    (message,) = server.of_bot(server.channel)
    assert [button.label for button in message.buttons] == ["Stop"]
    reply.show(RouteShown("billing", "Billing", 0.9, "local", "refund"))
    reply.show(SourcesShown(SOURCES))
    reply.show(done(TEXT))
    assert (await reply.wait()).error is None
    assert live.speaking.texts() == [f"{TEXT}\n\n-# [1] [Refunds](<https://docs.example/refunds>)\n-# Billing"]
    assert [button.label for button in message.buttons] == ["Helpful", "Not helpful", "Talk to a person"]
    assert server.rates.refused == 0


async def test_a_lost_response_makes_no_second_message(live: Live) -> None:
    server = live.speaking.server
    server.faults.add(Fault("message.create", What.RESET, after_write=True))
    server.faults.add(Fault("message.edit", What.RESET, after_write=True))
    await answer(live.open())
    (text,) = live.speaking.texts()
    assert text.startswith(TEXT)


async def test_a_reply_that_is_taken_up_again_finds_the_post_whose_reference_was_lost(live: Live) -> None:
    server = live.speaking.server
    before = live.open()
    before.show(TextAdded("The refund is paid "))
    await server.until(lambda: live.speaking.texts() == ["The refund is paid"])
    live.clock.advance(3600)
    await answer(live.open(attempt=2))
    (text,) = live.speaking.texts()
    assert text.startswith(TEXT)
    before.stop()


async def test_two_replies_in_one_channel_share_its_limit_and_both_end(live: Live) -> None:
    server = live.speaking.server
    server.rates.rules["message.create"] = Rule(3, 1.0)
    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(answer(live.open(f"t{number}"), text=f"{number}: {TEXT}"))
    assert sorted(text[0] for text in live.speaking.texts()) == ["0", "1", "2", "3", "4"]
    assert all(TEXT in text for text in live.speaking.texts())
    assert server.rates.refused <= 3, "what is left is read from the headers, not found out by trying"


async def test_a_refusal_is_waited_for_and_nothing_is_lost(live: Live) -> None:
    server = live.speaking.server
    server.rates.rules["message.create"] = Rule(1, 0.5)
    for number in range(3):
        await answer(live.open(f"t{number}"), text=f"{number}: {TEXT}")
    assert [text[0] for text in live.speaking.texts()] == ["0", "1", "2"]


async def test_sources_that_do_not_fit_below_the_text_have_a_message_of_their_own(live: Live) -> None:
    text = ("A line of the answer that says something. " * 46).strip()
    many = tuple(SourceLink(number, f"Page {number}", f"https://docs.example/{'x' * 90}{number}") for number in (1, 2))
    await answer(live.open(), text=text, sources=many)
    first, second = live.speaking.texts()
    assert first == text
    assert second.splitlines() == [
        *(f"-# [{source.number}] [{source.title}](<{source.link}>)" for source in many),
        "-# Billing",
    ]
    messages = live.speaking.server.of_bot(live.speaking.server.channel)
    assert [bool(message.buttons) for message in messages] == [False, True]


async def test_an_answer_too_long_for_its_messages_comes_as_a_file_too(live: Live) -> None:
    live.speaking.server.rates.rules["message.create"] = Rule(10, 5.0)
    text = "\n\n".join(f"Paragraph {number}: " + "words and words " * 60 for number in range(14))
    await answer(live.open(), text=text, sources=())
    messages = live.speaking.server.of_bot(live.speaking.server.channel)
    files = [file for message in messages for file in message.attachments]
    assert [file.data.decode() for file in files] == [text]


async def test_a_hostile_answer_pings_nobody_in_any_frame(live: Live) -> None:
    server = live.speaking.server
    text = f"@everyone <@{server.person.id}> <@&{server.guild.id}> @here"
    reply = live.open()
    reply.show(TextAdded(text))
    await server.until(live.speaking.texts)
    await answer(reply, text=text)
    assert server.pings() == []
    assert [shown for shown in live.speaking.texts() if finds_ping(shown)] == []
