"""Open the database of a URL, with the connections that its kind needs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.books import Books
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.forgetting import Forgetting
from bot.store.handoffs import HandOffRows
from bot.store.inbox import InboxRows
from bot.store.migrate import upgrade
from bot.store.notices import NoticeRows
from bot.store.order import WriteOrder
from bot.store.steadfast import steadfast
from bot.store.talks import TalkRows
from bot.store.turns import TurnRows
from bot.store.whereabouts import WhereaboutsRows


@dataclass(frozen=True, slots=True)
class Store:
    """All that survives a restart, table by table."""

    database: Database
    inbox: InboxRows
    turns: TurnRows
    conversations: Conversations
    handoffs: HandOffRows
    notices: NoticeRows
    whereabouts: WhereaboutsRows
    talks: TalkRows
    books: Books
    forgetting: Forgetting


def url_of(file: Path) -> str:
    """Return the database URL of a file."""
    return f"sqlite+aiosqlite:///{file}"


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Store]:
    """Open the database at a SQLAlchemy URL with an async driver and bring its tables up to date."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        _keep_private(parsed)
        engines = _build_sqlite(parsed, "NORMAL"), _build_sqlite(parsed, "FULL"), _build_sqlite(parsed, "NORMAL")
        database = Database(*engines, WriteOrder())
    else:
        engine = create_async_engine(parsed, pool_pre_ping=True, hide_parameters=True)
        database = Database(engine, engine, engine, None)
    try:
        await _upgrade(database)
        yield Store(
            database,
            InboxRows(database),
            TurnRows(database),
            Conversations(database),
            HandOffRows(database),
            NoticeRows(database),
            WhereaboutsRows(database),
            TalkRows(database),
            Books(database),
            Forgetting(database),
        )
    finally:
        for each in {database.readers, database.durable, database.engine}:
            await each.dispose()


@steadfast
async def _upgrade(database: Database) -> None:
    async with database.write() as connection:
        await connection.run_sync(upgrade)


def _build_sqlite(url: sa.URL, synchronous: Literal["NORMAL", "FULL"]) -> AsyncEngine:
    # One connection for each purpose: SQLite has one writer anyway, and each connection is a thread.
    # Hidden parameters: an error's text goes into the log, and must not take along what people wrote.
    engine = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=60, hide_parameters=True)

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
