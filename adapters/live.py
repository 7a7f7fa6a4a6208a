"""The border of live replies: what the bot sees of a reply while it is written. The scheduler is the real one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from adapters.contract import Address, Controls, MessageReference, ReplyEvent


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a reply ended on the platform.

    `references` are its messages, in order. `error` is the class of failure that kept the rest away, or None
    when all of the text is on screen.
    """

    references: tuple[MessageReference, ...]
    error: str | None = None


OnPosted: TypeAlias = Callable[[MessageReference, int], Awaitable[None]]
"""Store a message's reference and its index in the reply. Awaited before the reply's next call."""


class LiveReply(Protocol):
    """One reply while it is written. Nothing here waits for the platform but `wait`."""

    def show(self, event: ReplyEvent) -> None:
        """Take the next event; ReplyDone or ReplyFailed is the last one."""
        ...

    def stop(self, note: str = "") -> None:
        """End the reply with the text so far and, below it, an optional sentence of ours."""
        ...

    def notice_others(self) -> None:
        """Learn that people wrote below the reply: its end must then be noticeable."""
        ...

    async def wait(self) -> Delivery:
        """Return when the reply has ended on the platform. Cancelling the wait does not end the reply."""
        ...


class LiveReplies(Protocol):
    """All live replies of one platform, which share its limits."""

    async def run(self) -> None:
        """Serve the replies until cancelled. Belongs in the app's TaskGroup."""
        ...

    def open_reply(
        self,
        address: Address,
        turn_id: str,
        *,
        on_posted: OnPosted,
        references: tuple[MessageReference, ...] = (),
        may_ping: frozenset[str] = frozenset(),
        attempt: int = 1,
        controls: Controls = Controls.ANSWER,
    ) -> LiveReply:
        """Begin a reply, or with stored `references` go on with one: the same messages are edited to completion.

        An `attempt` above 1 makes the first post look for an earlier one whose reference was never stored.
        `controls` belong below the last message.
        """
        ...
