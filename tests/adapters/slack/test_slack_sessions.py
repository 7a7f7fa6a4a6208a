"""Slack's own Stop button: it stands while an answer is under way in a direct message, and at no other time."""

from dataclasses import replace

import pytest

from adapters.contract import Address, Content, Controls
from adapters.slack.addresses import Place, build_address
from tests.adapters.slack.slack_stage import SlackStage
from tests.servers.slack.faults import Broken, Fault, Limited, Lost, Refuse, Reset
from tests.servers.slack.limits import Rate

METHOD = "agents.sessions.setStatus"


async def ask_in_private(chat: SlackStage) -> tuple[Address, tuple[str, str]]:
    dm = chat.slack.dm(chat.asker)
    ts = await chat.slack.says(chat.asker, dm, "How do refunds work?")
    return build_address(Place(chat.slack.team.id, dm.id, ts)), (dm.id, ts)


async def test_the_button_stands_from_the_first_status_to_the_end_of_the_answer(chat: SlackStage) -> None:
    address, thread = await ask_in_private(chat)
    await chat.platform.show_status(address, "is searching")
    assert chat.slack.sessions[thread] == "processing"
    posted = await chat.platform.post(address, Content("so", is_live=True), key="t0:0")
    await chat.platform.edit(posted.reference, Content("so far", is_live=True))
    assert chat.slack.sessions[thread] == "processing"
    await chat.platform.edit(posted.reference, Content("so far, so good"))
    await chat.platform.edit(posted.reference, Content("so far, so good", route="Billing"))
    assert chat.slack.sessions[thread] == "active"
    assert len(chat.called(METHOD)) == 2


async def test_what_an_earlier_process_has_left_is_taken_away(chat: SlackStage) -> None:
    address, thread = await ask_in_private(chat)
    chat.slack.sessions[thread] = "processing"
    await chat.platform.post(address, Content("whole"), key="t0:0")
    assert chat.slack.sessions[thread] == "active"


async def test_channels_and_notices_have_no_session(chat: SlackStage) -> None:
    await chat.platform.show_status(chat.address, "is searching")
    await chat.platform.post(chat.address, Content("so far", is_live=True), key="t0:0")
    address, _ = await ask_in_private(chat)
    await chat.platform.post(address, replace(Content("a notice"), controls=Controls.NONE), key="t1:0")
    assert not chat.called(METHOD)


@pytest.mark.parametrize("fault", [Broken(), Reset(), Lost(), Limited(9), Refuse("missing_scope")], ids=str)
async def test_a_session_that_fails_fails_nothing_else(chat: SlackStage, fault: Fault) -> None:
    address, (dm, ts) = await ask_in_private(chat)
    chat.slack.faults.plan(METHOD, fault, times=None)
    await chat.platform.show_status(address, "is searching")
    await chat.platform.post(address, Content("whole"), key="t0:0")
    assert [shown.text for shown in chat.slack.replies(dm, ts)] == ["whole"]


async def test_each_button_that_is_shown_can_be_taken_away_within_the_limit(chat: SlackStage) -> None:
    chat.slack.limits.post_per_channel = Rate(6000, 100)
    addresses = [await ask_in_private(chat) for _ in range(12)]
    for address, _ in addresses:
        await chat.platform.show_status(address, "is searching")
    for number, (address, _) in enumerate(addresses):
        await chat.platform.post(address, Content("whole"), key=f"t{number}:0")
    assert not chat.slack.limits.refused
    assert "active" in chat.slack.sessions.values()
    assert "processing" not in chat.slack.sessions.values()
