"""Whole talks on Discord, from a person's message to what they see, and through what goes wrong on the way."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.contract import AgentEvent, TurnRequest
from tests.dialogues.discord_talk import open_talk
from tests.fakes.stepping_agent import SteppingAgent, answer_to, events_of
from tests.servers.discord.faults import Fault, What
from tests.servers.discord.server import LoopbackDiscord, open_discord


def answer(question: str) -> str:
    return f"Answer to {question}, word by word."


async def test_a_talk_in_a_thread_goes_on_without_mentions(tmp_path: Path) -> None:
    async with open_discord() as server, open_talk(tmp_path, server) as talk:
        asked = await server.people.mentions(server.person, server.channel, "how?")
        await talk.hears(answer("how?"))
        thread = server.world.channels[asked.id]
        await server.people.says(server.person, thread, "and then?")
        await talk.hears(answer("and then?"), where=thread)
        assert len({request.conversation_id for request in talk.agent.requests}) == 1
        other = server.world.add_person("other", server.guild)
        await server.people.says(other, thread, "I had that too")
        await server.people.mentions(other, thread, "is it known?")
        await talk.hears(answer("is it known?"), where=thread)
        assert not talk.said(answer("I had that too"))


async def test_a_command_is_answered_in_its_thread_and_the_talk_goes_on_there(tmp_path: Path) -> None:
    async with open_discord() as server, open_talk(tmp_path, server) as talk:
        used = await server.people.command(server.person, server.channel, "support", question="how?")
        await talk.hears(answer("how?"))
        assert used.original is not None
        thread = server.world.channels[used.original.id]
        await server.people.says(server.person, thread, "and then?")
        await talk.hears(answer("and then?"), where=thread)
        assert len({request.conversation_id for request in talk.agent.requests}) == 1


async def test_a_private_answer_is_shared_by_its_button(tmp_path: Path) -> None:
    async with open_discord() as server, open_talk(tmp_path, server) as talk:
        await server.people.command(server.person, server.channel, "support", question="how?", private=True)
        heard = await talk.hears(answer("how?"))
        assert heard.is_ephemeral
        await server.people.presses(server.person, heard, "Share with everyone")
        await server.until(lambda: [each for each in talk.said(answer("how?")) if not each.is_ephemeral])


async def test_a_person_is_fetched_and_the_bot_is_silent_until_staff_give_the_talk_back(tmp_path: Path) -> None:
    async with open_discord() as server:
        support = server.world.add_channel(server.guild, "staff")
        async with open_talk(tmp_path, server, support=support) as talk:
            asked = await server.people.mentions(server.person, server.channel, "how?")
            heard = await talk.hears(answer("how?"))
            await server.people.presses(server.person, heard, "Talk to a person")
            notice = await talk.hears("", where=support)
            thread = server.world.channels[asked.id]
            await server.people.mentions(server.person, thread, "anyone there?")
            staff = server.world.add_person("staff", server.guild)
            given_back = await server.people.presses(staff, notice, "Give back to the bot")
            await server.until(lambda: given_back.original)
            await server.people.mentions(server.person, thread, "how again?")
            await talk.hears(answer("how again?"), where=thread)
            assert not talk.said(answer("anyone there?"))


@pytest.mark.parametrize(
    "fault",
    [
        Fault("callback", What.RESET),
        Fault("callback", What.RESET, after_write=True),
        Fault("callback", status=503),
        Fault("thread.on_message", What.RESET),
        Fault("thread.on_message", What.RESET, after_write=True),
        Fault("message.create", What.RESET),
        Fault("message.create", What.RESET, after_write=True),
        Fault("message.edit", What.RESET, after_write=True),
    ],
    ids=lambda fault: f"{fault.route} {fault.what} {'after' if fault.after_write else 'before'} {fault.status}",
)
async def test_a_call_that_fails_leaves_one_whole_answer(tmp_path: Path, fault: Fault) -> None:
    async with open_discord() as server, open_talk(tmp_path, server) as talk:
        server.faults.add(fault)
        await server.people.command(server.person, server.channel, "support", question="how?")
        heard = await talk.hears(answer("how?"))
        assert heard.channel.is_thread
        await server.people.mentions(server.person, server.channel, "then?")
        await talk.hears(answer("then?"))
        assert (len(talk.said(answer("how?"))), len(talk.said(answer("then?")))) == (1, 1)


async def ask(server: LoopbackDiscord, *, is_command: bool) -> None:
    if is_command:
        await server.people.command(server.person, server.channel, "support", question="how?")
    else:
        await server.people.mentions(server.person, server.channel, "how?")


@pytest.mark.parametrize("is_command", [True, False])
@pytest.mark.parametrize("steps", [0, 3])
async def test_a_process_that_ends_in_mid_answer_is_continued_by_the_next(
    tmp_path: Path, is_command: bool, steps: int
) -> None:
    async with open_discord() as server:
        begun = asyncio.Event()

        def script(request: TurnRequest) -> list[AgentEvent | Exception]:
            begun.set()
            return [*events_of(answer_to(request))]

        agent = SteppingAgent(script, steps=asyncio.Semaphore(steps))
        async with open_talk(tmp_path, server, agent=agent):
            await ask(server, is_command=is_command)
            await asyncio.wait_for(begun.wait(), 30)
            if steps:
                await server.until(lambda: [each for each in server.world.messages.values() if each.buttons])
        async with open_talk(tmp_path, server) as talk:
            await talk.hears(answer("how?"))
        assert len(talk.said(answer("how?"))) == 1
        assert len([each for each in server.world.channels.values() if each.is_thread]) == 1


BREAKS: dict[str, Callable[[LoopbackDiscord], None]] = {
    "op 7": lambda server: server.gateway.reconnect_all(),
    "op 9, may resume": lambda server: server.gateway.invalidate_all(may_resume=True),
    "reset": lambda server: server.gateway.drop_all(),
    "close 4000": lambda server: server.gateway.close_all(4000),
    "a replay": lambda server: server.gateway.repeat(5),
}


async def test_breaks_of_the_connection_lose_and_double_nothing(tmp_path: Path) -> None:
    async with open_discord() as server, open_talk(tmp_path, server) as talk:
        for name, break_ in BREAKS.items():
            await server.people.mentions(server.person, server.channel, f"before {name}?")
            break_(server)
            await server.people.mentions(server.person, server.channel, f"after {name}?")
            await talk.hears(answer(f"before {name}?"))
            await talk.hears(answer(f"after {name}?"))
            for when in ("before", "after"):
                assert len(talk.said(answer(f"{when} {name}?"))) == 1
