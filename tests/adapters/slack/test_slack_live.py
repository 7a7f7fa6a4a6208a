"""Live replies on a loopback Slack, over real sockets: whatever goes wrong, the answer is there once and complete."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.contract import Address, MessageReference, RouteShown, SourceLink, SourcesShown, StatusShown, TextAdded
from adapters.editor import MessageEditor
from adapters.live import Delivery
from adapters.scheduler import ReplyScheduler
from adapters.slack.addresses import Place, build_address
from tests.adapters.slack.slack_stage import SlackStage, open_stage
from tests.fakes.hostile_texts import write_hostile
from tests.fakes.live_chat import done
from tests.servers.slack.faults import Broken, Fault, Limited, Lost, Malformed, Refuse, Reset

TEXT = "The refund is paid to the original method.\n\nIt takes **five to ten** business days, see [1]."
POST, EDIT, START, STOP = "chat.postMessage", "chat.update", "chat.startStream", "chat.stopStream"


def is_large(call: Mapping[str, Any]) -> bool:
    return len(str(call["blocks"])) > 6_000


@dataclass
class Live:
    """The scheduler at work; `stored` is what the bot would find after a crash."""

    scheduler: ReplyScheduler
    may_ping: frozenset[str]
    stored: dict[int, MessageReference] = field(default_factory=dict)

    async def store(self, reference: MessageReference, index: int) -> None:
        self.stored[index] = reference

    def open_reply(self, address: Address, *, attempt: int = 1) -> MessageEditor:
        references = tuple(self.stored.values())
        return self.scheduler.open_reply(
            address,
            "turn",
            on_posted=self.store,
            references=references,
            may_ping=self.may_ping,
            attempt=attempt,
        )


@asynccontextmanager
async def open_live(chat: SlackStage) -> AsyncIterator[Live]:
    async with asyncio.TaskGroup() as group:
        live = Live(ReplyScheduler(chat.platform, clock=asyncio.get_running_loop().time), frozenset({chat.asker.id}))
        serving = group.create_task(live.scheduler.run())
        yield live
        serving.cancel()


async def answer(chat: SlackStage, text: str = TEXT, *, until: Callable[[], object] = bool) -> Delivery:
    """Show the first half, wait for what must be on screen by then, and show the rest."""
    async with open_live(chat) as live:
        reply = live.open_reply(chat.address)
        reply.show(RouteShown("billing", "Billing", 0.9, "local", "refunds"))
        reply.show(TextAdded(text[: len(text) // 2]))
        await chat.slack.until(until)
        reply.show(SourcesShown((SourceLink(1, "Refunds", "https://d.example/r"),)))
        reply.show(done(text))
        return await reply.wait()


async def test_a_reply_is_posted_edited_and_completed(chat: SlackStage) -> None:
    delivery = await answer(chat, until=lambda: chat.replies)
    assert delivery.error is None
    assert chat.texts == [TEXT]
    (shown,) = chat.slack.replies(chat.channel, chat.question.ts)
    assert shown.context == ("Billing", "[1] Refunds")
    assert [button.action_id for button in shown.buttons] == [
        "firstline_helpful",
        "firstline_unhelpful",
        "firstline_person",
    ]
    assert len(chat.called(POST)) == 1


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        (POST, Lost()),
        (POST, Malformed()),
        (POST, Broken(503)),
        (POST, Reset()),
        (POST, Limited(1)),
        (EDIT, Lost()),
        (EDIT, Limited(1, as_200=True)),
    ],
)
async def test_an_answer_is_there_once_whatever_a_call_meets(chat: SlackStage, method: str, fault: Fault) -> None:
    chat.slack.faults.plan(method, fault)
    delivery = await answer(chat, until=lambda: chat.replies)
    assert delivery.error is None
    assert chat.texts == [TEXT]
    assert chat.slack.faults.struck == [(method, fault)]


@pytest.mark.parametrize("fault", [None, Lost(), Broken(503), Refuse("channel_type_not_supported"), Limited(1)])
@pytest.mark.parametrize("method", [START, STOP])
async def test_a_streamed_answer_is_there_once_whatever_a_call_meets(method: str, fault: Fault | None) -> None:
    async with open_stage(streams=True) as chat:
        if fault is not None:
            chat.slack.faults.plan(method, fault)
        delivery = await answer(chat, until=lambda: chat.replies)
        assert delivery.error is None
        assert chat.texts == [TEXT]
        (shown,) = chat.slack.replies(chat.channel, chat.question.ts)
        assert shown.context == ("Billing", "[1] Refunds")
        assert len(chat.called(START)) in {1, 2}


async def test_a_text_that_slack_finds_too_long_goes_out_in_more_messages(chat: SlackStage) -> None:
    for method in (POST, EDIT):
        chat.slack.faults.plan(method, Refuse("msg_too_long"), times=None, when=is_large)
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 60 for number in range(30)).strip()
    delivery = await answer(chat, text, until=lambda: chat.slack.faults.struck or chat.replies)
    assert delivery.error is None
    assert len(chat.texts) > 1
    assert "".join("".join(chat.texts).split()) == "".join(text.split())


async def test_a_retaken_reply_finds_what_was_posted_before_the_crash(chat: SlackStage) -> None:
    async with open_live(chat) as first:
        reply = first.open_reply(chat.address)
        reply.show(TextAdded("The refund"))
        await chat.slack.until(lambda: chat.replies)
    async with open_live(chat) as second:
        reply = second.open_reply(chat.address, attempt=2)
        reply.show(done(TEXT))
        delivery = await reply.wait()
    assert delivery.error is None
    assert chat.texts == [TEXT]


async def test_a_private_reply_goes_out_once_and_whole(chat: SlackStage) -> None:
    url, _ = chat.slack.responses.open(chat.slack.team, chat.channel.id, chat.asker.id)
    address = build_address(Place(chat.slack.team.id, chat.channel.id, "", chat.asker.id, url))
    async with open_live(chat) as live:
        reply = live.open_reply(address)
        reply.show(TextAdded(TEXT[:20]))
        reply.show(done(TEXT))
        delivery = await reply.wait()
    assert delivery.error is None
    assert [shown.text for shown in chat.slack.ephemerals(chat.asker)] == [TEXT]
    assert len(chat.called("response_url")) == 1


async def test_the_status_shows_life_before_the_first_word(chat: SlackStage) -> None:
    async with open_live(chat) as live:
        reply = live.open_reply(chat.address)
        reply.show(StatusShown("is searching the documents"))
        await chat.slack.until(lambda: chat.slack.status(chat.channel, chat.question.ts))
        reply.show(done(TEXT))
        await reply.wait()
    assert chat.slack.status(chat.channel, chat.question.ts) == ""


async def test_no_hostile_text_pings_anybody(chat: SlackStage) -> None:
    rng = random.Random(7)
    for number in range(40):
        place = Place(chat.slack.team.id, chat.slack.add_channel(f"c{number}", chat.asker).id)
        async with open_live(chat) as live:
            text = write_hostile(rng)
            reply = live.open_reply(build_address(place))
            reply.show(SourcesShown((SourceLink(1, write_hostile(rng), f"https://d.example/{write_hostile(rng)}"),)))
            reply.show(done(text))
            assert (await reply.wait()).error is None
    assert len(chat.slack.notices) >= 40
    assert chat.slack.pings() == []
