"""Golden traces: the calls of whole replies, kept as files, so that no change of what Slack is sent goes unseen."""

from pathlib import Path

import pytest

from adapters.contract import ReplyFailed, RouteShown, SourceLink, SourcesShown, StatusShown, TextAdded
from adapters.editor import MessageEditor
from adapters.slack.addresses import Place, build_address
from tests.adapters.slack.slack_stage import SlackStage
from tests.adapters.slack.test_slack_live import open_live
from tests.fakes.live_chat import done
from tests.servers.slack.faults import Lost
from tests.servers.slack.traces import assert_traced

TRACES = Path(__file__).parent / "traces"
SOURCES = SourcesShown((SourceLink(1, "Refunds", "https://docs.example/refunds#how"), SourceLink(2, "Fees", "fees.md")))
BEGINNING = "A refund is paid to the original method. "
END = "It takes **five to ten** business days [1], *without* a fee [2]."


async def begin(chat: SlackStage, reply: MessageEditor) -> None:
    """Show status and first words, one step after the other, so that every run makes the same calls."""
    reply.show(RouteShown("billing", "Billing", 0.9, "local", "refunds"))
    reply.show(StatusShown("is searching the documents"))
    await chat.slack.until(lambda: chat.slack.status(chat.channel, chat.question.ts))
    reply.show(TextAdded(BEGINNING))
    await chat.slack.until(lambda: chat.replies)


async def test_an_answer_with_sources(chat: SlackStage) -> None:
    async with open_live(chat) as live:
        reply = live.open_reply(chat.address)
        await begin(chat, reply)
        reply.show(SOURCES)
        reply.show(done(BEGINNING + END))
        await reply.wait()
    assert_traced(TRACES / "answer.txt", chat.slack.calls)


async def test_an_answer_that_is_stopped(chat: SlackStage) -> None:
    async with open_live(chat) as live:
        reply = live.open_reply(chat.address)
        await begin(chat, reply)
        reply.stop("Stopped.")
        await reply.wait()
    assert_traced(TRACES / "stopped.txt", chat.slack.calls)


async def test_an_answer_that_fails(chat: SlackStage) -> None:
    async with open_live(chat) as live:
        reply = live.open_reply(chat.address)
        await begin(chat, reply)
        reply.show(ReplyFailed("Something went wrong on my side.", "A1B2"))
        await reply.wait()
    assert_traced(TRACES / "failed.txt", chat.slack.calls)


async def test_a_long_answer_goes_on_in_a_second_message(chat: SlackStage) -> None:
    paragraphs = "\n\n".join(f"{number}. {'word ' * 100}".strip() for number in range(1, 25))
    async with open_live(chat) as live:
        reply = live.open_reply(chat.address)
        reply.show(done(paragraphs))
        await reply.wait()
    assert_traced(TRACES / "long.txt", chat.slack.calls)


async def test_a_post_whose_response_is_lost(chat: SlackStage) -> None:
    chat.slack.faults.plan("chat.postMessage", Lost())
    async with open_live(chat) as live:
        reply = live.open_reply(chat.address)
        reply.show(done(BEGINNING + END))
        await reply.wait()
    assert_traced(TRACES / "lost.txt", chat.slack.calls)


async def test_an_answer_for_one_person(chat: SlackStage) -> None:
    url, _ = chat.slack.responses.open(chat.slack.team, chat.channel.id, chat.asker.id)
    async with open_live(chat) as live:
        reply = live.open_reply(build_address(Place(chat.slack.team.id, chat.channel.id, "", chat.asker.id, url)))
        reply.show(SOURCES)
        reply.show(done(BEGINNING + END))
        await reply.wait()
    assert_traced(TRACES / "private.txt", chat.slack.calls)


def test_a_missing_trace_is_written_and_fails_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "trace.txt"
    with pytest.raises(AssertionError, match="written now"):
        assert_traced(path, [])
    assert_traced(path, [])
