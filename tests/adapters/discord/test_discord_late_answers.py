"""Answers to interactions around the 15 minutes that their tokens live, on a clock that the tests put forward."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from adapters.contract import Address, Content, MessageReference, ReplyDone, TextAdded
from adapters.discord.adapter import open_platform
from adapters.discord.addresses import Interaction, build_address, read_interaction
from adapters.discord.answers import CLOSING_TEXT
from adapters.discord.late_answers import AWAITED_TEXT
from adapters.errors import AdapterError, NotPermitted
from adapters.scheduler import ReplyScheduler
from tests.adapters.discord.stages import Speaking, loop_time, open_speaking
from tests.contracts.platform import PlatformContract, Stage
from tests.servers.discord.faults import Fault, What
from tests.servers.discord.interactions import COMMAND, DEFER
from tests.servers.discord.permissions import Permission
from tests.servers.discord.records import EPHEMERAL, Overwrite
from tests.servers.discord.world import ShiftedClock

KEY = "t1:0"
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A person has asked by a command, and its answer was deferred."""

    speaking: Speaking
    address: Address
    clock: ShiftedClock

    def ephemeral(self) -> list[str]:
        """Return what the asker sees in the channel, oldest first."""
        server = self.speaking.server
        seen = server.messages(server.channel, seen_by=server.person)
        return [message.content for message in seen if message.is_ephemeral]

    def public(self) -> list[str]:
        """Return what all see in the channel."""
        server = self.speaking.server
        return [message.content for message in server.messages(server.channel) if not message.is_ephemeral]

    def direct(self) -> list[str]:
        """Return the bot's direct messages to the asker."""
        return self.speaking.texts(self.speaking.server.dm(self.speaking.server.person))

    async def pass_time(self, *, until: float) -> None:
        """Put the clock forward minute by minute, with what the adapter does meanwhile; `until` counts minutes."""
        interaction = read_interaction(self.address)
        assert interaction is not None
        end = interaction.created_at + until * MINUTE
        while (left := end - self.clock()) > 0:
            self.clock.advance(min(30.0, left))
            await self.speaking.platform.tend()


def ask(speaking: Speaking, clock: ShiftedClock, *, is_ephemeral: bool = True) -> Asked:
    server = speaking.server
    interactions = server.people.interactions
    begun = interactions.begin(COMMAND, server.person, server.channel, {})
    flags = {"flags": EPHEMERAL} if is_ephemeral else {}
    interactions.answer(begun.id, begun.token, DEFER, flags, ())
    application = str(server.world.application.id)
    interaction = Interaction(str(begun.id), application, str(server.person.id), begun.token, is_ephemeral=is_ephemeral)
    return Asked(speaking, build_address(str(server.guild.id), str(server.channel.id), interaction), clock)


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    clock = ShiftedClock()
    async with open_speaking(clock) as speaking:
        yield ask(speaking, clock)


class TestPrivateAnswers(PlatformContract):
    @pytest.fixture
    async def stage(self, asked: Asked) -> Stage:
        async def read() -> list[str]:
            return [text for text in asked.ephemeral() if text]

        return Stage(asked.speaking.platform, asked.address, read)


async def test_a_private_answer_fills_the_deferred_message_and_stays_private(asked: Asked) -> None:
    platform = asked.speaking.platform
    receipt = await platform.post(asked.address, Content("one", is_live=True), key=KEY)
    await platform.post(asked.address, Content("two"), key="t1:1")
    await platform.edit(receipt.reference, Content("one!", is_last=False))
    assert asked.ephemeral() == ["one!", "two"]
    assert asked.public() == []
    await platform.tend()
    await asked.pass_time(until=16)
    assert asked.ephemeral() == ["one!", "two"], "a complete answer needs no notice"
    assert asked.direct() == []


async def test_a_first_post_whose_response_was_lost_is_made_again_without_a_second_message(asked: Asked) -> None:
    asked.speaking.server.faults.add(Fault("original.edit", What.RESET, after_write=True))
    with pytest.raises(AdapterError):
        await asked.speaking.platform.post(asked.address, Content("one"), key=KEY)
    found = await asked.speaking.platform.find(asked.address, KEY)
    again = await asked.speaking.platform.post(asked.address, Content("one"), key=KEY)
    assert again.reference == found
    assert asked.ephemeral() == ["one"]


@pytest.mark.parametrize("minutes", [14 + 50 / 60, 14 + 59 / 60, 15 + 1 / 60, 20.0])
async def test_a_private_answer_that_takes_long_to_begin_arrives(asked: Asked, minutes: float) -> None:
    platform = asked.speaking.platform
    await platform.show_status(asked.address, "searching")
    await asked.pass_time(until=minutes)
    assert asked.direct() == [AWAITED_TEXT], "the asker was told in time"
    assert "https://discord.com/channels/@me/" in asked.ephemeral()[0]
    receipt = await platform.post(asked.address, Content("the answer", is_live=True), key=KEY)
    await platform.edit(receipt.reference, Content("the answer, whole"))
    assert asked.direct() == ["the answer, whole"]


