"""Answers that one person sees: they go out whole, once, by the best way that is left."""

from dataclasses import replace

import pytest

from adapters.contract import Address, Content, MessageReference
from adapters.errors import MessageGone, RateLimited
from adapters.slack import actions
from adapters.slack.addresses import Place, build_address
from tests.adapters.slack.slack_stage import SlackStage
from tests.servers.slack.faults import Refuse

ANSWER = Content("It takes five days.")
KEY = "t1:0"


async def private_place(chat: SlackStage) -> Place:
    """Return the place of a command that the asker has just typed."""
    url, _ = chat.slack.responses.open(chat.slack.team, chat.channel.id, chat.asker.id)
    return Place(chat.slack.team.id, chat.channel.id, "", chat.asker.id, url)


@pytest.fixture
async def address(chat: SlackStage) -> Address:
    return build_address(await private_place(chat))


async def test_an_answer_to_a_command_is_for_its_asker_alone(chat: SlackStage, address: Address) -> None:
    await chat.platform.post(address, ANSWER, key=KEY)
    (shown,) = chat.slack.ephemerals(chat.asker)
    assert shown.text == ANSWER.text
    assert {button.value for button in shown.buttons} == {"t1"}
    assert shown.button(actions.SHARE)
    assert len(chat.slack.messages(chat.channel)) == 1


async def test_what_is_still_being_written_is_held_back(chat: SlackStage, address: Address) -> None:
    live = await chat.platform.post(address, replace(ANSWER, is_live=True), key=KEY)
    await chat.platform.edit(live.reference, replace(ANSWER, is_live=True))
    assert chat.slack.ephemerals(chat.asker) == []
    await chat.platform.edit(live.reference, ANSWER)
    assert [shown.text for shown in chat.slack.ephemerals(chat.asker)] == [ANSWER.text]


async def test_the_same_answer_is_not_shown_twice(chat: SlackStage, address: Address) -> None:
    receipt = await chat.platform.post(address, ANSWER, key=KEY)
    await chat.platform.edit(receipt.reference, ANSWER)
    await chat.platform.post(address, ANSWER, key=KEY)
    assert len(chat.slack.ephemerals(chat.asker)) == 1


async def test_a_used_up_address_is_followed_by_an_ephemeral_message(chat: SlackStage, address: Address) -> None:
    for number in range(7):
        await chat.platform.post(address, Content(f"part {number}"), key=f"t1:{number}")
    assert [shown.text for shown in chat.slack.ephemerals(chat.asker)] == [f"part {number}" for number in range(7)]
    assert len(chat.called("chat.postEphemeral")) == 2


async def test_where_the_bot_is_no_member_the_answer_comes_as_a_direct_message(chat: SlackStage) -> None:
    channel = chat.slack.add_channel("closed", chat.asker, with_bot=False)
    address = build_address(Place(chat.slack.team.id, channel.id, "", chat.asker.id, f"{chat.slack.url}/respond/0"))
    opening = (await private_place(chat)).response_url
    assert opening.endswith("/respond/0")
    chat.slack.responses.openings[0].uses = 5
    await chat.platform.post(address, ANSWER, key=KEY)
    (shown,) = chat.slack.messages(chat.slack.dm(chat.asker))
    assert shown.text == ANSWER.text
    with pytest.raises(AssertionError):
        shown.button(actions.SHARE)


async def test_a_limit_is_waited_for_rather_than_evaded(chat: SlackStage) -> None:
    place = replace(await private_place(chat), response_url="")
    chat.slack.faults.plan("chat.postEphemeral", Refuse("ratelimited"))
    with pytest.raises(RateLimited):
        await chat.platform.post(build_address(place), ANSWER, key=KEY)
    assert chat.slack.messages(chat.slack.dm(chat.asker)) == []


async def test_a_file_for_one_person_is_a_direct_message(chat: SlackStage, address: Address) -> None:
    await chat.platform.upload(address, "answer.md", "all of it", key="t1:-1")
    (shown,) = chat.slack.messages(chat.slack.dm(chat.asker))
    assert shown.files == (("answer.md", "all of it"),)


async def test_what_is_private_can_be_neither_found_nor_linked_nor_edited(chat: SlackStage, address: Address) -> None:
    receipt = await chat.platform.post(address, ANSWER, key=KEY)
    assert not chat.platform.may_edit(address)
    assert chat.platform.may_edit(chat.address)
    assert await chat.platform.find(address, KEY) is None
    with pytest.raises(MessageGone):
        await chat.platform.link_to(receipt.reference)
    await chat.platform.delete(MessageReference(address, receipt.reference.message))
    assert len(chat.slack.ephemerals(chat.asker)) == 1
