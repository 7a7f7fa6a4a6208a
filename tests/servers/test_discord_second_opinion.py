"""One scenario against our loopback Discord and against simcord: two readings of Discord's rules must agree."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

import discord
from discord import app_commands
from discord.http import Route

from tests.fakes.manual_clock import ManualClock
from tests.servers.discord.client import open_client
from tests.servers.discord.permissions import Permission
from tests.servers.discord.server import open_discord


@dataclass(slots=True)
class Record:
    """What a bot was answered, attempt by attempt, and what people saw in the end."""

    codes: dict[str, int] = field(default_factory=dict)
    seen: list[tuple[str, bool]] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def attempt(self, name: str, doing: Awaitable[object]) -> None:
        """Note the error code of something, 0 where it went well."""
        try:
            await doing
            self.codes[name] = 0
        except discord.HTTPException as error:
            self.codes[name] = error.code


class Buttons(discord.ui.View):
    """Two buttons, one of which takes both away and one of which answers twice."""

    def __init__(self, record: Record) -> None:
        super().__init__(timeout=None)
        self.record = record

    @discord.ui.button(label="Done", custom_id="done")
    async def finish(self, interaction: discord.Interaction, _: discord.ui.Button["Buttons"]) -> None:
        await interaction.response.edit_message(content="finished", view=None)
        await self.record.attempt("answer a button twice", answer_again(interaction))
        await self.record.attempt("follow up below a button", interaction.followup.send("more", ephemeral=True))


class Bot(discord.Client):
    """Does what the rules allow and what they forbid."""

    def __init__(self, pause: Callable[[float], Awaitable[None]]) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.05)
        self.tree = app_commands.CommandTree(self)
        self.pause, self.record = pause, Record()
        for each in (self.ask, self.hide, self.late, self.think):
            self.tree.command(name=each.__name__, description="Ask")(_unbound(each))

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def ask(self, interaction: discord.Interaction) -> None:
        attempt, view = self.record.attempt, Buttons(self.record)
        await attempt("follow up before the answer", interaction.followup.send("early"))
        await attempt("answer", interaction.response.send_message("answered", view=view))
        await attempt("answer twice", answer_again(interaction))
        await attempt("follow up", interaction.followup.send("further"))
        await attempt("too long", interaction.followup.send("x" * 2001))
        await attempt("edit", interaction.edit_original_response(content="changed"))
        self.record.done.set()

    async def hide(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        await self.record.attempt("fill", interaction.followup.send("hidden", ephemeral=False))
        original = await interaction.original_response()
        await self.record.attempt("delete hidden", original.delete())
        interaction._original_response = None
        await self.record.attempt("read deleted", interaction.original_response())
        self.record.done.set()

    async def late(self, interaction: discord.Interaction) -> None:
        await self.pause(60.0)
        await self.record.attempt("late answer", interaction.response.send_message("late"))
        self.record.done.set()

    async def think(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await self.pause(600.0)
        await self.record.attempt("answer in time", interaction.edit_original_response(content="thought"))
        self.record.done.set()

    async def try_channels(self, open_to_all: int, silent: int, hidden: int, others: int) -> None:
        """Try what permissions and authors decide."""
        attempt, channel = self.record.attempt, self.get_partial_messageable
        await attempt("send", channel(open_to_all).send("hello"))
        await attempt("send where it may not", channel(silent).send("hello"))
        await attempt("read what it can't see", self.fetch_channel(hidden))
        await attempt("edit another's", channel(open_to_all).get_partial_message(others).edit(content="mine"))
        await attempt("edit nothing", channel(open_to_all).get_partial_message(1).edit(content="mine"))
        await attempt("fetch nothing", self.fetch_channel(1))


async def answer_again(interaction: discord.Interaction) -> None:
    """Call the callback once more, which discord.py itself would refuse."""
    route = Route("POST", "/interactions/{i}/{t}/callback", i=interaction.id, t=interaction.token)
    await interaction.client.http.request(route, json={"type": 5})


def _unbound(
    method: Callable[[discord.Interaction], Awaitable[None]],
) -> Callable[[discord.Interaction], Coroutine[None, None, None]]:
    async def command(interaction: discord.Interaction) -> None:
        await method(interaction)

    return command


async def on_ours() -> Record:
    clock = ManualClock(time.time())

    async def pause(seconds: float) -> None:
        clock.advance(seconds)

    bot = Bot(pause)
    async with open_discord(clock.now) as server:
        silent, hidden = (server.world.add_channel(server.guild, name) for name in ("silent", "hidden"))
        everyone = server.guild.roles[server.guild.id]
        for who in (everyone, next(each for each in server.guild.roles.values() if each is not everyone)):
            server.world.deny(silent, who, Permission.SEND_MESSAGES)
            server.world.deny(hidden, who)
        async with open_client(server, bot):
            for name in ("ask", "hide", "late", "think"):
                bot.record.done.clear()
                asked = await server.people.command(server.person, server.channel, name)
                await asyncio.wait_for(bot.record.done.wait(), 30)
                if name == "ask":
                    assert asked.original is not None
                    await server.people.presses(server.person, asked.original, "Done")
                    await server.until(lambda: server.ephemerals(server.person))
            others = await server.people.says(server.person, server.channel, "mine")
            await bot.try_channels(server.channel.id, silent.id, hidden.id, others.id)
        bot.record.seen = [(each.content, each.is_ephemeral) for each in server.of_bot(server.channel)]
    return bot.record


async def on_simcord() -> Record:
    import simcord  # a second that only this test's process has to spend

    bot = Bot(asyncio.sleep)
    async with simcord.run(bot, check_errors=False) as env:
        guild = env.create_guild()
        channel = guild.create_text_channel("support")
        everyone = guild.default_role
        silent = guild.create_text_channel(
            "silent", overwrites={everyone: discord.PermissionOverwrite(send_messages=False)}
        )
        hidden = guild.create_text_channel(
            "hidden", overwrites={everyone: discord.PermissionOverwrite(view_channel=False)}
        )
        person = guild.add_member(env.create_user("asker"))
        await env.settle()
        for name in ("ask", "hide", "late", "think"):
            bot.record.done.clear()
            asked = await person.slash(channel, name)
            if not bot.record.done.is_set():
                await env.advance_time(601.0)
            await asyncio.wait_for(bot.record.done.wait(), 30)
            if name == "ask":
                assert asked.response is not None
                await person.click(asked.response.message, label="Done")
                await env.settle()
        others = await person.send(channel, "mine")
        await bot.try_channels(channel.id, silent.id, hidden.id, others.id)
        own = [each for each in channel.history(viewer=person) if each.author == bot.user]
        bot.record.seen = [(each.content, each.flags.ephemeral) for each in own]
    return bot.record


async def test_both_answer_every_attempt_alike() -> None:
    ours, theirs = await on_ours(), await on_simcord()
    # Discord knows no webhook before the first answer (10015); simcord lets the follow-up through
    assert ours.codes.pop("follow up before the answer") == 10015
    assert theirs.codes.pop("follow up before the answer") == 0
    assert ours.codes == theirs.codes
    assert theirs.seen == [("early", False), *ours.seen]
