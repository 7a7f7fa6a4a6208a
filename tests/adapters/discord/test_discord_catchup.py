"""What is read of a guild that was left alone for a while."""

from adapters.desk import LastHeard
from adapters.discord.catchup import DIRECT_LOOK_BACK_SECONDS, LOOK_BACK_SECONDS, MAX_CHANNELS, PAGE, CatchUp
from adapters.discord.payload import Payload, first_snowflake, text
from adapters.discord.rest import open_rest
from tests.adapters.discord.stages import open_speaking
from tests.fakes.listening_desk import ListeningDesk
from tests.servers.discord.world import ShiftedClock


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


async def test_of_a_channel_in_which_much_was_said_all_is_read_the_oldest_first() -> None:
    async with open_speaking() as speaking, open_rest(speaking.settings) as rest:
        server, clock = speaking.server, speaking.server.world.clock
        said = [f"question {number}?" for number in range(2 * PAGE + 1)]
        for each in said:
            await server.people.says(server.person, server.channel, each)
        guild = {"id": str(server.guild.id), "channels": [channel(server.channel.id, clock())], "threads": []}
        assert [text(each, "content") async for each in CatchUp(rest, clock=clock).missed(guild)] == said


async def test_direct_messages_are_read_from_the_last_question_on_and_of_the_last_day() -> None:
    clock = ShiftedClock(-2 * DIRECT_LOOK_BACK_SECONDS)
    async with open_speaking(clock) as speaking, open_rest(speaking.settings) as rest:
        people, ann = speaking.server.people, speaking.server.person
        bob = speaking.server.world.add_person("bob", speaking.server.guild)
        await people.writes_to_bot(bob, "too long ago?")
        clock.advance(1.5 * DIRECT_LOOK_BACK_SECONDS)
        heard = clock()
        clock.advance(1.0)
        await people.writes_to_bot(ann, "what else?")
        await people.writes_to_bot(bob, "and now?")
        ours = speaking.server.dm(ann), speaking.server.dm(bob)
        clock.advance(60.0)
        theirs = speaking.server.world.direct_channel(ann, bob)
        heard_in = [*((str(each.id), heard) for each in (ours[0], theirs)), (str(ours[1].id), heard - 90_000.0)]
        desk = ListeningDesk(heard=tuple(LastHeard(*each) for each in heard_in))
        found = [text(message, "content") async for message in CatchUp(rest, clock=clock).missed_directly(desk)]
        assert found == ["what else?", "and now?"]
