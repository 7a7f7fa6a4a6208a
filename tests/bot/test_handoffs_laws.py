"""Random hand-offs, returns, lost answers and crashes: people are told of each hand-off exactly once."""

import asyncio
import random
import tempfile
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contract import Wish
from bot import wording
from tests.fakes.desk import Desk, open_desk
from tests.fakes.plain_replies import PlainReplies
from tests.fakes.stepping_agent import SteppingAgent
from tests.fakes.talk import SUPPORT
from tests.fakes.wall import MemoryWall

STEPS = st.lists(st.sampled_from(["person", "back", "settle", "hang", "crash"]), min_size=1, max_size=16)


class Crashed(Exception):
    """The process is gone."""


@dataclass(slots=True)
class World:
    """What outlives the bot's processes."""

    home: Path
    wall: MemoryWall
    starts: int = 0
    steps: list[str] = field(default_factory=list)

    def open(self) -> AbstractAsyncContextManager[Desk]:
        self.starts += 1
        replies = PlainReplies(self.wall)
        return open_desk(self.home, agent=SteppingAgent(), replies=replies, support=SUPPORT, first_id=self.starts)

    async def live(self) -> None:
        """Take the steps, in as many processes as it needs, and let the last one say all that is left."""
        while self.steps:
            try:
                async with self.open() as desk:
                    await desk.notices.take_up()
                    while self.steps:
                        await self._take(self.steps.pop(0), desk)
            except* Crashed:
                pass
        self.wall.hangs = 0
        async with self.open() as desk:
            await desk.notices.take_up()
            await desk.notices.join()
            assert await desk.notices.take_up() == 0
            rows = await desk.select("SELECT given_back_at IS NULL FROM handoffs ORDER BY opened_at")
            self.check([bool(row[0]) for row in rows])

    async def _take(self, step: str, desk: Desk) -> None:
        match step:
            case "person":
                await desk.presses(Wish.PERSON)
            case "back":
                await desk.presses(Wish.GIVE_BACK, by="staff")
            case "settle":
                for _ in range(500):
                    await asyncio.sleep(0)
            case "hang":
                self.wall.hangs = 1
            case "crash":
                raise Crashed

    def check(self, are_open: list[bool]) -> None:
        """Assert that people and the asker were told of each hand-off once, or were spared what was over by then."""
        keys = [message.key for message in self.wall.messages.values()]
        assert len(keys) == len(set(keys)), "a notice stands there twice"
        told = self.wall.texts("help")
        wanted = sum("A person is wanted" in text for text in told)
        assert sum(are_open) <= wanted + sum("has given" in text for text in told) <= len(are_open)
        here = self.wall.texts("c1")
        assert here.count(wording.BACK) == are_open.count(False)
        assert sum(are_open) <= here.count(wording.ASKED) <= len(are_open)


@settings(max_examples=20, deadline=None)
@given(steps=STEPS, lost=st.sampled_from([0.0, 0.3]), down=st.sampled_from([0.0, 0.2]), seed=st.integers(0, 1000))
def test_people_are_told_of_each_hand_off_once(steps: list[str], lost: float, down: float, seed: int) -> None:
    async def scenario(home: Path) -> None:
        wall = MemoryWall(lost=lost, down=down, chance=random.Random(seed))
        await World(home, wall, steps=list(steps)).live()

    with tempfile.TemporaryDirectory() as home:
        asyncio.run(scenario(Path(home)))
