"""Urgent writes go first, and nobody holds the lock with another."""

import asyncio

import pytest

from bot.store.order import WriteOrder


async def test_urgent_writes_go_before_patient_ones_each_in_the_order_of_coming() -> None:
    order, done = WriteOrder(), list[str]()

    async def write(name: str, *, is_urgent: bool) -> None:
        async with order.hold(is_urgent=is_urgent):
            await asyncio.sleep(0)
            done.append(name)

    async with asyncio.TaskGroup() as tasks:
        for name, is_urgent in (("a", False), ("b", False), ("c", True), ("d", False), ("e", True)):
            tasks.create_task(write(name, is_urgent=is_urgent))
    assert done == ["a", "c", "e", "b", "d"]


@pytest.mark.parametrize("moments", range(6))
async def test_whoever_is_cancelled_in_line_leaves_it_to_the_next(moments: int) -> None:
    order, holding = WriteOrder(), 0

    async def write() -> None:
        nonlocal holding
        async with order.hold(is_urgent=False):
            holding += 1
            assert holding == 1
            await asyncio.sleep(0)
            holding -= 1

    async with asyncio.TaskGroup() as tasks:
        writers = [tasks.create_task(write()) for _ in range(3)]
        for _ in range(moments):
            await asyncio.sleep(0)
        if holding == 0 or moments > 4:
            writers[1].cancel()
        else:
            writers[2].cancel()
    async with asyncio.timeout(5), order.hold(is_urgent=False):
        pass


async def test_a_cancelled_waiter_never_keeps_the_lock() -> None:
    order = WriteOrder()
    async with asyncio.TaskGroup() as tasks:
        async with order.hold(is_urgent=True):
            waiting = tasks.create_task(order.hold(is_urgent=False).__aenter__())
            await asyncio.sleep(0)
        waiting.cancel()  # just when the lock is its own
    async with asyncio.timeout(5), order.hold(is_urgent=False):
        pass
