"""Open the database of a URL, with the connections that its kind needs."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.books import Books
from bot.store.conversations import Conversations
from bot.store.database import Database, Way
from bot.store.executor import PriorityExecutor
from bot.store.forgetting import Forgetting
from bot.store.handoffs import HandOffRows
from bot.store.inbox import InboxRows
from bot.store.migrate import upgrade
from bot.store.notices import NoticeRows
from bot.store.talks import TalkRows
from bot.store.turns import TurnRows
from bot.store.whereabouts import WhereaboutsRows

_READERS = 2
"""So that a long look at the books keeps no one waiting."""
_CONNECTIONS = 8


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
    return f"sqlite:///{file}"


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Store]:
    """Open the database at a SQLAlchemy URL and bring its tables up to date."""
    parsed = sa.make_url(url)
    database = _open_sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _open_server(parsed)
    try:
        await database.writing.run(upgrade)
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
        await database.close()


def _open_sqlite(url: sa.URL) -> Database:
    _keep_private(url)
    readers, writer = PriorityExecutor("reading", _READERS), PriorityExecutor("writing")
    return Database(
        reading=Way(_build_sqlite(url, begin="BEGIN"), readers),
        writing=Way(_build_sqlite(url, begin="BEGIN IMMEDIATE"), writer),
        secured=Way(_build_sqlite(url, begin="BEGIN IMMEDIATE", synchronous="FULL"), writer, is_urgent=True),
    )


def _open_server(url: sa.URL) -> Database:
    """Open a database with many writers, which secures every commit."""
    engine = sa.create_engine(url, pool_size=_CONNECTIONS, pool_pre_ping=True, hide_parameters=True)
    executor = PriorityExecutor("database", _CONNECTIONS)
    way = Way(engine, executor)
    return Database(reading=way, writing=way, secured=Way(engine, executor, is_urgent=True))


def _build_sqlite(url: sa.URL, *, begin: str, synchronous: Literal["NORMAL", "FULL"] = "NORMAL") -> sa.Engine:
    # Hidden parameters: an error's text goes into the log, and must not take along what people wrote.
    engine = sa.create_engine(url, pool_size=_READERS, hide_parameters=True)

    def prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        # Transactions begin by the statement below: the driver would begin them late, after the first reads.
        connection.isolation_level = None
        for setting in (
            "busy_timeout = 10000",
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {setting}")

    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", start)
    return engine


def _keep_private(url: sa.URL) -> None:
    # SQLite gives the WAL beside it the mode of the database.
    if url.database and url.database != ":memory:":
        file = Path(url.database)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
