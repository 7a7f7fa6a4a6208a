"""A front desk that writes down what it is handed, and answers what it is told to."""

import asyncio
from collections.abc import Callable

from adapters.contract import IncomingMessage
from adapters.desk import Reception, Welcome


class RecordingDesk:
    """Its `failure` is raised instead of taking a message; while `is_open` is unset it takes none, but waits."""

    def __init__(self, reception: Callable[[IncomingMessage], Reception] | None = None) -> None:
        self.received: list[IncomingMessage] = []
        self.failure: OSError | None = None
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.has_caller = asyncio.Event()
        self._reception = reception

    async def receive(self, message: IncomingMessage) -> Reception:
        """Write a message down."""
        self.has_caller.set()
        await self.is_open.wait()
        if self.failure is not None:
            raise self.failure
        self.received.append(message)
        return self._reception(message) if self._reception else Reception(is_question=True)

    async def welcome(self, person: str = "", *, platform: str = "", workspace: str = "") -> Welcome:  # noqa: ARG002 - as the protocol
        """Return a bare welcome."""
        return Welcome("Acme", ())
