"""Open the database. Two engines, because one write of all must outlive a power cut: the acceptance of a message.

On SQLite both write to one WAL; a commit with `synchronous=FULL` also secures whatever was written before it, and a
killed process loses nothing in either mode. PostgreSQL secures every commit and needs one engine only.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.conversations import Conversations
from bot.store.inbox import InboxRows
from bot.store.migrate import upgrade
from bot.store.turns import TurnRows


@dataclass(frozen=True, slots=True)
class Store:
    """All that survives a restart, table by table."""

    inbox: InboxRows
    turns: TurnRows
    conversations: Conversations


def url_of(file: Path) -> str:
    """Return the database URL of a file."""
    return f"sqlite+aiosqlite:///{file}"


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Store]:
    """Open the database at a SQLAlchemy URL with an async driver and bring its tables up to date."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        _keep_private(parsed)
        engine, durable = _build_sqlite(parsed, "NORMAL"), _build_sqlite(parsed, "FULL")
    else:
        engine = durable = create_async_engine(parsed, pool_pre_ping=True)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
        yield Store(InboxRows(engine, durable), TurnRows(engine), Conversations(engine))
    finally:
        await durable.dispose()
        await engine.dispose()


def _build_sqlite(url: sa.URL, synchronous: Literal["NORMAL", "FULL"]) -> AsyncEngine:
    # One connection: SQLite has one writer anyway, and a queue in the pool is fairer than its busy handler.
    engine = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=60)

    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 10000")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    sa.event.listen(engine.sync_engine, "connect", prepare)
    return engine


def _keep_private(url: sa.URL) -> None:
    # SQLite gives the WAL beside it the mode of the database.
    if url.database and url.database != ":memory:":
        file = Path(url.database)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
