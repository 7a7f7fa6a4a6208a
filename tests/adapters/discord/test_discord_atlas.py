"""What is remembered of channels and threads."""

from adapters.discord.atlas import Atlas
from adapters.discord.places import PlaceKind
from adapters.discord.rest import open_rest
from adapters.recent import KEPT
from tests.adapters.discord.stages import Speaking, open_speaking
from tests.servers.discord.records import ChannelKind


async def open_post(speaking: Speaking) -> tuple[str, str]:
    """Return the ids of a guild and of a post in a forum there."""
    server = speaking.server
    forum = server.world.add_channel(server.guild, "help", ChannelKind.FORUM)
    post = await server.people.opens_forum_post(server.person, forum, "It broke", "the export fails")
    return str(server.guild.id), str(post.id)


async def test_a_thread_that_was_forgotten_is_looked_up_again() -> None:
    async with open_speaking() as speaking, open_rest(speaking.settings) as rest:
        guild, post = await open_post(speaking)
        atlas = Atlas(rest)
        found = await atlas.find(post, guild=guild)
        assert (found.kind, found.title) == (PlaceKind.FORUM_POST, "It broke")
        for number in range(KEPT):
            atlas.take("THREAD_CREATE", {"id": str(number), "guild_id": guild, "type": 11, "parent_id": "1"}, me="")
        assert atlas.known(post) is None
        assert await atlas.find(post, guild=guild) == found


async def test_a_thread_that_was_deleted_is_known_no_more() -> None:
    async with open_speaking() as speaking, open_rest(speaking.settings) as rest:
        guild, post = await open_post(speaking)
        atlas = Atlas(rest)
        await atlas.find(post, guild=guild)
        atlas.take("THREAD_DELETE", {"id": post, "guild_id": guild}, me="")
        assert atlas.known(post) is None
