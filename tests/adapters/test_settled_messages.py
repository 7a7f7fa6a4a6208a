"""Messages that a reply has left behind: at its end none of them looks as if more were to come."""

import asyncio
from dataclasses import replace

import pytest

from adapters.contract import Content, TextAdded
from adapters.errors import AdapterError, MessageGone, RateLimited, Unreachable
from adapters.limits import Action, Scope, build_discord_limits
from tests.fakes.live_chat import LiveChat, done, open_chat
from tests.fakes.virtual_time import run_virtual

# Two messages' worth, and the first of them complete while the second is written.
TEXT = "\n\n".join(
    f"Paragraph {number} of the answer, which is long enough. " + "word " * 40 for number in range(90)
).strip()


def stream_two_messages(*failures: AdapterError) -> LiveChat:
    """Stream a reply; once it has ended, the next edits fail."""
    left = list(failures)

    async def scene() -> LiveChat:
        async with open_chat() as chat:
            reply = chat.open_reply()
            await chat.stream(reply, TEXT, seconds=20.0)
            await asyncio.sleep(15.0)
            reply.show(done(TEXT))
            await reply.wait()
            chat.platform.fault = lambda action, _: left.pop(0) if action is Action.EDIT and left else None
            await asyncio.sleep(60.0)
        return chat

    return run_virtual(scene())


def test_a_reply_elsewhere_does_not_hold_up_a_channel_with_calls_of_its_own() -> None:
    text = TEXT[:3_000]

    async def scene() -> LiveChat:
        async with open_chat(build_discord_limits()) as chat:
            elsewhere = replace(chat, address=replace(chat.address, channel="elsewhere"), stored={})
            still_live = elsewhere.open_reply("other")
            still_live.show(TextAdded("It takes long."))
            reply = chat.open_reply()
            await chat.stream(reply, text, seconds=20.0)
            reply.show(done(text))
            await reply.wait()
            await asyncio.sleep(60.0)
            assert not still_live.is_concluded
        return chat

    chat = run_virtual(scene())
    frames = [shown.content for shown in chat.platform.messages if shown.reference.address == chat.address]
    assert [content.is_live for content in frames] == [False, False]


def last_frames(chat: LiveChat) -> list[Content]:
    return [shown.content for shown in chat.platform.messages]


def test_no_message_looks_live_when_the_reply_has_ended() -> None:
    frames = last_frames(stream_two_messages())
    assert len(frames) > 1
    assert [content.is_live for content in frames] == [False] * len(frames)
    assert [content.is_last for content in frames] == [False] * (len(frames) - 1) + [True]


@pytest.mark.parametrize("failure", [RateLimited(3.0, Scope.WORKSPACE), Unreachable(), MessageGone()])
def test_it_is_left_at_that_when_the_platform_has_other_worries(failure: AdapterError) -> None:
    chat = stream_two_messages(failure)
    assert last_frames(chat)[0].is_live
    assert "".join("".join(chat.texts).split()).startswith("".join(TEXT.split()))
