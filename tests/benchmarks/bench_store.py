"""The store under a busy event loop: each transaction whole on a thread, against the same awaited by statement."""

import asyncio
import inspect
import itertools
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

sys.path.insert(0, str(Path(__file__).parents[2]))

from adapters.contract import Address
from bot.running import _SWITCH_SECONDS
from bot.store.conversations import Conversations
from bot.store.engine import Store, open_store, url_of
from bot.store.inbox import Acceptance, InboxMessage, InboxRows
from bot.store.turns import TurnRows

_ROUNDS = 40
_BUSY_SECONDS = 0.004
"""A piece of the loop's other work, for example an edit of a live answer."""


def acceptance(number: int) -> Acceptance:
    """Return the first question of a conversation."""
    message = InboxMessage(
        id=f"m{number}",
        conversation_id=f"c{number}",
        address=Address("slack", "w", "c"),
        author="ann",
        text="how long does a refund take?",
        sent_at=1.0,
        received_at=1.0,
    )
    return Acceptance(message, "w", "c", frozenset({"ann"}))


async def keep_busy() -> None:
    """Leave the loop to others only between pieces of work."""
    while True:
        end = time.perf_counter() + _BUSY_SECONDS
        while time.perf_counter() < end:
            sum(range(50))
        await asyncio.sleep(0)


async def measure(one: Callable[[int], Awaitable[None]], *, numbers: Iterator[int], is_busy: bool) -> float:
    """Return the median milliseconds of many, one after the other."""
    async with asyncio.TaskGroup() as tasks:
        other = tasks.create_task(keep_busy() if is_busy else asyncio.sleep(0))
        seconds = []
        for number in itertools.islice(numbers, _ROUNDS):
            begun = time.perf_counter()
            await one(number)
            seconds.append(time.perf_counter() - begun)
        other.cancel()
        with suppress(asyncio.CancelledError):
            await other
    return median(seconds) * 1000


def on_threads(store: Store) -> Callable[[int], Awaitable[None]]:
    """Accept a question and claim its turn as the program does."""

    async def one(number: int) -> None:
        new = acceptance(number)
        await store.conversations.state_of(new.message.conversation_id)
        await store.inbox.add([new])
        await store.turns.claim(new.message.conversation_id, f"t{new.message.id}", 1.0)

    return one


def by_statement(store: Store, engine: AsyncEngine) -> Callable[[int], Awaitable[None]]:
    """Do the same with the same statements, each awaited over aiosqlite."""
    state_of, add, claim = (inspect.unwrap(each) for each in (Conversations.state_of, InboxRows.add, TurnRows.claim))

    async def one(number: int) -> None:
        new = acceptance(number)
        conversation = new.message.conversation_id
        async with engine.connect() as connection:
            await connection.run_sync(lambda sync: state_of(store.conversations, sync, conversation))
        async with engine.begin() as connection:
            await connection.run_sync(lambda sync: add(store.inbox, sync, [new]))
        async with engine.begin() as connection:
            await connection.run_sync(lambda sync: claim(store.turns, sync, conversation, f"t{number}", 1.0))

    return one


async def main() -> None:
    numbers = itertools.count()
    with tempfile.TemporaryDirectory() as folder:
        file, beside = Path(folder) / "ours.db", Path(folder) / "theirs.db"
        async with open_store(url_of(beside)):
            pass
        engine = create_async_engine(f"sqlite+aiosqlite:///{beside}", pool_size=1)
        sa.event.listen(
            engine.sync_engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = ON")
        )
        async with open_store(url_of(file)) as store:
            base = await measure(by_statement(store, engine), numbers=numbers, is_busy=True)
            print(f"  a question accepted and claimed while the loop is busy, by statement: {base:6.1f} ms")
            for seconds in (sys.getswitchinterval(), _SWITCH_SECONDS):
                sys.setswitchinterval(seconds)
                ours = await measure(on_threads(store), numbers=numbers, is_busy=True)
                after = f"{seconds * 1000:g} ms"
                print(
                    f"  the same on threads, interpreter passed on after {after}: {ours:6.1f} ms  {base / ours:5.1f}x"
                )
            idle = await measure(on_threads(store), numbers=numbers, is_busy=False)
            print(f"  on threads while the loop is idle: {idle:6.1f} ms")
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
