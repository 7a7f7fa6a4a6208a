"""The simulated platform with all optional abilities: it reads threads, makes links and names people."""

import asyncio
from dataclasses import dataclass, field

from adapters.contract import Address, Content, MessageReference, Receipt, ThreadMessage
from adapters.errors import AdapterError
from tests.fakes.simulated_platform import SimulatedPlatform


@dataclass
class SociablePlatform(SimulatedPlatform):
    """`stood` is what people wrote before the bot came; `reads` are the threads that were read, and before what."""

    stood: tuple[ThreadMessage, ...] = ()
    read_error: AdapterError | None = None
    reads: list[tuple[Address, str]] = field(default_factory=list)
    hangs: int = 0
    """So many of the next posts are made and never answered, so that a crash can come between the two."""
    is_hanging: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, address: Address, content: Content, *, key: str) -> Receipt:
        """Post as the simulated platform does, and perhaps never say so."""
        receipt = await super().post(address, content, key=key)
        if self.hangs:
            self.hangs -= 1
            self.is_hanging.set()
            await asyncio.Event().wait()
        return receipt

    async def read_thread(self, address: Address, *, before: str) -> tuple[ThreadMessage, ...]:
        """Return what stood there."""
        self.reads.append((address, before))
        if self.read_error is not None:
            raise self.read_error
        return self.stood

    async def link_to(self, reference: MessageReference) -> str:
        """Return a link that is easy to recognise."""
        return f"https://sim.example/{reference.address.channel}/{reference.message}"

    def name_person(self, person: str, *, workspace: str) -> str:
        """Return a profile's link."""
        return f"[{person}](https://sim.example/{workspace}/{person})"
