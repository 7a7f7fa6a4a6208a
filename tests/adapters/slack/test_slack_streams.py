"""Native streams: the same answer, however it came to the screen."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.contract import Content, MessageReference, SourceLink
from adapters.errors import RateLimited, ResponseLost
from adapters.slack.adapter import SlackPlatform, open_slack_platform
from adapters.slack.addresses import build_address
from tests.adapters.slack.slack_stage import SlackStage, open_stage
from tests.fakes.manual_clock import ManualClock
from tests.servers.slack.faults import Broken, Fault, Limited, Lost, Refuse, Reset
from tests.servers.slack.limits import GENEROUS

START, APPEND, STOP, UPDATE, POST = (
    "chat.startStream",
    "chat.appendStream",
    "chat.stopStream",
    "chat.update",
    "chat.postMessage",
)


@pytest.fixture
async def chat() -> AsyncIterator[SlackStage]:
    async with open_stage(streams=True) as stage:
        yield stage


def frame(chat: SlackStage, text: str, *, settled: int | None = None) -> Content:
    return Content(
        text, is_live=True, may_ping=frozenset({chat.asker.id}), settled=len(text) if settled is None else settled
    )


def end(chat: SlackStage, text: str) -> Content:
    sources = (SourceLink(1, "Refunds", "https://d.example/r"),)
    return Content(text, may_ping=frozenset({chat.asker.id}), sources=sources)


def made(chat: SlackStage) -> list[str]:
    return [call.method for call in chat.slack.calls if call.method.startswith("chat.")]


async def test_a_reply_grows_and_ends_with_what_belongs_below_it(chat: SlackStage) -> None:
    reference = (await chat.platform.post(chat.address, frame(chat, "The re"), key="t1:0")).reference
    await chat.platform.edit(reference, frame(chat, "The refund"))
    await chat.platform.edit(reference, end(chat, "The refund is paid."))
    assert made(chat) == [START, APPEND, STOP]
    (shown,) = chat.slack.replies(chat.channel, chat.question.ts)
    assert (shown.text, shown.context) == ("The refund is paid.", ("[1] Refunds",))
    assert len(shown.buttons) == 3
    assert await chat.platform.find(chat.address, "t1:0") == reference


async def test_only_what_will_stay_is_streamed(chat: SlackStage) -> None:
    first = frame(chat, "Some **bold te**", settled=14)
    reference = (await chat.platform.post(chat.address, first, key="t1:0")).reference
    assert chat.texts == ["Some **bold te"]
    await chat.platform.edit(reference, frame(chat, "Some **bold text** here"))
    assert chat.texts == ["Some **bold text** here"]


async def test_a_text_that_turns_out_otherwise_is_edited(chat: SlackStage) -> None:
    reference = (await chat.platform.post(chat.address, frame(chat, "The re"), key="t1:0")).reference
    await chat.platform.edit(reference, frame(chat, "Another"))
    await chat.platform.edit(reference, end(chat, "Another text"))
    assert made(chat) == [START, STOP, UPDATE, UPDATE]
    assert chat.texts == ["Another text"]


async def test_an_answer_that_is_complete_at_once_is_posted(chat: SlackStage) -> None:
    await chat.platform.post(chat.address, end(chat, "All of it"), key="t1:0")
    assert made(chat) == [POST]


async def test_without_a_person_to_write_for_nothing_is_streamed(chat: SlackStage) -> None:
    await chat.platform.post(chat.address, replace(frame(chat, "The re"), may_ping=frozenset()), key="t1:0")
    assert made(chat) == [POST]


async def test_a_stream_ends_before_slack_would_end_it(chat: SlackStage) -> None:
    clock = ManualClock()
    async with open_slack_platform(chat.settings, clock=clock.now) as platform:
        reference = (await platform.post(chat.address, frame(chat, "one"), key="t1:0")).reference
        clock.advance(250)
        await platform.edit(reference, frame(chat, "one two"))
        await platform.edit(reference, end(chat, "one two three"))
    assert made(chat) == [START, STOP, UPDATE, UPDATE]
    assert chat.texts == ["one two three"]


async def test_a_reply_that_goes_on_in_a_further_message_ends_the_one_before(chat: SlackStage) -> None:
    await chat.platform.post(chat.address, frame(chat, "**one", settled=3), key="t1:0")
    await chat.platform.post(chat.address, frame(chat, "two"), key="t1:1")
    assert made(chat) == [START, STOP, START]
    assert chat.texts == ["**one", "two"]


async def test_where_streams_are_refused_replies_are_posted(chat: SlackStage) -> None:
    chat.slack.faults.plan(START, Refuse("channel_type_not_supported"))
    for number in range(2):
        await chat.platform.post(chat.address, frame(chat, f"part {number}"), key=f"t1:{number}")
    assert made(chat) == [START, POST, POST]
    assert chat.texts == ["part 0", "part 1"]


async def test_when_no_more_streams_may_begin_replies_are_posted(chat: SlackStage) -> None:
    chat.slack.faults.plan(START, Limited(30))
    for number in range(2):
        await chat.platform.post(chat.address, frame(chat, f"part {number}"), key=f"t1:{number}")
    assert made(chat) == [START, POST, POST]


async def test_a_stream_whose_beginning_was_lost_is_found_and_nothing_else_is(chat: SlackStage) -> None:
    assert await chat.platform.find(chat.address, "t1:0") is None
    chat.slack.faults.plan(START, Lost())
    with pytest.raises(ResponseLost):
        await chat.platform.post(chat.address, frame(chat, "The re"), key="t1:0")
    (lost,) = chat.replies
    found = await chat.platform.find(chat.address, "t1:0")
    assert found is not None
    assert found.message == lost.ts
    await chat.platform.edit(found, end(chat, "The refund"))
    assert chat.texts == ["The refund"]
    assert await chat.platform.find(chat.address, "t2:0") is None


@pytest.mark.parametrize("streams", [False, True])
async def test_a_stream_that_a_crash_left_open_is_completed(chat: SlackStage, streams: bool) -> None:
    reference = (await chat.platform.post(chat.address, frame(chat, "The re"), key="t1:0")).reference
    restarted = replace(chat.settings, streams=streams)
    async with open_slack_platform(restarted, clock=ManualClock().now) as platform:
        await platform.edit(reference, end(chat, "The refund"))
    assert chat.texts == ["The refund"]
    assert await chat.platform.find(chat.address, "t2:0") is None


@pytest.mark.parametrize("method", [APPEND, STOP])
@pytest.mark.parametrize("fault", [Lost(), Broken(500), Reset(), Refuse("message_not_in_streaming_state")])
async def test_the_last_call_shows_the_full_text_whatever_went_wrong(
    chat: SlackStage, method: str, fault: Fault
) -> None:
    reference = (await chat.platform.post(chat.address, frame(chat, "one"), key="t1:0")).reference
    chat.slack.faults.plan(method, fault)
    for content in (frame(chat, "one two"), end(chat, "one two three"), end(chat, "one two three")):
        try:
            await chat.platform.edit(reference, content)
        except ResponseLost:
            continue
    assert chat.slack.faults.struck
    assert chat.texts == ["one two three"]


async def test_a_limit_of_streams_is_told(chat: SlackStage) -> None:
    reference = (await chat.platform.post(chat.address, frame(chat, "one"), key="t1:0")).reference
    chat.slack.faults.plan(APPEND, Limited(4))
    with pytest.raises(RateLimited) as refused:
        await chat.platform.edit(reference, frame(chat, "one two"))
    assert refused.value.retry_after == 4
    await chat.platform.edit(reference, frame(chat, "one two"))
    assert chat.texts == ["one two"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.text("ab *`\n<@&", max_size=12), st.integers(0, 12)), min_size=1, max_size=6),
    st.text("ab *\n"),
)
async def test_whatever_the_frames_were_the_end_is_the_whole_text(frames: list[tuple[str, int]], last: str) -> None:
    async with open_stage(streams=True) as chat:
        reference = (await chat.platform.post(chat.address, frame(chat, "a"), key="t1:0")).reference
        for text, settled in frames:
            await chat.platform.edit(reference, frame(chat, text, settled=min(settled, len(text))))
        await chat.platform.edit(reference, end(chat, f"x{last}"))
        assert chat.texts == [f"x{last}"]


async def begin(chat: SlackStage, platform: SlackPlatform, number: int) -> MessageReference:
    await chat.slack.says(chat.asker, chat.channel, "next")
    thread = replace(chat.place, thread=[*chat.channel.messages][-1])
    return (await platform.post(build_address(thread), frame(chat, "The re"), key=f"t{number}:0")).reference


async def test_no_more_streams_begin_than_slack_allows(chat: SlackStage) -> None:
    for number in range(8):
        await begin(chat, chat.platform, number)
    assert made(chat) == [START] * 5 + [POST] * 3


async def test_no_more_streams_are_open_than_could_all_end_at_once(chat: SlackStage) -> None:
    clock, limits = ManualClock(), chat.slack.limits
    limits.clock, limits.post_per_channel = clock.now, GENEROUS
    async with open_slack_platform(chat.settings, clock=clock.now) as platform:
        for number in range(4):
            live = [await begin(chat, platform, 8 * number + each) for each in range(6)]
            clock.advance(6)  # two more may begin, but as long as none ends no more could end
            live += [await begin(chat, platform, 8 * number + each) for each in (6, 7)]
            for reference in live:
                await platform.edit(reference, end(chat, "The refund is paid."))
            clock.advance(9)
    assert not limits.refused
    assert made(chat).count(START) == made(chat).count(STOP) > 10
