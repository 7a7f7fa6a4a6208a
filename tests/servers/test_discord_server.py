"""The loopback Discord seen through the real discord.py over a real socket."""

from collections.abc import AsyncIterator

import discord
import pytest

from tests.servers.discord.client import open_client
from tests.servers.discord.server import LoopbackDiscord, open_discord


@pytest.fixture
async def server() -> AsyncIterator[LoopbackDiscord]:
    async with open_discord() as server:
        yield server


async def test_a_client_logs_in_and_answers_what_people_say(server: LoopbackDiscord) -> None:
    async with open_client(server) as client:

        async def on_message(message: discord.Message) -> None:
            if message.author != client.user:
                await message.reply(f"you said: {message.content}")

        client.event(on_message)
        await server.people.mentions(server.person, server.channel, "hello")
        [answer] = await server.until(lambda: server.of_bot(server.channel))
    assert answer.content == f"you said: {server.bot.mention} hello"
    assert answer.pings.users == {server.person.id}
