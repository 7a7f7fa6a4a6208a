"""Kill a bot at every point of a turn, 20 rounds each, with and without redelivery; count what is wrong afterwards."""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.servers.crashes import POINTS, Result, crash_once, prepare
from tests.servers.nursery import Nursery, open_nursery
from tests.servers.wall_server import Crash


async def measure(nursery: Nursery, point: Crash, database: Path, *, is_redelivered: bool, rounds: int) -> Result:
    """Return the sum of all rounds; the moments of the kills differ by up to 10 ms where they can."""
    total, chance = Result(0, 0, 0, 0), random.Random(rounds)
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as home:
            shutil.copy(database, home)
            total += await crash_once(nursery, point, Path(home), is_redelivered=is_redelivered, chance=chance)
    return total


async def main(rounds: int, at_once: int) -> None:
    """Print a row for each point, in the order in which they are done."""
    title = f"killed, {rounds} rounds each"
    print(f"{title:<48} {'again':>5} {'lost':>5} {'doubled':>8} {'orphans':>8} {'unasked':>8}", flush=True)
    rows = iter([(name, is_redelivered) for name in POINTS for is_redelivered in (False, True)])

    async def work(database: Path) -> None:
        with open_nursery() as nursery:
            for name, is_redelivered in rows:
                point = POINTS[name]
                sum_ = await measure(nursery, point, database, is_redelivered=is_redelivered, rounds=rounds)
                again = "yes" if is_redelivered else "no"
                row = f"{sum_.lost:>5} {sum_.doubled:>8} {sum_.orphans:>8} {sum_.unasked:>8}"
                print(f"{name:<48} {again:>5} {row}", flush=True)

    with tempfile.TemporaryDirectory() as empty:
        database = await prepare(Path(empty))
        async with asyncio.TaskGroup() as tasks:
            for _ in range(at_once):
                tasks.create_task(work(database))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=4)
    options = parser.parse_args()
    asyncio.run(main(options.rounds, options.at_once))
