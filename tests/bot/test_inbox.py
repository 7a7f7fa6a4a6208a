"""Acceptance: durable, once, and many in one commit."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from adapters.contract import Address
from bot.inbox import MAX_BATCH, Inbox
from bot.store.inbox import Acceptance, InboxMessage


@dataclass(slots=True)
class MemoryRows:
    """Keeps batches in memory; a commit waits for the test when there is a gate."""

    gate: asyncio.Event | None = None
    broken: list[Exception] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    async def add(self, batch: Sequence[Acceptance]) -> frozenset[str]:
        ids = [each.message.id for each in batch]
        self.batches.append(ids)
        await (self.gate.wait() if self.gate else asyncio.sleep(0))
        if self.broken:
            raise self.broken.pop()
        new = frozenset(ids) - self.known
        self.known |= new
        return new


def asked(number: int) -> Acceptance:
    question = InboxMessage(f"m{number}", "c", Address("wall", "w", "c"), "ann", "how?", sent_at=1.0, received_at=1.0)
    return Acceptance(question, "w", "ch", frozenset({"ann"}))


async def let_others_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_comes_while_a_commit_is_under_way_shares_the_next_one() -> None:
    rows = MemoryRows(gate=asyncio.Event())
    inbox = Inbox(rows)
    async with asyncio.TaskGroup() as tasks:
        for number in range(101):
            tasks.create_task(inbox.accept(asked(number)))
            if number == 0:
                await let_others_run()
        await let_others_run()
        assert rows.gate is not None
        rows.gate.set()
    assert [len(batch) for batch in rows.batches] == [1, 100]


async def test_a_flood_is_committed_in_batches_that_stay_small() -> None:
    rows = MemoryRows()
    inbox = Inbox(rows)
    results = await asyncio.gather(*(inbox.accept(asked(number)) for number in range(2 * MAX_BATCH + 1)))
    assert all(results)
    assert max(len(batch) for batch in rows.batches) == MAX_BATCH


async def test_of_copies_in_one_batch_one_is_new() -> None:
    inbox = Inbox(MemoryRows())
    results = await asyncio.gather(*(inbox.accept(asked(1)) for _ in range(5)))
    assert results == [True, False, False, False, False]


async def test_a_failed_commit_is_the_failure_of_its_writer_and_no_one_elses_loss() -> None:
    rows = MemoryRows(broken=[OSError("disk full")])
    inbox = Inbox(rows)
    results = await asyncio.gather(*(inbox.accept(asked(number)) for number in range(3)), return_exceptions=True)
    assert isinstance(results[0], OSError)
    assert results[1:] == [True, True]
    assert rows.known == {"m1", "m2"}


async def test_a_cancelled_writer_leaves_its_batch_to_the_next() -> None:
    rows = MemoryRows(gate=asyncio.Event())
    inbox = Inbox(rows)
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(inbox.accept(asked(1)))
        await let_others_run()
        second = tasks.create_task(inbox.accept(asked(2)))
        await let_others_run()
        first.cancel()
        assert rows.gate is not None
        rows.gate.set()
    assert second.result()
    with pytest.raises(asyncio.CancelledError):
        first.result()
