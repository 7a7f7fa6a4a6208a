"""One crash and what came of it: a bot is killed, another takes up its work, the wall is counted."""

import asyncio
import os
import random
import signal
from dataclasses import dataclass, replace
from pathlib import Path

from bot.store.engine import open_store, url_of
from tests.servers.nursery import Nursery
from tests.servers.wall_server import Crash, WallServer, When, open_wall_server

QUESTIONS = ("alpha", "beta")


def answer_to(question: str) -> str:
    """Return what the process's agent answers."""
    return f"Answer to {question}, word by word."


def _is_final(text: str) -> bool:
    return text.endswith("by word.")


def _is_partial(text: str) -> bool:
    return not text.endswith("by word.")


POINTS = {
    "before the acceptance is told": Crash("ack"),
    "after the acceptance is told": Crash("ack", when=When.AFTER),
    "before the second acceptance": Crash("ack", nth=2),
    "before the first word": Crash("step"),
    "before the first post": Crash("post"),
    "after the first post, its reference unknown": Crash("post", when=When.AFTER),
    "while the reference is being stored": Crash("post", when=When.ANSWERED),
    "after the second post, its reference unknown": Crash("post", nth=2, when=When.AFTER),
    "in mid-stream": Crash("step", nth=5),
    "later in mid-stream": Crash("step", nth=9, when=When.AFTER),
    "before an edit": Crash("edit", of=_is_partial),
    "after an edit, unconfirmed": Crash("edit", of=_is_partial, when=When.AFTER),
    "before the final edit": Crash("edit", of=_is_final),
    "after the final edit, unconfirmed": Crash("edit", of=_is_final, when=When.AFTER),
    "while the turn is being closed": Crash("edit", of=_is_final, when=When.ANSWERED),
    "idle": Crash("idle", of=lambda accepted: accepted == "2", when=When.ANSWERED),
}
"""Every point of a turn, by name."""


@dataclass(frozen=True, slots=True)
class Result:
    """What is wrong on the wall after a crash; all should be 0."""

    lost: int
    doubled: int
    orphans: int
    unasked: int

    def __add__(self, other: "Result") -> "Result":
        """Add up."""
        return Result(
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.orphans + other.orphans,
            self.unasked + other.unasked,
        )


async def prepare(home: Path) -> Path:
    """Make the empty database that each crash begins with, and return its file."""
    async with open_store(url_of(home / "firstline.db")):
        return home / "firstline.db"


async def crash_once(
    nursery: Nursery, point: Crash, home: Path, *, is_redelivered: bool, chance: random.Random
) -> Result:
    """Ask two questions, kill the bot at a point, start it again and count. `home` holds an empty database."""
    crash = replace(point, delay_seconds=chance.random() * 0.01)
    questions = [{"id": f"id-{each}", "text": each, "where": f"c-{each}"} for each in QUESTIONS]
    async with open_wall_server(crash) as wall:
        await asyncio.to_thread(nursery.start, wall.port, home)
        await wall.deliver(questions)
        exit_code = await asyncio.to_thread(nursery.wait)
        assert exit_code == -signal.SIGKILL, f"not killed: {exit_code}"
        wall.crash = None
        await wall.until(lambda w: w.is_alone)
        written_before = _writes(wall) if wall.idle_after == len(questions) else {}
        wall.idle_after = -1
        second = await asyncio.to_thread(nursery.start, wall.port, home)
        try:
            await wall.until(lambda w: w.idle_after == 0)
            if is_redelivered:
                await wall.deliver(questions * 2)
                await wall.until(lambda w: w.idle_after == 2 * len(questions))
        finally:
            os.kill(second, signal.SIGKILL)
            await asyncio.to_thread(nursery.wait)
            await wall.until(lambda w: w.is_alone)
        return _count(wall, written_before)


def _writes(wall: WallServer) -> dict[str, int]:
    """Return how often each message was written."""
    return {reference: sum(1 for each, _ in wall.writes if each == reference) for reference in wall.messages}


def _count(wall: WallServer, written_before: dict[str, int]) -> Result:
    texts = [each["text"] for each in wall.messages.values()]
    promised = [each for each in QUESTIONS if f"id-{each}" in wall.acked]
    final = {answer_to(each) for each in QUESTIONS}
    return Result(
        lost=sum(1 for each in promised if answer_to(each) not in texts),
        doubled=sum(max(0, texts.count(each) - 1) for each in final),
        orphans=sum(1 for each in texts if each not in final),
        unasked=sum(1 for name, times in _writes(wall).items() if written_before and times != written_before.get(name)),
    )
