"""A simulated platform with the reply scheduler on it: the stage for tests of live replies, in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from adapters.contract import Address, MessageReference, ReplyDone, TextAdded
from adapters.editor import MessageEditor
from adapters.limits import Limits, build_slack_limits
from adapters.scheduler import ReplyScheduler
from tests.fakes.simulated_platform import Fault, SimulatedPlatform


def done(text: str) -> ReplyDone:
    """Return the last event of a reply with this text."""
    return ReplyDone(text, "answered", "model", 1.0, 10, 10, None)


@dataclass
class LiveChat:
    """One channel with a bot in it; `stored` is what the bot would find after a crash."""

    platform: SimulatedPlatform
    scheduler: ReplyScheduler
    address: Address = Address("sim", "team", "channel")  # noqa: RUF009  # a frozen value
    stored: dict[int, MessageReference] = field(default_factory=dict)

    async def store(self, reference: MessageReference, index: int) -> None:
        """Remember a reference as a turn's store would."""
        await asyncio.sleep(0.01)
        self.stored[index] = reference

    def open_reply(self, turn_id: str = "turn", *, attempt: int = 1, is_resumed: bool = False) -> MessageEditor:
        """Begin a reply, or go on with what was stored."""
        references = tuple(self.stored[index] for index in sorted(self.stored)) if is_resumed else ()
        return self.scheduler.open_reply(
            self.address, turn_id, on_posted=self.store, references=references, attempt=attempt
        )

    async def stream(self, reply: MessageEditor, text: str, *, seconds: float = 4.0) -> None:
        """Add a text evenly, a few characters at a time."""
        size = max(1, len(text) // 100)
        parts = [text[at : at + size] for at in range(0, len(text), size)]
        for part in parts:
            reply.show(TextAdded(part))
            await asyncio.sleep(seconds / len(parts))

    @property
    def texts(self) -> list[str]:
        """What people see."""
        return self.platform.visible(self.address)


def no_fault(*_: object) -> None:
    """Let every call succeed."""


@asynccontextmanager
async def open_chat(
    limits: Limits | None = None, *, fault: Fault = no_fault, latency: Callable[[], float] = lambda: 0.05
) -> AsyncIterator[LiveChat]:
    """Open a channel whose scheduler runs until the end of the block."""
    clock = asyncio.get_running_loop().time
    platform = SimulatedPlatform(limits or build_slack_limits(), clock, latency=latency, fault=fault)
    async with asyncio.TaskGroup() as group:
        chat = LiveChat(platform, ReplyScheduler(platform, clock=clock))
        serving = group.create_task(chat.scheduler.run())
        yield chat
        serving.cancel()
