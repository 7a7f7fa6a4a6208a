"""Transactions, each whole on a thread of the database: who reads, who writes, and who must outlive a power cut.

SQLite has one writer, so one thread writes. What people said must outlive a power cut, and a platform waits until it is
kept: it goes first, over a connection with `synchronous=FULL`. A turn's book-keeping waits for no disk. Both write to
one WAL: a secured commit also secures what was written before it, and a killed process loses nothing in either mode.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from bot.store.executor import PriorityExecutor

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind of transaction reaches the database."""

    engine: sa.Engine
    executor: PriorityExecutor
    is_urgent: bool = False

    async def run(self, work: Callable[[sa.Connection], _T]) -> _T:
        """Run the work as one transaction, committed at its end, rolled back when it raises."""

        def transaction() -> _T:
            with self.engine.begin() as connection:
                return work(connection)

        return await self.executor.do(transaction, is_urgent=self.is_urgent)


@dataclass(frozen=True, slots=True)
class Database:
    """The ways to the database. What `secured` commits outlives a power cut."""

    reading: Way
    writing: Way
    secured: Way

    async def close(self) -> None:
        """End what is under way, then close all connections."""
        ways = (self.reading, self.writing, self.secured)
        for executor in dict.fromkeys(way.executor for way in ways):
            await executor.close()
        for engine in dict.fromkeys(way.engine for way in ways):
            engine.dispose()


class Rows:
    """Tables, and what is done with them."""

    def __init__(self, database: Database) -> None:
        self.database = database


_Rows = TypeVar("_Rows", bound=Rows)
Work = Callable[Concatenate[_Rows, sa.Connection, _P], _T]
Operation = Callable[Concatenate[_Rows, _P], Coroutine[Any, Any, _T]]


def _as_transaction(work: Work[_Rows, _P, _T], way_of: Callable[[Database], Way]) -> Operation[_Rows, _P, _T]:
    @wraps(work)
    async def operation(rows: _Rows, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await way_of(rows.database).run(lambda connection: work(rows, connection, *args, **kwargs))

    return operation


def reads(work: Work[_Rows, _P, _T]) -> Operation[_Rows, _P, _T]:
    """Make a method that changes nothing a transaction, to be awaited without its connection."""
    return _as_transaction(work, lambda database: database.reading)


def writes(work: Work[_Rows, _P, _T]) -> Operation[_Rows, _P, _T]:
    """Make a method a transaction, to be awaited without its connection."""
    return _as_transaction(work, lambda database: database.writing)


def secures(work: Work[_Rows, _P, _T]) -> Operation[_Rows, _P, _T]:
    """Make a method a transaction that goes first and outlives a power cut."""
    return _as_transaction(work, lambda database: database.secured)
