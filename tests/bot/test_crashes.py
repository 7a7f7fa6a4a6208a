"""A real process is killed at every point of a turn; another finishes what it began, and nothing else."""

import asyncio
import random
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.crashes import POINTS, Result, answer_to, crash_once, prepare
from tests.servers.nursery import Nursery, open_nursery
from tests.servers.wall_server import Crash, When, open_wall_server


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with open_nursery() as started:
        yield started


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(prepare(tmp_path_factory.mktemp("empty")))


@pytest.mark.parametrize("is_redelivered", [False, True], ids=["delivered once", "delivered again"])
@pytest.mark.parametrize("point", POINTS)
async def test_a_killed_bot_answers_each_question_once(
    nursery: Nursery, empty_database: Path, point: str, is_redelivered: bool, tmp_path: Path
) -> None:
    shutil.copy(empty_database, tmp_path)
    chance = random.Random(point)
    result = await crash_once(nursery, POINTS[point], tmp_path, is_redelivered=is_redelivered, chance=chance)
    assert result == Result(lost=0, doubled=0, orphans=0, unasked=0)


async def test_a_bot_that_is_asked_to_end_finishes_the_answer_under_way_and_exits_with_0(
    nursery: Nursery, empty_database: Path, tmp_path: Path
) -> None:
    shutil.copy(empty_database, tmp_path)
    asked_to_end = Crash("step", nth=5, when=When.ANSWERED, number=signal.SIGTERM)
    async with open_wall_server(asked_to_end) as wall:
        await asyncio.to_thread(nursery.start, wall.port, tmp_path)
        await wall.deliver([{"id": "id-alpha", "text": "alpha", "where": "c-alpha"}])
        assert await asyncio.to_thread(nursery.wait) == 0
        assert [message["text"] for message in wall.messages.values()] == [answer_to("alpha")]
