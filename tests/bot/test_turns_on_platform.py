"""The turns with the adapters' own scheduler and editor: a crash in mid-answer ends in one whole message."""

import asyncio
from pathlib import Path

from adapters.contract import Address, Content, MessageReference, Receipt
from adapters.limits import Limits, build_discord_limits
from adapters.scheduler import ReplyScheduler
from tests.fakes.desk import open_desk
from tests.fakes.stepping_agent import SteppingAgent, answer_to
from tests.fakes.wall import MemoryWall


class WallPlatform:
    """A wall as adapters.contract.Platform that can be searched."""

    def __init__(self, wall: MemoryWall) -> None:
        self.limits: Limits = build_discord_limits()
        self._wall = wall

    async def post(self, address: Address, content: Content, *, key: str) -> Receipt:
        return Receipt(MessageReference(address, await self._wall.post(address.channel, content.text, key=key)))

    async def edit(self, reference: MessageReference, content: Content) -> Receipt:
        await self._wall.edit(reference.message, content.text)
        return Receipt(reference)

    async def upload(self, address: Address, name: str, text: str, *, key: str) -> None:
        await self._wall.post(address.channel, f"{name}: {text}", key=key)

    async def find(self, address: Address, key: str) -> MessageReference | None:
        found = await self._wall.find(key)
        return None if found is None else MessageReference(address, found)


def open_replies(wall: MemoryWall) -> ReplyScheduler:
    return ReplyScheduler(WallPlatform(wall), clock=asyncio.get_running_loop().time)


async def test_an_answer_cut_off_by_a_crash_is_completed_in_its_own_message(tmp_path: Path) -> None:
    wall, agent = MemoryWall(), SteppingAgent(steps=asyncio.Semaphore(4))
    async with open_desk(tmp_path, agent=agent, replies=open_replies(wall)) as desk:
        await desk.says("one")
        await wall.until(lambda w: bool(w.messages))
    agent.steps = None
    async with open_desk(tmp_path, agent=agent, replies=open_replies(wall), first_id=2) as desk:
        assert await desk.turns.take_up() == 1
        await desk.turns.join()
    assert wall.texts() == [answer_to(agent.requests[0])]


async def test_a_post_whose_reference_was_never_stored_is_found_again(tmp_path: Path) -> None:
    wall, agent = MemoryWall(hangs=1), SteppingAgent(steps=asyncio.Semaphore(4))
    async with open_desk(tmp_path, agent=agent, replies=open_replies(wall)) as desk:
        await desk.says("one")
        await wall.until(lambda w: bool(w.messages))
    agent.steps = None
    async with open_desk(tmp_path, agent=agent, replies=open_replies(wall), first_id=2) as desk:
        await desk.turns.take_up()
        await desk.turns.join()
    assert wall.texts() == [answer_to(agent.requests[0])]
