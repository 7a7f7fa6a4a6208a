"""What people do on the loopback Discord, as the real client hears of it."""

from collections.abc import AsyncIterator

import discord
import pytest

from tests.servers.discord.client import Told, open_client
from tests.servers.discord.server import LoopbackDiscord, open_discord


class Listener(discord.Client):
    """Notes what it is told."""

    def __init__(self) -> None:
        intents = discord.Intents.default()
        intents.members = True
        super().__init__(intents=intents, guild_ready_timeout=0.05)
        self.told = Told()

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        await self.told.add(f"edit {event.message.content} {event.message.edited_at is not None}")

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        await self.told.add(f"delete {event.message_id}")

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        await self.told.add(f"reaction {event.emoji}")

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        await self.told.add(f"no reaction {event.emoji}")

    async def on_thread_create(self, thread: discord.Thread) -> None:
        await self.told.add(f"thread {thread.name}")

    async def on_thread_update(self, _: discord.Thread, thread: discord.Thread) -> None:
        await self.told.add(f"archived {thread.archived}")

    async def on_member_join(self, member: discord.Member) -> None:
        await self.told.add(f"join {member.name}")

    async def on_member_update(self, _: discord.Member, member: discord.Member) -> None:
        await self.told.add(f"role {member.roles[-1].name}")

    async def on_raw_member_remove(self, event: discord.RawMemberRemoveEvent) -> None:
        await self.told.add(f"leave {event.user.name}")

    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        await self.told.add(f"no thread {event.thread_id}")

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self.told.add(f"guild {guild.name}")

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self.told.add(f"no guild {guild.name}")


@pytest.fixture
async def server() -> AsyncIterator[LoopbackDiscord]:
    async with open_discord() as server:
        yield server


async def test_whatever_people_do_is_told_in_words_that_the_client_knows(server: LoopbackDiscord) -> None:
    people, person = server.people, server.person
    staff = server.world.add_role(server.guild, "staff")
    elsewhere = server.world.add_guild("elsewhere", has_bot=False)
    newcomer = server.world.add_person("newcomer")
    async with open_client(server, listener := Listener()):
        dm = await people.writes_to_bot(person, "first")
        await people.unfurls(dm)
        await people.edits(dm, "second")
        await people.reacts(person, dm, "\N{THUMBS UP SIGN}")
        await people.takes_back(person, dm, "\N{THUMBS UP SIGN}")
        await people.deletes(dm)
        thread = await people.opens_thread(person, server.channel, "talk", text="hello")
        await people.archives(thread)
        await people.joins(newcomer, server.guild)
        await people.gets_role(newcomer, server.guild, staff)
        await people.leaves(newcomer, server.guild)
        await people.removes(thread)
        await people.invites_bot(elsewhere)
        await listener.told.until(12)
        await people.leaves(server.bot, elsewhere)
        await listener.told.until(13)
    assert listener.told.events == [
        "edit first False",
        "edit second True",
        "reaction \N{THUMBS UP SIGN}",
        "no reaction \N{THUMBS UP SIGN}",
        f"delete {dm.id}",
        "thread talk",
        "archived True",
        "join newcomer",
        "role staff",
        "leave newcomer",
        f"no thread {thread.id}",
        "guild elsewhere",
        "no guild elsewhere",
    ]
