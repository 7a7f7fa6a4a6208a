"""The adapter on a loopback Slack: the contract of every platform, and what is Slack's own."""

from collections.abc import AsyncIterator

import pytest

from adapters.contract import Content
from adapters.errors import MessageGone, MessageTooLong, NotPermitted, RateLimited, ResponseLost, Unreachable
from adapters.limits import Scope
from adapters.slack.adapter import open_slack_platform
from adapters.slack.settings import SlackSettings
from tests.adapters.slack.slack_stage import SlackStage, open_stage
from tests.contracts.platform import PlatformContract, Stage
from tests.servers.slack.faults import Broken, Limited, Lost, Malformed, Refuse, Reset


class TestSlackPlatform(PlatformContract):
    @pytest.fixture(params=[False, True], ids=["edits", "streams"])
    async def stage(self, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
        async with open_stage(streams=request.param) as chat:

            async def read() -> list[str]:
                return chat.texts

            yield Stage(chat.platform, chat.address, read)


async def test_a_reply_stands_in_the_thread_as_it_was_written(chat: SlackStage) -> None:
    await chat.platform.post(chat.address, Content("**Hi** @ada"), key="t1:0")
    (call,) = chat.called("chat.postMessage")
    assert call["thread_ts"] == chat.question.ts
    assert (call["parse"], call["link_names"], call["unfurl_links"]) == ("none", False, False)
    assert call["metadata"] == {"event_type": "firstline_turn", "event_payload": {"key": "t1:0"}}
    assert call["text"] == "Hi @ada"


async def test_an_answer_whose_question_is_deleted_does_not_stand_in_the_channel(chat: SlackStage) -> None:
    await chat.slack.deletes(chat.channel, chat.question.ts)
    with pytest.raises(MessageGone):
        await chat.platform.post(chat.address, Content("an answer to nobody"), key="t1:0")
    assert not chat.channel.messages


async def test_an_answer_that_can_not_be_taken_back_is_not_posted_again(chat: SlackStage) -> None:
    await chat.slack.deletes(chat.channel, chat.question.ts)
    chat.slack.faults.plan("chat.delete", Broken(500))
    with pytest.raises(MessageGone):
        await chat.platform.post(chat.address, Content("an answer to nobody"), key="t1:0")


@pytest.mark.parametrize("fault", [Lost(), Malformed(), Broken(500)])
async def test_a_post_that_may_have_been_done_is_lost(chat: SlackStage, fault: Lost | Malformed | Broken) -> None:
    chat.slack.faults.plan("chat.postMessage", fault)
    with pytest.raises(ResponseLost):
        await chat.platform.post(chat.address, Content("first"), key="t1:0")
    assert len(chat.called("chat.postMessage")) == 1


async def test_nothing_is_done_where_nobody_listens() -> None:
    settings = SlackSettings(bot_token="xoxb-1", api_url="http://127.0.0.1:9/api/")
    async with open_stage() as chat, open_slack_platform(settings, clock=lambda: 0.0) as platform:
        with pytest.raises(Unreachable):
            await platform.post(chat.address, Content("first"), key="t1:0")


@pytest.mark.parametrize("as_200", [False, True])
async def test_a_limit_pauses_what_it_counts_together(chat: SlackStage, as_200: bool) -> None:
    receipt = await chat.platform.post(chat.address, Content("first"), key="t1:0")
    chat.slack.faults.plan("chat.postMessage", Limited(7, as_200))
    chat.slack.faults.plan("chat.update", Limited(9, as_200))
    with pytest.raises(RateLimited) as post:
        await chat.platform.post(chat.address, Content("second"), key="t1:1")
    with pytest.raises(RateLimited) as edit:
        await chat.platform.edit(receipt.reference, Content("edited"))
    assert (post.value.scope, post.value.retry_after) == (Scope.CHANNEL, 7)
    assert (edit.value.scope, edit.value.retry_after) == (Scope.WORKSPACE, 9)
    assert len(chat.called("chat.update")) == 1


async def test_words_are_said_even_when_slack_refuses_their_layout(chat: SlackStage) -> None:
    chat.slack.faults.plan("chat.postMessage", Refuse("invalid_blocks"))
    receipt = await chat.platform.post(chat.address, Content("Use <b> & @here"), key="t1:0")
    (reply,) = chat.replies
    assert (reply.ts, reply.blocks) == (receipt.reference.message, [])
    assert reply.text == "Use &lt;b&gt; &amp; @\u2060here"
    assert reply.metadata is not None


async def test_what_is_too_long_is_not_cut(chat: SlackStage) -> None:
    chat.slack.faults.plan("chat.update", Refuse("msg_too_long"))
    receipt = await chat.platform.post(chat.address, Content("first"), key="t1:0")
    with pytest.raises(MessageTooLong):
        await chat.platform.edit(receipt.reference, Content("second"))


async def test_a_text_that_grows_on_the_wire_still_fits(chat: SlackStage) -> None:
    limits = chat.platform.limits
    for sign in '\n"é🙂':
        text = "x" + sign * ((limits.max_size - 1) // limits.measure(sign))
        await chat.platform.post(chat.address, Content(text), key=f"t1:{ord(sign)}")
    assert len(chat.replies) == 4


async def test_a_workspace_without_an_installation_is_not_called(chat: SlackStage) -> None:
    settings = SlackSettings(api_url=chat.slack.api_url)
    async with open_slack_platform(settings, clock=lambda: 0.0) as platform:
        with pytest.raises(NotPermitted, match="SLACK_BOT_TOKEN"):
            await platform.post(chat.address, Content("first"), key="t1:0")
    assert chat.called("chat.postMessage") == []


async def test_a_channel_that_is_archived_ends_the_reply(chat: SlackStage) -> None:
    chat.channel.is_archived = True
    with pytest.raises(MessageGone):
        await chat.platform.post(chat.address, Content("first"), key="t1:0")


async def test_a_message_has_a_link_and_a_private_one_has_none(chat: SlackStage) -> None:
    receipt = await chat.platform.post(chat.address, Content("first"), key="t1:0")
    link = await chat.platform.link_to(receipt.reference)
    assert link.startswith("https://")
    assert receipt.reference.message.replace(".", "") in link


async def test_reading_survives_a_lost_response_as_nothing_done(chat: SlackStage) -> None:
    receipt = await chat.platform.post(chat.address, Content("first"), key="t1:0")
    chat.slack.faults.plan("chat.getPermalink", Reset(), Broken(502), times=2)
    for _ in range(2):
        with pytest.raises(Unreachable):
            await chat.platform.link_to(receipt.reference)