@pytest.mark.parametrize("minutes", [14 + 50 / 60, 14 + 59 / 60, 15 + 1 / 60, 20.0])
async def test_a_private_answer_that_takes_long_to_end_arrives_whole(asked: Asked, minutes: float) -> None:
    platform = asked.speaking.platform
    receipt = await platform.post(asked.address, Content("so far", is_live=True), key=KEY)
    await asked.pass_time(until=minutes)
    first, notice = asked.ephemeral()
    assert first == "so far"
    assert "https://discord.com/channels/@me/" in notice
    await platform.edit(receipt.reference, Content("so far, and more", is_live=True))
    await platform.edit(receipt.reference, Content("so far, and more, and done"))
    assert asked.direct() == ["so far, and more, and done"]
    refused = [call for call in asked.speaking.server.calls() if call.status in {401, 404}]
    assert refused == [], "no call was made with a dead token"


async def test_an_end_in_the_last_minute_still_stands_where_it_was_asked_for(asked: Asked) -> None:
    platform = asked.speaking.platform
    receipt = await platform.post(asked.address, Content("so far", is_live=True), key=KEY)
    asked.clock.advance(14.5 * MINUTE)
    await platform.edit(receipt.reference, Content("so far, and done"))
    await asked.pass_time(until=15.5)
    assert asked.ephemeral() == ["so far, and done"]
    assert asked.direct() == []


async def test_what_is_complete_in_the_last_minute_is_posted_where_it_was_asked_for(asked: Asked) -> None:
    asked.clock.advance(14.5 * MINUTE)
    await asked.speaking.platform.post(asked.address, Content("done"), key=KEY)
    assert asked.ephemeral() == ["done"]


async def test_who_takes_no_direct_messages_is_told_in_time_and_keeps_what_came_by_then(asked: Asked) -> None:
    server, platform = asked.speaking.server, asked.speaking.platform
    server.message_routes.closed_dms.add(server.person.id)
    receipt = await platform.post(asked.address, Content("so far", is_live=True), key=KEY)
    await asked.pass_time(until=14.2)
    assert asked.ephemeral() == ["so far", CLOSING_TEXT]
    await platform.edit(receipt.reference, Content("so far, and more", is_live=True))
    assert asked.ephemeral() == ["so far, and more", CLOSING_TEXT]
    await asked.pass_time(until=16)
    with pytest.raises(NotPermitted):
        await platform.edit(receipt.reference, Content("so far, and more, and done"))
    assert asked.ephemeral() == ["so far, and more", CLOSING_TEXT]


async def test_after_a_restart_a_late_answer_goes_on_in_the_same_direct_message(asked: Asked) -> None:
    receipt = await asked.speaking.platform.post(asked.address, Content("so far", is_live=True), key=KEY)
    await asked.pass_time(until=16)
    await asked.speaking.platform.edit(receipt.reference, Content("so far, and more", is_live=True))
    stored = MessageReference(asked.address, receipt.reference.message)
    async with open_platform(asked.speaking.settings, clock=asked.clock) as platform:
        await platform.edit(stored, Content("so far, and more, and done"))
    assert asked.direct() == ["so far, and more, and done"]


async def test_a_late_post_whose_response_was_lost_is_found(asked: Asked) -> None:
    platform = asked.speaking.platform
    asked.clock.advance(16 * MINUTE)
    asked.speaking.server.faults.add(Fault("message.create", What.RESET, after_write=True))
    with pytest.raises(AdapterError):
        await platform.post(asked.address, Content("done"), key=KEY)
    found = await platform.find(asked.address, KEY)
    assert found is not None
    await platform.edit(found, Content("done!"))
    assert asked.direct() == ["done!"]


async def test_a_token_that_dies_early_costs_nothing(asked: Asked) -> None:
    platform = asked.speaking.platform
    receipt = await platform.post(asked.address, Content("so far", is_live=True), key=KEY)
    asked.speaking.server.world.interactions.clear()
    await platform.edit(receipt.reference, Content("so far, and done"))
    assert asked.direct() == ["so far, and done"]


async def test_a_late_edit_that_comes_before_the_notice_is_shown_where_no_direct_message_can_be(asked: Asked) -> None:
    server, platform = asked.speaking.server, asked.speaking.platform
    server.message_routes.closed_dms.add(server.person.id)
    receipt = await platform.post(asked.address, Content("so far", is_live=True), key=KEY)
    asked.clock.advance(14.3 * MINUTE)
    await platform.edit(receipt.reference, Content("so far, and more", is_live=True))
    assert asked.ephemeral() == ["so far, and more", CLOSING_TEXT]


async def test_a_late_begin_is_shown_where_no_direct_message_can_be(asked: Asked) -> None:
    server, platform = asked.speaking.server, asked.speaking.platform
    server.message_routes.closed_dms.add(server.person.id)
    asked.clock.advance(14.3 * MINUTE)
    await platform.post(asked.address, Content("begun", is_live=True), key=KEY)
    assert asked.ephemeral() == [CLOSING_TEXT, "begun"]


