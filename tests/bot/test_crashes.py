"""A real process is killed at every point of a turn; another finishes what it began, and nothing else."""

import asyncio
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.crashes import POINTS, Result, crash_once, prepare
from tests.servers.nursery import Nursery, open_nursery


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
