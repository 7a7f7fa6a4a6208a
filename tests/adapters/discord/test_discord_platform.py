"""The adapter over real sockets, against the loopback Discord."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest

from adapters.contract import (
    Content,
    Controls,
    DeletesMessages,
    FindsPosts,
    LinksMessages,
    MessageReference,
    NamesPeople,
    ReadsThreads,
    ShowsStatus,
    SourceLink,
)
from adapters.discord.actions import ButtonAction, read_custom_id
from adapters.discord.adapter import DiscordPlatform, open_platform
from adapters.discord.addresses import build_address
from adapters.discord.rest import open_rest
from adapters.discord.settings import DiscordSettings
from adapters.errors import NotPermitted, RateLimited, ResponseLost, Unreachable
from adapters.limits import Action, Scope
from tests.adapters.discord.stages import Speaking, open_speaking
from tests.contracts.platform import PlatformContract, Stage
from tests.fakes.hostile_texts import write_hostile
from tests.fakes.virtual_time import run_virtual
from tests.servers.discord.faults import Fault, What
from tests.servers.discord.permissions import Permission
from tests.servers.discord.rates import Rule
from tests.servers.discord.records import Overwrite
from tests.servers.discord.world import ShiftedClock

KEY = "t1:0"


@pytest.fixture
async def speaking() -> AsyncIterator[Speaking]:
    async with open_speaking(ShiftedClock(), role="77") as speaking:
        yield speaking


class TestDiscordPlatform(PlatformContract):
    @pytest.fixture
    async def stage(self, speaking: Speaking) -> Stage:
        async def read() -> list[str]:
            return speaking.texts()

        return Stage(speaking.platform, speaking.address, read)


def test_it_has_every_optional_ability() -> None:
    abilities = (DeletesMessages, FindsPosts, LinksMessages, NamesPeople, ReadsThreads, ShowsStatus)
    assert [ability.__name__ for ability in abilities if not issubclass(DiscordPlatform, ability)] == []


async def test_every_post_carries_a_nonce_and_names_whom_it_may_ping(speaking: Speaking) -> None:
    await speaking.platform.post(speaking.address, Content("hello"), key=KEY)
    (call,) = speaking.server.calls("message.create")
    assert call.body["enforce_nonce"] is True
    assert 0 < len(call.body["nonce"]) <= 25
    assert call.body["allowed_mentions"] == {"parse": [], "users": [], "roles": [], "replied_user": False}


async def test_a_repeated_post_makes_no_second_message_and_shows_the_newer_text(speaking: Speaking) -> None:
    first = await speaking.platform.post(speaking.address, Content("one", is_live=True), key=KEY)
    again = await speaking.platform.post(speaking.address, Content("one two"), key=KEY)
    assert again.reference == first.reference
    assert speaking.texts() == ["one two"]


async def test_a_post_is_found_long_after_its_nonce_is_forgotten(speaking: Speaking) -> None:
    clock = speaking.server.world.clock
    assert isinstance(clock, ShiftedClock)
    receipt = await speaking.platform.post(speaking.address, Content("hello", is_live=True), key=KEY)
    clock.advance(3600)
    assert await speaking.platform.find(speaking.address, KEY) == receipt.reference


async def test_a_button_of_another_author_is_not_taken_for_a_post_of_ours(speaking: Speaking) -> None:
    receipt = await speaking.platform.post(speaking.address, Content("hello"), key=KEY)
    message = speaking.server.world.messages[int(receipt.reference.message)]
    message.author = speaking.server.person
    assert await speaking.platform.find(speaking.address, KEY) is None


async def test_where_the_history_is_closed_nothing_is_found_and_nothing_fails(speaking: Speaking) -> None:
    await speaking.platform.post(speaking.address, Content("hello"), key=KEY)
    deny = Overwrite(deny=Permission.READ_MESSAGE_HISTORY | Permission.VIEW_CHANNEL)
    speaking.server.channel.overwrites[speaking.server.bot.id] = deny
    assert await speaking.platform.find(speaking.address, KEY) is None


async def test_what_is_left_of_the_limit_is_told(speaking: Speaking) -> None:
    receipt = await speaking.platform.post(speaking.address, Content("hello"), key=KEY)
    told = receipt.allowance
    assert told is not None
    assert (told.action, told.scope, told.remaining) == (Action.POST, Scope.CHANNEL, 4)
    assert 0 < told.reset_after <= 5


async def test_the_limit_of_the_whole_bot_is_told_from_that_of_a_channel(speaking: Speaking) -> None:
    speaking.server.rates.whole = Rule(0, 30.0)
    with pytest.raises(RateLimited) as refused:
        await speaking.platform.post(speaking.address, Content("hello"), key=KEY)
    assert refused.value.scope is Scope.BOT
    assert 25 < refused.value.retry_after <= 30


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("message.create", What.RESET, after_write=True), ResponseLost),
        (Fault("message.create", What.STATUS, status=502), ResponseLost),
        (Fault("message.create", What.STATUS, status=503), Unreachable),
    ],
)
async def test_a_failure_is_named_by_what_it_may_have_done(
    speaking: Speaking, fault: Fault, expected: type[Exception]
) -> None:
    speaking.server.faults.add(fault)
    with pytest.raises(expected):
        await speaking.platform.post(speaking.address, Content("hello"), key=KEY)
    assert len(speaking.server.calls("message.create")) == 1, "only the scheduler repeats a call"


async def test_where_nobody_listens_nothing_was_done() -> None:
    async with open_speaking() as closed:
        settings = closed.settings
    async with open_platform(settings, clock=time.time) as platform:
        with pytest.raises(Unreachable):
            await platform.post(closed.address, Content("hello"), key=KEY)


async def test_hostile_texts_notify_nobody(speaking: Speaking) -> None:
    rng = random.Random(20)
    server = speaking.server
    server.rates.rules.clear()
    server.rates.whole = Rule(10_000, 1.0)
    receipt = await speaking.platform.post(speaking.address, Content("start"), key="start:0")
    for number in range(60):
        text = write_hostile(rng)
        content = Content(text[:1500], sources=(SourceLink(1, text, "https://docs.example/a"),))
        await speaking.platform.post(speaking.address, content, key=f"hostile-{number}:0")
        await speaking.platform.edit(receipt.reference, content)
    messages = server.of_bot(server.channel)
    assert len(messages) == 61
    assert [message.content for message in messages if message.pings or message.mentions] == []


async def test_only_those_who_may_be_pinged_are(speaking: Speaking) -> None:
    server = speaking.server
    role = server.world.add_role(server.guild, "helpers", is_mentionable=True)
    settings = replace(speaking.settings, support_role=str(role.id))
    async with open_platform(settings, clock=time.time) as platform:
        other = server.world.add_person("other", server.guild)
        text = f"<@{server.person.id}> and <@{other.id}>: <@{role.id}>"
        content = Content(text, may_ping=frozenset({str(server.person.id), str(role.id)}))
        await platform.post(speaking.address, content, key=KEY)
    (message,) = server.of_bot(server.channel)
    assert message.pings.users == {server.person.id}
    assert message.pings.roles == {role.id}


@pytest.mark.parametrize("act", ["edit", "delete"])
async def test_an_archived_thread_is_opened_again_for_what_is_left_to_do_in_it(speaking: Speaking, act: str) -> None:
    server = speaking.server
    thread = await server.people.opens_thread(server.person, server.channel, "a thread")
    receipt = await speaking.platform.post(speaking.at(thread), Content("one"), key=KEY)
    thread.is_archived = True
    if act == "edit":
        await speaking.platform.edit(receipt.reference, Content("two"))
    else:
        await speaking.platform.delete(receipt.reference)
    assert [text for text in speaking.texts(thread) if text] == (["two"] if act == "edit" else [])
    assert not thread.is_archived


async def test_a_thread_that_was_locked_ends_the_reply_and_names_what_is_missing(speaking: Speaking) -> None:
    server = speaking.server
    thread = await server.people.opens_thread(server.person, server.channel, "a thread")
    receipt = await speaking.platform.post(speaking.at(thread), Content("one"), key=KEY)
    thread.is_archived = thread.is_locked = True
    server.channel.overwrites[server.bot.id] = Overwrite(deny=Permission.MANAGE_THREADS)
    with pytest.raises(NotPermitted):
        await speaking.platform.edit(receipt.reference, Content("two"))


async def test_the_message_that_a_thread_was_opened_on_is_read_with_it(speaking: Speaking) -> None:
    server = speaking.server
    first = await server.people.says(server.person, server.channel, "it fails")
    thread = await server.people.opens_thread(server.person, server.channel, "a thread", on=first, text="every day")
    asked = await server.people.mentions(server.person, thread, "why?")
    read = await speaking.platform.read_thread(speaking.at(thread), before=str(asked.id))
    assert [message.text for message in read] == ["it fails", "every day"]


async def test_the_buttons_fit_what_a_message_is(speaking: Speaking) -> None:
    async def buttons(content: Content, key: str) -> list[ButtonAction]:
        receipt = await speaking.platform.post(speaking.address, content, key=key)
        message = speaking.server.world.messages[int(receipt.reference.message)]
        presses = [read_custom_id(button.custom_id) for button in message.buttons]
        assert all(press is not None and press.about == key for press in presses)
        return [press.action for press in presses if press is not None]

    feedback = [ButtonAction.HELPFUL, ButtonAction.UNHELPFUL, ButtonAction.PERSON]
    assert await buttons(Content("a", is_live=True), "a:0") == [ButtonAction.STOP]
    assert await buttons(Content("b"), "b:0") == feedback
    assert await buttons(Content("c", is_last=False), "c:0") == []
    assert await buttons(Content("d", controls=Controls.GIVE_BACK), "d:0") == [ButtonAction.RESUME]
    assert await buttons(Content("e", controls=Controls.NONE), "e:0") == []


async def test_a_file_is_attached_once_however_often_it_is_sent(speaking: Speaking) -> None:
    for _ in range(2):
        await speaking.platform.upload(speaking.address, "answer.md", "all of it, déjà vu", key="t1:-1")
    (message,) = speaking.server.of_bot(speaking.server.channel)
    (file,) = message.attachments
    assert (file.name, file.data.decode()) == ("answer.md", "all of it, déjà vu")


async def test_a_thread_is_read_oldest_first_without_our_own_words(speaking: Speaking) -> None:
    server = speaking.server
    await server.people.says(server.person, server.channel, "it fails")
    await speaking.platform.post(speaking.address, Content("hello"), key=KEY)
    await server.people.says(server.person, server.channel, "every day")
    asked = await server.people.mentions(server.person, server.channel, "why?")
    read = await speaking.platform.read_thread(speaking.address, before=str(asked.id))
    assert [message.text for message in read] == ["it fails", "every day"]
    assert {message.author for message in read} == {str(server.person.id)}
    assert {message.name for message in read} == {server.person.name}


async def test_a_link_opens_the_message() -> None:
    async with open_speaking() as speaking:
        in_guild = MessageReference(build_address("1", "2"), "3")
        in_dm = MessageReference(build_address("", "2"), "3")
        assert await speaking.platform.link_to(in_guild) == "https://discord.com/channels/1/2/3"
        assert await speaking.platform.link_to(in_dm) == "https://discord.com/channels/@me/2/3"


async def test_typing_is_repeated_until_something_is_posted(speaking: Speaking) -> None:
    server, platform = speaking.server, speaking.platform
    clock = server.world.clock
    assert isinstance(clock, ShiftedClock)
    await platform.show_status(speaking.address, "searching")
    await platform.show_status(speaking.address, "reading")
    assert len(server.world.typing) == 1
    clock.advance(9)
    await platform.tend()
    assert len(server.world.typing) == 2
    await platform.post(speaking.address, Content("hello"), key=KEY)
    clock.advance(9)
    await platform.tend()
    assert len(server.world.typing) == 2


async def test_typing_that_nobody_ends_or_that_is_not_permitted_ends_by_itself(speaking: Speaking) -> None:
    server, platform = speaking.server, speaking.platform
    clock = server.world.clock
    assert isinstance(clock, ShiftedClock)
    await platform.show_status(speaking.address, "searching")
    clock.advance(301)
    await platform.tend()
    assert len(server.world.typing) == 1
    await platform.show_status(speaking.address, "searching")
    server.channel.overwrites[server.bot.id] = Overwrite(deny=Permission.SEND_MESSAGES)
    for _ in range(2):
        clock.advance(9)
        await platform.tend()
    assert len(server.calls("typing")) == 3


def test_a_defect_in_what_is_repeated_ends_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    class Defective(DiscordPlatform):
        times, words = 0, "words of a person"

        async def tend(self) -> None:
            self.times += 1
            raise KeyError(self.words)

    async def scene() -> int:
        settings = DiscordSettings("token")
        async with open_rest(settings) as rest:
            platform = Defective(rest, settings, clock=time.time)
            with suppress(TimeoutError):
                async with asyncio.timeout(2.5):
                    await platform.run()
            return platform.times

    assert run_virtual(scene()) == 3
    assert "words of a person" not in caplog.text


async def test_a_person_is_named_without_a_ping(speaking: Speaking) -> None:
    person = str(speaking.server.person.id)
    name = speaking.platform.name_person(person, workspace="1")
    await speaking.platform.post(speaking.address, Content(f"{name} asked"), key=KEY)
    assert person in name
    assert speaking.server.pings() == []
