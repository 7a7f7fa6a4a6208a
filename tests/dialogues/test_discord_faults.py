"""What goes wrong on the way from a person's message on Discord to what they see: one whole answer all the same."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.contract import AgentEvent, TurnRequest
from tests.dialogues.discord_core import open_talk
from tests.fakes.stepping_agent import SteppingAgent, answer_to, events_of
from tests.servers.discord.faults import Fault, What
from tests.servers.discord.server import LoopbackDiscord, open_discord


def answer(question: str) -> str:
    return f"Answer to {question}, word by word."


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
