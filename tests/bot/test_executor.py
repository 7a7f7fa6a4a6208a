"""What was given to the database's threads is done there, urgent pieces first, whatever becomes of who gave it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bot.store.executor import PriorityExecutor


@asynccontextmanager
async def open_executor() -> AsyncIterator[PriorityExecutor]:
    executor = PriorityExecutor("test")
    try:
        yield executor
    finally:
        await executor.close()


class Gate:
    """Work that takes as long as it is told."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.begun = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._may_end = threading.Event()
        self._then = then
        self.is_done = False

    def open(self) -> None:
        self._may_end.set()

    def __call__(self) -> str:
        self._loop.call_soon_threadsafe(self.begun.set)
        self._may_end.wait()
        self.is_done = True
        self._then()
        return "written"


def fail() -> None:
    raise ValueError("disk full")


async def test_work_returns_what_it_returns() -> None:
    async with open_executor() as executor:
        assert await executor.do(lambda: "written") == "written"


async def test_a_failure_reaches_a_caller_who_waits() -> None:
    async with open_executor() as executor:
        with pytest.raises(ValueError, match="disk full"):
            await executor.do(fail)


async def test_urgent_work_goes_before_patient_work_each_in_the_order_of_coming() -> None:
    done = list[str]()
    async with open_executor() as executor, asyncio.TaskGroup() as tasks:
        first = Gate()
        tasks.create_task(executor.do(first))
        await first.begun.wait()
        for name in "abCdE":
            tasks.create_task(executor.do(lambda name=name: done.append(name), is_urgent=name.isupper()))  # type: ignore[misc] # bound now
        await asyncio.sleep(0)
        first.open()
    assert "".join(done) == "CEabd"


@pytest.mark.parametrize("times", [1, 3])
async def test_a_cancelled_caller_is_cancelled_once_the_work_has_ended(times: int) -> None:
    async with open_executor() as executor, asyncio.TaskGroup() as tasks:
        gate = Gate()
        caller = tasks.create_task(executor.do(gate))
        await gate.begun.wait()
        for _ in range(times):
            caller.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not caller.done()
        gate.open()
    assert caller.cancelled()
    assert gate.is_done


async def test_work_that_has_not_begun_is_done_too_when_its_caller_is_cancelled() -> None:
    done = list[str]()
    async with open_executor() as executor, asyncio.TaskGroup() as tasks:
        first = Gate()
        tasks.create_task(executor.do(first))
        second = tasks.create_task(executor.do(lambda: done.append("second")))
        await first.begun.wait()
        second.cancel()
        await asyncio.sleep(0)
        first.open()
    assert (second.cancelled(), done) == (True, ["second"])


async def test_a_failure_that_nobody_waits_for_is_no_noise() -> None:
    noises: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noises.append(context))
    async with open_executor() as executor, asyncio.TaskGroup() as tasks:
        gate = Gate(then=fail)
        caller = tasks.create_task(executor.do(gate))
        await gate.begun.wait()
        caller.cancel()
        await asyncio.sleep(0)
        gate.open()
    assert (caller.cancelled(), noises) == (True, [])


async def test_closing_waits_for_what_was_given() -> None:
    done = list[str]()
    executor = PriorityExecutor("test", threads=2)
    async with asyncio.TaskGroup() as tasks:
        for name in "abc":
            tasks.create_task(executor.do(lambda name=name: done.append(name)))  # type: ignore[misc] # bound now
        await asyncio.sleep(0)
        await executor.close()
        assert sorted(done) == ["a", "b", "c"]
