"""What stands in a thread: what people wrote, what we posted, our files, and our status."""

import pytest

from adapters.contract import Content, ThreadMessage
from adapters.errors import RetryLater, Unreachable
from adapters.slack.adapter import open_slack_platform
from tests.adapters.slack.slack_stage import SlackStage
from tests.fakes.manual_clock import ManualClock
from tests.servers.slack.faults import Broken, Fault, Limited, Lost, Refuse, Reset


async def test_a_thread_is_read_as_people_saw_it(chat: SlackStage) -> None:
    bob = chat.slack.add_user("bob")
    chat.channel.members.add(bob.id)
    await chat.slack.says(bob, chat.channel, f"<@{chat.asker.id}> see *this*", thread_ts=chat.question.ts)
    await chat.platform.post(chat.address, Content("ours"), key="t0:0")
    asked = await chat.slack.mentions(bob, chat.channel, "and now?", thread_ts=chat.question.ts)
    await chat.slack.says(bob, chat.channel, "later", thread_ts=chat.question.ts)
    read = await chat.platform.read_thread(chat.address, before=f"slack:T1:C1:{asked}")
    first, second = read
    assert (first.author, first.name) == (chat.asker.id, "ada")
    assert first.text.endswith("How do refunds work?")
    assert second == ThreadMessage(bob.id, "bob", "@ada see **this**")


async def test_only_the_last_fifty_messages_are_read_however_many_there_are(chat: SlackStage) -> None:
    for number in range(450):
        await chat.slack.says(chat.asker, chat.channel, f"message {number}", thread_ts=chat.question.ts)
    asked = await chat.slack.says(chat.asker, chat.channel, "asked", thread_ts=chat.question.ts)
    read = await chat.platform.read_thread(chat.address, before=asked)
    assert [message.text for message in read] == [f"message {number}" for number in range(400, 450)]
    assert len(chat.called("users.info")) == 1


async def test_people_keep_their_ids_where_slack_tells_no_names(chat: SlackStage) -> None:
    asked = await chat.slack.says(chat.asker, chat.channel, "asked", thread_ts=chat.question.ts)
    chat.slack.faults.plan("users.info", Refuse("missing_scope"))
    (first,) = await chat.platform.read_thread(chat.address, before=asked)
    assert first.name == chat.asker.id


async def test_a_conversation_without_a_thread_has_nothing_before_it(chat: SlackStage) -> None:
    assert await chat.platform.read_thread(chat.address, before="no message") == ()
    assert await chat.platform.read_thread(chat.address, before=chat.question.ts) == ()


async def test_a_post_is_found_on_any_page(chat: SlackStage) -> None:
    receipt = await chat.platform.post(chat.address, Content("first"), key="t1:0")
    for number in range(250):
        await chat.slack.says(chat.asker, chat.channel, f"message {number}", thread_ts=chat.question.ts)
    later = await chat.platform.post(chat.address, Content("second"), key="t2:0")
    assert await chat.platform.find(chat.address, "t1:0") == receipt.reference
    assert await chat.platform.find(chat.address, "t2:0") == later.reference
    assert await chat.platform.find(chat.address, "t3:0") is None


async def test_an_edited_message_is_still_found(chat: SlackStage) -> None:
    receipt = await chat.platform.post(chat.address, Content("first"), key="t1:0")
    await chat.platform.edit(receipt.reference, Content("second"))
    assert await chat.platform.find(chat.address, "t1:0") == receipt.reference


@pytest.mark.parametrize("fault", [Broken(502), Limited(60), Limited(60, as_200=True)])
async def test_not_being_able_to_look_is_not_finding_nothing_and_pauses_no_posts(
    chat: SlackStage, fault: Fault
) -> None:
    chat.slack.faults.plan("conversations.replies", fault)
    with pytest.raises(Unreachable):
        await chat.platform.find(chat.address, "t1:0")


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("conversations.replies", Limited(3)),
        ("files.getUploadURLExternal", Broken(502)),
        ("files.completeUploadExternal", Reset()),
        ("files.completeUploadExternal", Lost()),
    ],
)
async def test_a_file_is_there_once_whatever_goes_wrong(chat: SlackStage, step: str, fault: Fault) -> None:
    chat.slack.faults.plan(step, fault)
    with pytest.raises(RetryLater):
        await chat.platform.upload(chat.address, "answer.md", "Grüße", key="t1:-1")
    await chat.platform.upload(chat.address, "answer.md", "Grüße", key="t1:-1")
    await chat.platform.upload(chat.address, "answer.md", "another", key="t2:-1")
    files = [shown.files for shown in chat.slack.replies(chat.channel, chat.question.ts)]
    assert files == [(("answer.md", "Grüße"),), (("answer.md", "another"),)]


async def test_a_status_is_shown_once_until_it_would_fade(chat: SlackStage) -> None:
    clock = ManualClock()
    async with open_slack_platform(chat.settings, clock=clock.now) as platform:
        for text in ("searching", "searching", "reading"):
            await platform.show_status(chat.address, text)
        assert chat.slack.status(chat.channel, chat.question.ts) == "reading"
        assert len(chat.called("assistant.threads.setStatus")) == 2
        clock.advance(110)
        await platform.show_status(chat.address, "reading")
        assert len(chat.called("assistant.threads.setStatus")) == 3
        await platform.post(chat.address, Content("first"), key="t1:0")
        await platform.show_status(chat.address, "reading")
        assert len(chat.called("assistant.threads.setStatus")) == 4


async def test_a_status_that_slack_refuses_is_not_missed(chat: SlackStage) -> None:
    clock = ManualClock()
    async with open_slack_platform(chat.settings, clock=clock.now) as platform:
        chat.slack.faults.plan("assistant.threads.setStatus", Limited(30), Refuse("channel_type_not_supported"))
        for text in ("one", "two"):
            await platform.show_status(chat.address, text)
        assert len(chat.called("assistant.threads.setStatus")) == 1
        clock.advance(31)
        for text in ("three", "four"):
            await platform.show_status(chat.address, text)
        assert len(chat.called("assistant.threads.setStatus")) == 2


async def test_a_person_is_named_without_a_mention(chat: SlackStage) -> None:
    named = chat.platform.name_person("U1", workspace="T1")
    assert named == "[U1](https://slack.com/app_redirect?channel=U1&team=T1)"
    await chat.platform.post(chat.address, Content(named), key="t1:0")
    assert chat.slack.pings() == []
