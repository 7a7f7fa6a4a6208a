"""Accept messages: durable before it returns, each once, many in one commit."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.store.inbox import Acceptance

MAX_BATCH = 500
"""Messages in one transaction, so that no one waits for more than some tens of milliseconds of others' rows."""


class AcceptsBatches(Protocol):
    """Where accepted messages are kept."""

    async def add(self, batch: Sequence[Acceptance]) -> frozenset[str]:
        """Store messages durably and return the ids that were new."""
        ...


@dataclass(slots=True, eq=False)
class _Waiting:
    acceptance: Acceptance
    is_new: bool | None = None


class Inbox:
    """Commit in groups: whoever comes first writes for all who came while the last commit was under way."""

    def __init__(self, rows: AcceptsBatches) -> None:
        self._rows = rows
        self._writing = asyncio.Lock()
        self._waiting: list[_Waiting] = []

    async def accept(self, acceptance: Acceptance) -> bool:
        """Return once the message is durable: True when it is new, False for a copy or a redelivery.

        A caller that is cancelled here doesn't know; its platform delivers the message again, which is harmless.
        """
        mine = _Waiting(acceptance)
        self._waiting.append(mine)
        try:
            async with self._writing:
                while mine.is_new is None:
                    await self._write()
        finally:
            if mine in self._waiting:
                self._waiting.remove(mine)
        return mine.is_new

    async def _write(self) -> None:
        batch = self._waiting[:MAX_BATCH]
        added = set(await self._rows.add([each.acceptance for each in batch]))
        # Nobody leaves the list before the commit, so a failed or cancelled writer's batch is the next writer's.
        del self._waiting[: len(batch)]
        for each in batch:
            each.is_new = each.acceptance.message.id in added
            added.discard(each.acceptance.message.id)  # of two copies in one batch only the first is new
