"""What one live reply promises, through faults, resets, stops and restarts."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contract import ReplyFailed, SourceLink, SourcesShown, StatusShown, TextAdded, TextReset
from adapters.errors import (
    AdapterError,
    MessageGone,
    MessageTooLong,
    NotPermitted,
    RateLimited,
    ResponseLost,
    Unreachable,
)
from adapters.limits import Action, Scope, build_discord_limits, build_slack_limits
from tests.fakes.live_chat import LiveChat, done, open_chat
from tests.fakes.markdown_texts import write_markdown
from tests.fakes.simulated_platform import Fault
from tests.fakes.virtual_time import run_virtual

TEXT = "The refund is paid to the original method.\n\nIt takes **five to ten** business days, see [1].\n\n" * 4
TEXT = TEXT.strip()


def in_chat(scene: Callable[[LiveChat], Awaitable[None]], *, fault: Fault | None = None) -> LiveChat:
    async def run() -> LiveChat:
        async with open_chat(fault=fault) if fault else open_chat() as chat:
            await scene(chat)
        return chat

    return run_virtual(run())


async def answer(chat: LiveChat) -> None:
    reply = chat.open_reply()
    await chat.stream(reply, TEXT)
    reply.show(done(TEXT))
    delivery = await reply.wait()
    assert delivery.error is None
    assert [reference.message for reference in delivery.references] == [
        shown.reference.message for shown in chat.platform.messages if not shown.is_deleted
    ]


def test_the_last_edit_equals_the_full_text() -> None:
    chat = in_chat(answer)
    assert chat.texts == [TEXT]
    assert not chat.platform.messages[0].content.is_live
    assert chat.platform.overlaps == 0


def test_every_frame_is_closed_and_none_shows_text_that_is_not_there() -> None:
    chat = in_chat(answer)
    frames = [content.text for _, content in chat.platform.messages[0].frames]
    assert len(frames) > 5
    assert all(frame.count("**") % 2 == 0 for frame in frames)
    assert all(TEXT.startswith(frame.rstrip("*").rstrip()) for frame in frames)


def test_a_reference_is_stored_before_the_next_call_is_made() -> None:
    order: list[str] = []

    async def scene(chat: LiveChat) -> None:
        async def store(*_: object) -> None:
            await asyncio.sleep(2)
            order.append("stored")

        chat.platform.on_change = lambda _: order.append("frame")
        reply = chat.scheduler.open_reply(chat.address, "turn", on_posted=store)
        await chat.stream(reply, TEXT)
        reply.show(done(TEXT))
        await reply.wait()

    in_chat(scene)
    assert order[:2] == ["frame", "stored"]
    assert order.count("frame") > 2


def test_a_reset_replaces_the_text_in_the_same_message() -> None:
    async def scene(chat: LiveChat) -> None:
        reply = chat.open_reply()
        await chat.stream(reply, "A wrong beginning of another model, which is void.", seconds=2)
        reply.show(TextReset("model failed"))
        await chat.stream(reply, TEXT)
        reply.show(done(TEXT))
        await reply.wait()

    assert in_chat(scene).texts == [TEXT]


def test_a_stopped_reply_keeps_its_text_within_a_second() -> None:
    async def scene(chat: LiveChat) -> None:
        reply = chat.open_reply()
        await chat.stream(reply, TEXT[:80])
        reply.stop("Stopped.")
        stopped_at = asyncio.get_running_loop().time()
        await reply.wait()
        assert asyncio.get_running_loop().time() - stopped_at < 1
        reply.show(TextAdded("never seen"))

    assert in_chat(scene).texts == [TEXT[:80].strip() + "\n\nStopped."]


def test_a_reply_that_is_stopped_before_its_first_word_posts_nothing() -> None:
    async def scene(chat: LiveChat) -> None:
        reply = chat.open_reply()
        reply.stop()
        delivery = await reply.wait()
        assert delivery.references == ()

    assert in_chat(scene).texts == []


def test_a_failure_keeps_the_partial_text_and_adds_the_message() -> None:
    async def scene(chat: LiveChat) -> None:
        reply = chat.open_reply()
        await chat.stream(reply, "Half an answer")
        reply.show(ReplyFailed("That did not work. Reference: ab12.", "ab12"))
        await reply.wait()

    assert in_chat(scene).texts == ["Half an answer\n\nThat did not work. Reference: ab12."]


def test_a_failure_in_the_middle_of_code_is_told_outside_of_it() -> None:
    async def scene(chat: LiveChat) -> None:
        reply = chat.open_reply()
        await chat.stream(reply, "```py\nprint(1)")
        reply.show(ReplyFailed("That did not work.", "ab12"))
        await reply.wait()

    assert in_chat(scene).texts == ["```py\nprint(1)\n```\n\nThat did not work."]


def test_the_final_text_wins_over_what_was_added() -> None:
    async def scene(chat: LiveChat) -> None:
        reply = chat.open_reply()
        await chat.stream(reply, TEXT + " [9]")
        reply.show(SourcesShown((SourceLink(1, "Refunds", "https://docs.example/refunds"),)))
        reply.show(done(TEXT))
        await reply.wait()

    chat = in_chat(scene)
    assert chat.texts == [TEXT]
    assert chat.platform.messages[0].content.sources[0].title == "Refunds"


def test_a_status_is_shown_while_nothing_is_on_screen() -> None:
    async def scene(chat: LiveChat) -> None:
        reply = chat.open_reply()
        reply.show(StatusShown("Searching the documents"))
        await asyncio.sleep(1)
        await chat.stream(reply, TEXT)
        reply.show(StatusShown("Too late"))
        reply.show(done(TEXT))
        await reply.wait()

    assert [text for _, text in in_chat(scene).platform.statuses] == ["Searching the documents"]


def test_a_long_answer_ends_with_a_new_message() -> None:
    async def scene(chat: LiveChat) -> None:
        reply = chat.open_reply()
        await chat.stream(reply, TEXT, seconds=40)
        reply.show(SourcesShown((SourceLink(1, "Refunds", "https://docs.example/refunds"),)))
        reply.show(done(TEXT))
        await reply.wait()

    chat = in_chat(scene)
    assert chat.texts[0] == TEXT
    assert len(chat.texts) == 2
    assert chat.platform.messages[-1].content.sources
    assert not chat.platform.messages[0].content.sources


def test_an_answer_below_which_people_wrote_ends_with_a_new_message() -> None:
    async def scene(chat: LiveChat) -> None:
        reply = chat.open_reply()
        await chat.stream(reply, TEXT)
        reply.notice_others()
        reply.show(done(TEXT))
        await reply.wait()

    assert len(in_chat(scene).texts) == 2


def test_a_resumed_reply_completes_the_same_message() -> None:
    async def scene(chat: LiveChat) -> None:
        first = chat.open_reply()
        await chat.stream(first, TEXT[:100])
        await asyncio.sleep(2)
        first.conclude("crash")
        reply = chat.open_reply(attempt=2, is_resumed=True)
        await chat.stream(reply, TEXT)
        reply.show(done(TEXT))
        await reply.wait()

    chat = in_chat(scene)
    assert chat.texts == [TEXT]
    assert len(chat.platform.messages) == 1


def test_a_resumed_reply_finds_the_post_whose_reference_was_never_stored() -> None:
    async def scene(chat: LiveChat) -> None:
        first = chat.open_reply()
        await chat.stream(first, TEXT[:100])
        await asyncio.sleep(2)
        first.conclude("crash")
        chat.stored.clear()
        reply = chat.open_reply(attempt=2, is_resumed=True)
        await chat.stream(reply, TEXT)
        reply.show(done(TEXT))
        await reply.wait()

    chat = in_chat(scene)
    assert chat.texts == [TEXT]
    assert len(chat.platform.messages) == 1
    assert list(chat.stored) == [0]


def test_a_resumed_reply_that_needs_fewer_messages_removes_the_rest() -> None:
    async def scene(chat: LiveChat) -> None:
        long_text = "word " * 700
        first = chat.open_reply("turn")
        first.show(done(long_text))
        await first.wait()
        reply = chat.open_reply("turn", attempt=2, is_resumed=True)
        reply.show(done("A short answer."))
        await reply.wait()

    async def run() -> LiveChat:
        async with open_chat(build_discord_limits()) as chat:
            await scene(chat)
        return chat

    chat = run_virtual(run())
    assert chat.texts == ["A short answer."]
    assert len(chat.platform.messages) == 2


def test_text_beyond_five_messages_goes_out_as_a_file() -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "word " * 100 for n in range(40)).strip()

    async def run() -> LiveChat:
        async with open_chat(build_discord_limits()) as chat:
            reply = chat.open_reply()
            await chat.stream(reply, text, seconds=20)
            reply.show(done(text))
            await reply.wait()
        return chat

    chat = run_virtual(run())
    assert len(chat.texts) == 5
    assert all(build_discord_limits().measure(shown) <= 2000 for shown in chat.texts)
    assert "attached file" in chat.texts[-1]
    assert [file_text for _, _, file_text in chat.platform.files] == [text]


@pytest.mark.parametrize("seed", range(6))
def test_random_faults_lose_nothing_and_double_nothing(seed: int) -> None:
    rng = random.Random(seed)
    faults: list[Callable[[], AdapterError]] = [
        lambda: RateLimited(2.0, Scope.WORKSPACE),
        Unreachable,
        ResponseLost,
    ]

    def fault(_action: Action, _number: int) -> AdapterError | None:
        return rng.choice(faults)() if rng.random() < 0.3 else None

    chat = in_chat(answer, fault=fault)
    assert "\n\n".join(chat.texts) == TEXT
    assert chat.platform.overlaps == 0


def test_a_post_whose_response_was_lost_is_looked_up_and_not_repeated() -> None:
    def fault(_action: Action, number: int) -> AdapterError | None:
        return ResponseLost() if number == 1 else None

    chat = in_chat(answer, fault=fault)
    assert chat.texts == [TEXT]
    assert len(chat.platform.messages) == 1
    assert chat.stored[0] == chat.platform.messages[0].reference


def test_a_refused_size_is_laid_out_smaller() -> None:
    def fault(_action: Action, number: int) -> AdapterError | None:
        return MessageTooLong() if number in {1, 2, 3} else None

    assert "".join("".join(in_chat(answer, fault=fault).texts).split()) == "".join(TEXT.split())


@pytest.mark.parametrize("error", [MessageGone(), NotPermitted("chat:write")])
def test_a_reply_that_can_not_be_shown_ends_with_the_class_of_the_error(error: AdapterError) -> None:
    def fault(_action: Action, number: int) -> AdapterError | None:
        return error if number > 1 else None

    async def scene(chat: LiveChat) -> None:
        reply = chat.open_reply()
        await chat.stream(reply, TEXT)
        reply.show(done(TEXT))
        assert (await reply.wait()).error == type(error).__name__

    in_chat(scene, fault=fault)


def test_a_429_pauses_every_reply_of_the_scope() -> None:
    refused_at: list[float] = []

    def fault(action: Action, _number: int) -> AdapterError | None:
        if action is Action.EDIT and not refused_at:
            refused_at.append(1.0)
            return RateLimited(5.0, Scope.WORKSPACE)
        return None

    async def scene(chat: LiveChat) -> None:
        async def one(name: str) -> None:
            address = replace(chat.address, channel=name)
            reply = chat.scheduler.open_reply(address, name, on_posted=chat.store)
            await chat.stream(reply, TEXT, seconds=8)
            reply.show(done(TEXT))
            await reply.wait()

        async with asyncio.TaskGroup() as group:
            group.create_task(one("a"))
            group.create_task(one("b"))

    chat = in_chat(scene, fault=fault)
    edits = sorted(at for shown in chat.platform.messages for at, _ in shown.frames[1:])
    assert max(later - earlier for earlier, later in pairwise(edits)) >= 4.5


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(min_value=0))
def test_any_markdown_arrives_whole_in_frames_that_fit(seed: int) -> None:
    rng = random.Random(seed)
    text = write_markdown(rng, rng.choice([100, 2000, 6000])).strip()
    limits = rng.choice([build_slack_limits(), build_discord_limits()])

    async def run() -> LiveChat:
        async with open_chat(limits) as chat:
            reply = chat.open_reply()
            await chat.stream(reply, text, seconds=rng.choice([1.0, 10.0]))
            reply.show(done(text))
            await reply.wait()
        return chat

    chat = run_virtual(run())
    frames = [content.text for shown in chat.platform.messages for _, content in shown.frames]
    assert all(limits.measure(frame) <= limits.max_size for frame in frames)
    shown = iter("".join(chat.texts))
    assert all(character in shown for character in text if not character.isspace() and character != ">")


def test_the_log_names_the_permission_that_an_operator_must_give(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with open_chat(fault=lambda *_: NotPermitted("Send Messages")) as chat:
            reply = chat.open_reply()
            reply.show(done("The answer."))
            assert (await reply.wait()).error == "NotPermitted"

    run_virtual(scene())
    assert [record.message for record in caplog.records] == [
        "turn turn stays incomplete on its platform: not permitted: Send Messages"
    ]


def test_no_error_is_without_words() -> None:
    assert [str(MessageGone()), str(Unreachable()), str(NotPermitted("a"))] == [
        "MessageGone",
        "Unreachable",
        "not permitted: a",
    ]
