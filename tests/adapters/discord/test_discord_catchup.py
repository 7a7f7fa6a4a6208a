"""What is read of a guild that was left alone for a while."""

from adapters.discord.catchup import LOOK_BACK_SECONDS, MAX_CHANNELS, CatchUp
from adapters.discord.payload import Payload, first_snowflake, text
from adapters.discord.rest import open_rest
from tests.adapters.discord.stages import open_speaking


def channel(id_: int, last_message_at: float) -> Payload:
    return {"id": str(id_), "last_message_id": str(first_snowflake(last_message_at))}


async def test_where_too_much_is_new_the_latest_is_read() -> None:
    async with open_speaking() as speaking, open_rest(speaking.settings) as rest:
        server, clock = speaking.server, speaking.server.world.clock
        await server.people.says(server.person, server.channel, "anybody there?")
        now = clock()
        busy = [channel(number, now - 60) for number in range(1, MAX_CHANNELS + 1)]
        silent = channel(900, now - LOOK_BACK_SECONDS - 1)
        guild = {"id": str(server.guild.id), "channels": [*busy, silent], "threads": [channel(server.channel.id, now)]}
        found = [text(message, "content") async for message in CatchUp(rest, clock=clock).missed(guild)]
        assert found == ["anybody there?"]
        assert len(server.calls("message.list")) == MAX_CHANNELS
