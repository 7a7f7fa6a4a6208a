"""What was begun in the database ends there."""

import asyncio
import inspect
from dataclasses import fields
from typing import get_type_hints

import pytest

from bot.store.engine import Store
from bot.store.steadfast import steadfast, steadfast_rows


@steadfast_rows
class Rows:
    """An operation that takes as long as it is told."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.is_done = False

    async def write(self) -> str:
        self.begun.set()
        await self.may_end.wait()
        self.is_done = True
        return "written"

    async def fail(self) -> None:
        self.begun.set()
        await self.may_end.wait()
        raise ValueError


async def test_an_operation_returns_what_it_returns() -> None:
    rows = Rows()
    rows.may_end.set()
    assert await rows.write() == "written"


@pytest.mark.parametrize("times", [1, 3])
async def test_a_cancelled_caller_is_cancelled_once_the_operation_has_ended(times: int) -> None:
    rows = Rows()
    async with asyncio.TaskGroup() as tasks:
        caller = tasks.create_task(rows.write())
        await rows.begun.wait()
        for _ in range(times):
            caller.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not caller.done()
        rows.may_end.set()
    assert caller.cancelled()
    assert rows.is_done


async def test_a_failure_that_nobody_waits_for_is_no_noise() -> None:
    rows = Rows()
    noises: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noises.append(context))
    async with asyncio.TaskGroup() as tasks:
        caller = tasks.create_task(rows.fail())
        await rows.begun.wait()
        caller.cancel()
        await asyncio.sleep(0)
        rows.may_end.set()
    assert (caller.cancelled(), noises) == (True, [])


async def test_a_failure_reaches_a_caller_who_waits() -> None:
    @steadfast
    async def fail() -> None:
        raise ValueError("disk full")

    with pytest.raises(ValueError, match="disk full"):
        await fail()


async def test_a_timeout_is_one_only_after_the_operation() -> None:
    rows = Rows()
    asyncio.get_running_loop().call_later(0.02, rows.may_end.set)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await rows.write()
    assert rows.is_done


@pytest.mark.parametrize("name", [each.name for each in fields(Store) if each.name != "database"])
def test_every_operation_of_the_store_is_steadfast(name: str) -> None:
    rows = get_type_hints(Store)[name]
    operations = [each for each in vars(rows).values() if inspect.iscoroutinefunction(inspect.unwrap(each))]
    assert operations
    assert [each.__name__ for each in operations if not hasattr(each, "__wrapped__")] == []
