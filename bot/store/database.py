"""Who may write when. SQLite has one writer and lets the others poll; a lock of our own hands over at once.

Accepting a message is the one write that must outlive a power cut, so it has a connection of its own with
`synchronous=FULL`, and it goes first, since a platform waits for it. Both write to one WAL: such a commit also secures
what was written before it, and a killed process loses nothing in either mode. PostgreSQL secures every commit and needs
neither the lock nor the second engine.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.store.order import WriteOrder


@dataclass(frozen=True, slots=True)
class Database:
    """Connections by purpose."""

    engine: AsyncEngine
    durable: AsyncEngine
    readers: AsyncEngine
    writing: WriteOrder | None

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection that changes nothing."""
        return self.readers.connect()

    @asynccontextmanager
    async def write(self, *, is_durable: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a transaction, committed at the end; a durable one outlives a power cut."""
        engine = self.durable if is_durable else self.engine
        if self.writing is None:
            async with engine.begin() as connection:
                yield connection
        else:
            async with self.writing.hold(is_urgent=is_durable), engine.begin() as connection:
                yield connection
