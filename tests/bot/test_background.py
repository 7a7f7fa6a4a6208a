"""What stood in a thread before the bot was asked is read once, and never keeps an answer away."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.contract import Surface, ThreadMessage
from adapters.errors import AdapterError, NotPermitted, Unreachable
from agents.contract import Said
from tests.fakes.desk import message
from tests.fakes.stepping_agent import SteppingAgent
from tests.fakes.talk import HERE, build_platform, open_talk

STOOD = (
    ThreadMessage("U1", "Ann", "The export fails."),
    ThreadMessage("U2", "", "since today"),
    ThreadMessage("U3", "Joe", " "),
)


async def test_the_first_turn_in_a_thread_gets_who_said_what_before(tmp_path: Path) -> None:
    platform, agent = build_platform(), SteppingAgent()
    platform.stood = STOOD
    async with open_talk(tmp_path, platform, agent) as desk:
        for number in range(2):
            await desk.says("why?", id=f"q{number}")
            await desk.turns.join()
    assert [request.background for request in agent.requests] == [
        (Said("Ann", "The export fails."), Said("U2", "since today")),
        (),
    ]
    assert platform.reads == [(HERE, "q0")]


async def test_a_channel_is_not_read(tmp_path: Path) -> None:
    platform, agent = build_platform(), SteppingAgent()
    async with open_talk(tmp_path, platform, agent) as desk:
        await desk.front.receive(replace(message("q1", "why?"), surface=Surface.CHANNEL))
        await desk.turns.join()
    assert platform.reads == []


@pytest.mark.parametrize("error", [Unreachable(), NotPermitted("channels:history")])
async def test_a_thread_that_cannot_be_read_is_done_without(tmp_path: Path, error: AdapterError) -> None:
    platform, agent = build_platform(), SteppingAgent()
    platform.read_error = error
    async with open_talk(tmp_path, platform, agent) as desk:
        await desk.says("why?")
        await desk.turns.join()
    assert [request.background for request in agent.requests] == [()]
    assert len(platform.visible(HERE)) == 1