async def test_a_late_public_post_is_found_in_its_channel_and_its_surplus_taken_away_there() -> None:
    clock = ShiftedClock()
    async with open_speaking(clock) as speaking:
        asked = ask(speaking, clock, is_ephemeral=False)
        await asked.pass_time(until=15.5)
        platform = speaking.platform
        receipt = await platform.post(asked.address, Content("the answer"), key="t1:1")
        assert asked.public() == ["", "the answer"]
        assert await platform.find(asked.address, "t1:1") == receipt.reference
        assert await platform.find(asked.address, "t1:2") is None
        await platform.delete(receipt.reference)
        assert asked.public() == [""]


async def test_a_late_message_is_taken_away_where_it_was_moved_to(asked: Asked) -> None:
    platform = asked.speaking.platform
    receipt = await platform.post(asked.address, Content("so far", is_live=True), key=KEY)
    await asked.pass_time(until=15.5)
    assert asked.direct() == ["so far"]
    await platform.delete(receipt.reference)
    assert asked.direct() == []
    assert [call.status for call in asked.speaking.server.calls() if call.status >= 400] == []


async def test_a_late_public_answer_comes_directly_where_the_bot_has_no_access_to_the_channel() -> None:
    clock = ShiftedClock()
    async with open_speaking(clock) as speaking:
        asked = ask(speaking, clock, is_ephemeral=False)
        receipt = await speaking.platform.post(asked.address, Content("so far", is_live=True), key=KEY)
        speaking.server.channel.overwrites[speaking.server.bot.id] = Overwrite(deny=Permission.VIEW_CHANNEL)
        await asked.pass_time(until=15.5)
        await speaking.platform.edit(receipt.reference, Content("so far, and done"))
        await speaking.platform.post(asked.address, Content("the rest"), key="t1:1")
        assert asked.direct() == ["so far, and done", "the rest"]


@pytest.mark.parametrize("minutes", [14 + 59 / 60, 15 + 1 / 60, 20.0])
async def test_a_public_answer_changes_to_the_channels_route(minutes: float) -> None:
    clock = ShiftedClock()
    async with open_speaking(clock) as speaking:
        asked = ask(speaking, clock, is_ephemeral=False)
        receipt = await speaking.platform.post(asked.address, Content("so far", is_live=True), key=KEY)
        await asked.pass_time(until=minutes)
        await speaking.platform.edit(receipt.reference, Content("so far, and done"))
        assert asked.public() == ["so far, and done"]
        assert asked.direct() == []


async def test_a_whole_reply_outlives_its_interaction(asked: Asked) -> None:
    async def store(*_: object) -> None:
        return

    platform, server = asked.speaking.platform, asked.speaking.server
    async with asyncio.TaskGroup() as group:
        scheduler = ReplyScheduler(platform, clock=loop_time)
        serving = group.create_task(scheduler.run())
        reply = scheduler.open_reply(asked.address, "t1", on_posted=store)
        reply.show(TextAdded("so far "))
        await server.until(lambda: asked.ephemeral() == ["so far"])
        await asked.pass_time(until=15.2)
        reply.show(TextAdded("and more "))
        await server.until(lambda: asked.direct() == ["so far and more"])
        reply.show(ReplyDone("so far and more and done", "answered", "model", 1.0, 1, 1, None))
        assert (await reply.wait()).error is None
        serving.cancel()
    assert asked.direct() == ["so far and more and done"]
    assert [call.code for call in server.calls() if call.code] == []


async def test_the_file_of_a_long_answer_stays_private_and_comes_late_as_well(asked: Asked) -> None:
    platform, server = asked.speaking.platform, asked.speaking.server
    await platform.post(asked.address, Content("see below"), key=KEY)
    await platform.upload(asked.address, "answer.md", "all", key="t1:-1")
    asked.clock.advance(16 * MINUTE)
    await platform.upload(asked.address, "answer.md", "all", key="t1:-1")
    in_channel = [message for message in server.of_bot(server.channel) if message.attachments]
    assert [message.is_ephemeral for message in in_channel] == [True]
    assert [len(message.attachments) for message in server.of_bot(server.dm(server.person))] == [1]


async def test_an_announcement_that_comes_too_often_waits_as_long_as_discord_says(asked: Asked) -> None:
    server = asked.speaking.server
    await asked.speaking.platform.post(asked.address, Content("so far", is_live=True), key=KEY)
    server.faults.add(Fault("dm.open", status=429, seconds=20.0))
    await asked.pass_time(until=14)
    tries = len(server.calls("dm.open"))
    asked.clock.advance(10)
    await asked.speaking.platform.tend()
    assert len(server.calls("dm.open")) == tries
    asked.clock.advance(11)
    await asked.speaking.platform.tend()
    assert asked.direct() == ["so far"]
