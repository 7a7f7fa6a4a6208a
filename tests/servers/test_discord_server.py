"""The loopback Discord seen through the real discord.py over a real socket."""

import asyncio
import errno
import io
import time
from collections.abc import AsyncIterator

import aiohttp
import discord
import pytest
from discord import app_commands

from tests.fakes.manual_clock import ManualClock
from tests.servers.discord.client import Told, open_client, pointed_at
from tests.servers.discord.faults import Fault, What
from tests.servers.discord.rates import Rule
from tests.servers.discord.records import ChannelKind, Pings, Tag
from tests.servers.discord.server import LoopbackDiscord, open_discord
from tests.servers.discord.using import File, NotOffered


class Bot(discord.Client):
    """A bot that notes what it hears and has a command tree."""

    def __init__(self, intents: discord.Intents | None = None, heartbeat_timeout: float = 60.0) -> None:
        super().__init__(
            intents=intents or discord.Intents.default(), guild_ready_timeout=0.05, heartbeat_timeout=heartbeat_timeout
        )
        self.tree = app_commands.CommandTree(self)
        self.heard = Told()

    async def setup_hook(self) -> None:
        if self.tree.get_commands() or self.tree.get_commands(type=discord.AppCommandType.message):
            await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            await self.heard.add(message.content)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still: no answer is late because the machine is slow."""
    return ManualClock(time.time())


@pytest.fixture
async def server(clock: ManualClock) -> AsyncIterator[LoopbackDiscord]:
    async with open_discord(clock.now) as server:
        yield server


async def channel_of(server: LoopbackDiscord, bot: discord.Client) -> discord.TextChannel:
    channel = bot.get_channel(server.channel.id)
    assert isinstance(channel, discord.TextChannel)
    return channel


async def test_content_is_blank_without_the_intent_but_for_mentions_and_dms(server: LoopbackDiscord) -> None:
    async with open_client(server, bot := Bot()):
        await server.people.says(server.person, server.channel, "to nobody")
        await server.people.mentions(server.person, server.channel, "to the bot")
        await server.people.writes_to_bot(server.person, "in private")
        await bot.heard.until(3)
    assert bot.heard.events == ["", f"{server.bot.mention} to the bot", "in private"]


async def test_a_privileged_intent_that_is_switched_off_closes_with_4014(server: LoopbackDiscord) -> None:
    server.world.application.privileged = 0
    intents = discord.Intents.default()
    intents.message_content = True
    bot = Bot(intents)
    with pointed_at(server), pytest.raises(discord.PrivilegedIntentsRequired):
        async with bot:
            await bot.start(server.token)
    assert server.gateway.refused == [4014]
    assert server.gateway.identifies == []


async def test_a_wrong_token_is_refused_at_login(server: LoopbackDiscord) -> None:
    with pointed_at(server), pytest.raises(discord.LoginFailure):
        async with Bot() as bot:
            await bot.start("wrong")


async def test_what_was_missed_is_replayed_in_order_after_a_resume(server: LoopbackDiscord) -> None:
    async with open_client(server, bot := Bot()):
        server.gateway.drop_all()
        await server.until(lambda: not server.gateway.is_connected)
        for number in range(3):
            await server.people.writes_to_bot(server.person, f"missed {number}")
        await server.until(lambda: server.gateway.resumes)
        await server.people.writes_to_bot(server.person, "live")
        await bot.heard.until(4)
    assert bot.heard.events == ["missed 0", "missed 1", "missed 2", "live"]
    assert len(server.gateway.identifies) == 1


async def test_a_client_leaves_a_connection_that_fell_silent_and_misses_nothing(server: LoopbackDiscord) -> None:
    server.gateway.heartbeat_milliseconds = 100
    async with open_client(server, bot := Bot(heartbeat_timeout=1.0)):
        server.gateway.stall()
        await server.people.writes_to_bot(server.person, "still there?")
        await bot.heard.until(1)
    assert bot.heard.events == ["still there?"]
    assert server.gateway.resumes >= 1


async def test_a_client_that_heeds_the_headers_is_never_refused(server: LoopbackDiscord) -> None:
    server.rates.clock = time.time
    server.rates.rules["message.edit"] = Rule(2, 0.3)
    async with open_client(server, bot := Bot()):
        message = await (await channel_of(server, bot)).send("0")
        async with asyncio.TaskGroup() as group:
            for number in range(1, 6):
                group.create_task(message.edit(content=str(number)))
    assert [call.status for call in server.calls("message.edit")] == [200] * 5
    assert server.rates.refused == 0


async def test_the_sixth_edit_in_five_seconds_is_refused_in_its_channel_only(server: LoopbackDiscord) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {server.token}"}) as http:
        url = f"{server.api_url}/channels/{server.channel.id}/messages"
        async with http.post(url, json={"content": "first"}) as response:
            message = (await response.json())["id"]
        for number in range(5):
            async with http.patch(f"{url}/{message}", json={"content": str(number)}) as response:
                assert response.headers["X-RateLimit-Remaining"] == str(4 - number)
        async with http.patch(f"{url}/{message}", json={"content": "one too many"}) as response:
            assert response.status == 429
            assert response.headers["Content-Type"] == "application/json"
            assert "Via" in response.headers
            assert 0 < (await response.json())["retry_after"] <= 5
        async with http.post(url, json={"content": "posts have a bucket of their own"}) as response:
            assert response.status == 200
    assert server.of_bot(server.channel)[0].content == "4"


async def test_a_repeated_nonce_returns_the_first_message(server: LoopbackDiscord) -> None:
    async with open_client(server, bot := Bot()):
        channel = await channel_of(server, bot)
        first = await channel.send("once", nonce="turn-1")
        again = await channel.send("once", nonce="turn-1")
    assert first.id == again.id
    assert len(server.of_bot(server.channel)) == 1


async def test_sizes_permissions_and_authors_are_enforced(server: LoopbackDiscord) -> None:
    async with open_client(server, bot := Bot()):
        channel = await channel_of(server, bot)
        codes = []
        said = await server.people.says(server.person, server.channel, "mine")
        hidden = server.world.add_channel(server.guild, "hidden")
        server.world.deny(hidden, server.bot)
        calls = (
            lambda: channel.send("x" * 2001),
            lambda: channel.send("\N{GRINNING FACE}" * 1001),
            lambda: channel.send(""),
            lambda: channel.get_partial_message(said.id).edit(content="not yours"),
            lambda: channel.get_partial_message(1).edit(content="not there"),
            lambda: bot.fetch_channel(hidden.id),
            lambda: bot.fetch_channel(1),
        )
        for call in calls:
            with pytest.raises(discord.HTTPException) as caught:
                await call()
            codes.append(caught.value.code)
    assert codes == [50035, 50035, 50006, 50005, 10008, 50001, 10003]
    assert server.of_bot(server.channel) == []


async def test_only_allowed_mentions_notify(server: LoopbackDiscord) -> None:
    everything = f"@everyone {server.person.mention} `<@1>` <@&{server.guild.id}>"
    none, users = discord.AllowedMentions.none(), discord.AllowedMentions(users=True, everyone=False, roles=False)
    async with open_client(server, bot := Bot()):
        channel = await channel_of(server, bot)
        await channel.send(everything, allowed_mentions=none)
        await channel.send(everything, allowed_mentions=users)
        await channel.send(everything)
    [(_, second), (_, third)] = server.pings()
    assert second == Pings(users=frozenset({server.person.id}))
    assert third.everyone


async def test_a_response_can_be_lost_after_the_write(server: LoopbackDiscord) -> None:
    server.faults.add(Fault("message.create", What.RESET, after_write=True))
    async with open_client(server, bot := Bot()):
        channel = await channel_of(server, bot)
        with pytest.raises(aiohttp.ClientOSError) as caught:
            await channel.send("written all the same")
        assert caught.value.errno == errno.ECONNRESET
    assert [each.content for each in server.of_bot(server.channel)] == ["written all the same"]
    assert [(each.status, each.fault) for each in server.calls("message.create")] == [(0, "reset")]


async def test_a_deferred_command_is_filled_once_and_answered_once(server: LoopbackDiscord) -> None:
    bot, codes = Bot(), []

    @bot.tree.command(description="Ask")
    async def ask(interaction: discord.Interaction, question: str, file: discord.Attachment | None = None) -> None:
        await interaction.response.defer(ephemeral=True)
        try:
            await interaction.client.http.request(
                discord.http.Route("POST", "/interactions/{i}/{t}/callback", i=interaction.id, t=interaction.token),
                json={"type": 5},
            )
        except discord.HTTPException as error:
            codes.append(error.code)
        text = b"" if file is None else await file.read()
        await interaction.followup.send(f"{question} {text.decode()}")

    async with open_client(server, bot):
        with pytest.raises(NotOffered):
            await server.people.command(server.person, server.channel, "ask")
        asked = await server.people.command(
            server.person, server.channel, "ask", question="why?", file=File("a.txt", b"text")
        )
        await server.until(lambda: asked.original and not asked.original.is_loading)
    [answer] = server.ephemerals(server.person)
    assert (answer.content, answer.is_ephemeral, answer.edited_at) == ("why? text", True, None)
    assert codes == [40060]
    assert server.world.syncs == [None]


async def test_late_answers_are_refused(server: LoopbackDiscord, clock: ManualClock) -> None:
    bot, codes = Bot(), []
    go_on = asyncio.Event()

    @bot.tree.command(description="Ask")
    async def ask(interaction: discord.Interaction) -> None:
        clock.advance(3.1)
        try:
            await interaction.response.send_message("late")
        except discord.HTTPException as error:
            codes.append((error.status, error.code))

    @bot.tree.command(description="Think long")
    async def think(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        clock.advance(15 * 60)
        try:
            await interaction.edit_original_response(content="late")
        except discord.HTTPException as error:
            codes.append((error.status, error.code))
        go_on.set()

    async with open_client(server, bot):
        await server.people.command(server.person, server.channel, "ask")
        await server.until(lambda: server.calls("callback") and server.calls("callback")[0].status)
        asked = await server.people.command(server.person, server.channel, "think")
        await asyncio.wait_for(go_on.wait(), 30)
    assert codes == [(404, 10062), (401, 50027)]
    assert asked.original is not None
    assert asked.original.is_loading


async def test_buttons_forms_menus_and_completion_work(server: LoopbackDiscord) -> None:
    bot = Bot()

    class Form(discord.ui.Modal, title="More"):
        reason: discord.ui.TextInput["Form"] = discord.ui.TextInput(label="Reason", custom_id="reason")

        async def on_submit(self, interaction: discord.Interaction) -> None:
            await interaction.response.edit_message(content=f"because {self.reason.value}", view=None)

    class Buttons(discord.ui.View):
        @discord.ui.button(label="Why?", custom_id="why")
        async def why(self, interaction: discord.Interaction, _: discord.ui.Button["Buttons"]) -> None:
            await interaction.response.send_modal(Form())

    @bot.tree.command(description="Choose")
    async def choose(interaction: discord.Interaction, fruit: str) -> None:
        await interaction.response.send_message(fruit, view=Buttons())

    @choose.autocomplete("fruit")
    async def fruits(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=each, value=each) for each in ("apple", "pear") if typed in each]

    @bot.tree.context_menu(name="Repeat")
    async def repeat(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(message.content, ephemeral=True)

    async with open_client(server, bot):
        assert await server.people.autocomplete(server.person, server.channel, "choose", "fruit", "pe") == ["pear"]
        chosen = await server.people.command(server.person, server.channel, "choose", fruit="pear")
        answer = await server.until(lambda: chosen.original)
        pressed = await server.people.presses(server.person, answer, "Why?")
        await server.until(lambda: pressed.modal)
        await server.people.submits(pressed, reason="it is round")
        await server.until(lambda: answer.content == "because it is round")
        assert answer.buttons == []
        repeated = await server.people.context_menu(server.person, "Repeat", answer)
        await server.until(lambda: repeated.original)
    assert [each.content for each in server.ephemerals(server.person)] == ["because it is round"]


async def test_threads_and_forum_posts_are_started_archived_and_tagged(server: LoopbackDiscord) -> None:
    forum = server.world.add_channel(server.guild, "questions", ChannelKind.FORUM)
    forum.tags.append(Tag(server.world.new_id(), "solved"))
    async with open_client(server, bot := Bot()):
        channel = await channel_of(server, bot)
        said = await server.people.says(server.person, server.channel, "help")
        thread = await channel.get_partial_message(said.id).create_thread(name="help")
        assert thread.id == said.id
        written = await thread.send("here", file=discord.File(io.BytesIO(b"text"), "a.txt"))
        await thread.edit(archived=True)
        with pytest.raises(discord.HTTPException) as caught:
            await written.edit(content="too late")
        assert caught.value.code == 50083
        await thread.send("wakes it up")
        await written.edit(content="in time")

        post = await server.people.opens_forum_post(server.person, forum, "How?", "How does it work?")
        there = await bot.fetch_channel(post.id)
        assert isinstance(there, discord.Thread)
        assert isinstance(there.parent, discord.ForumChannel)
        await there.send("like so")
        [solved] = there.parent.available_tags
        await there.edit(applied_tags=[solved])
    assert [each.content for each in server.messages(post)] == ["How does it work?", "like so"]
    assert post.applied_tags == [forum.tags[0].id]
    _, second, third = server.messages(server.world.channels[said.id])
    assert (second.content, second.attachments[0].data, third.content) == ("in time", b"text", "wakes it up")
