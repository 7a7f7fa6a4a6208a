"""Replies that people see at once and whole: where nothing can be edited, and where there was nothing to edit yet."""

import asyncio

import pytest

from adapters.contract import RouteShown, SourceLink, SourcesShown
from adapters.editor import CLOSING_TEXT
from adapters.errors import Unreachable
from adapters.limits import Action
from tests.fakes.live_chat import LiveChat, done, open_chat
from tests.fakes.virtual_time import run_virtual

TEXT = "It takes **five to ten** business days.\n\n" * 20
TEXT = TEXT.strip()


@pytest.mark.parametrize("seconds", [4.0, 60.0])
def test_where_nothing_can_be_edited_a_reply_is_posted_once_and_whole(seconds: float) -> None:
    async def scene() -> LiveChat:
        async with open_chat() as chat:
            chat.platform.uneditable = frozenset({chat.address})
            reply = chat.open_reply()
            await chat.stream(reply, TEXT, seconds=seconds)
            reply.show(done(TEXT))
            assert (await reply.wait()).error is None
        return chat

    chat = run_virtual(scene())
    assert chat.texts == [TEXT]
    assert chat.platform.calls == 1


def test_where_nothing_can_be_edited_a_stopped_reply_shows_what_it_had() -> None:
    async def scene() -> LiveChat:
        async with open_chat() as chat:
            chat.platform.uneditable = frozenset({chat.address})
            reply = chat.open_reply()
            await chat.stream(reply, TEXT)
            reply.stop("*Stopped.*")
            await reply.wait()
        return chat

    chat = run_virtual(scene())
    assert chat.texts == [f"{TEXT}\n\n*Stopped.*"]


def test_a_late_answer_that_is_posted_whole_is_noticed_by_itself() -> None:
    def unreachable_for_long(action: Action, number: int) -> Unreachable | None:
        return Unreachable() if action is Action.POST and number < 8 else None

    async def scene() -> LiveChat:
        async with open_chat(fault=unreachable_for_long) as chat:
            reply = chat.open_reply()
            await chat.stream(reply, TEXT)
            await asyncio.sleep(40.0)
            reply.show(done(TEXT))
            await reply.wait()
        return chat

    chat = run_virtual(scene())
    assert CLOSING_TEXT not in chat.texts
    assert "".join(chat.texts) == TEXT


def test_the_route_is_told_with_the_sources_below_the_last_message() -> None:
    async def scene() -> LiveChat:
        async with open_chat() as chat:
            reply = chat.open_reply()
            reply.show(RouteShown("billing", "Billing", 0.9, "local", "refunds"))
            await chat.stream(reply, TEXT)
            reply.show(SourcesShown((SourceLink(1, "Refunds", "https://d.example/r"),)))
            reply.show(done(TEXT))
            await reply.wait()
        return chat

    chat = run_virtual(scene())
    frames = [content for _, content in chat.platform.messages[0].frames]
    assert [content.route for content in frames if content.is_live] == [""] * (len(frames) - 1)
    assert frames[-1].route == "Billing"
    assert frames[-1].sources
