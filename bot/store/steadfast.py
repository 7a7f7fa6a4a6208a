"""Let what was begun in the database end there, whatever becomes of whoever asked for it.

A driver that is cut off in the middle of a statement keeps its transaction, and with it the one write lock that SQLite
has, until its thread comes round to closing. Everybody else would wait for that, and under load give up.
"""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import wraps
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Class = TypeVar("_Class", bound=type)


def steadfast(work: Callable[_P, Coroutine[Any, Any, _T]]) -> Callable[_P, Coroutine[Any, Any, _T]]:
    """Finish the work when its caller is cancelled; only then is the caller."""

    @wraps(work)
    async def to_its_end(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        task = asyncio.create_task(work(*args, **kwargs))  # noqa: TID251 - awaited below in every case
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # the caller, gone, won't ask for it
            raise

    return to_its_end


def steadfast_rows(rows: _Class) -> _Class:
    """Make every operation of a class of rows steadfast."""
    for name, member in vars(rows).items():
        if inspect.iscoroutinefunction(member):
            setattr(rows, name, steadfast(member))
    return rows
