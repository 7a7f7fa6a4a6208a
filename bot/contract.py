"""The border of the bot: what the turns need from whatever shows a reply while it grows."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from adapters.contract import Address, ReplyDone, ReplyEvent, ReplyFailed

OnPosted: TypeAlias = Callable[[int, str], Awaitable[None]]
"""Store the reference of the reply's message number `position` (from 0). Awaited before that message's next edit."""


@dataclass(frozen=True, slots=True)
class ReplyOrder:
    """One reply to be shown. `turn_id` (20 characters) marks its messages on the platform, for `find` and as nonce.

    `asker` is the only person whom the text may ping. `references` are the messages that stand there already.
    """

    turn_id: str
    address: Address
    asker: str
    references: tuple[str, ...] = ()
    may_exist: bool = False
    """An earlier process may have posted without storing the reference: look the turn id up before posting."""


class LiveReply(Protocol):
    """One reply on people's screens."""

    def show(self, event: ReplyEvent) -> None:
        """Take in what is to be seen next. Returns at once; what is superseded is never shown."""
        ...

    async def finish(self, end: ReplyDone | ReplyFailed) -> None:
        """Return when the platform has confirmed the end. Called again with the same end, it changes nothing.

        Raises what the platform refused for good.
        """
        ...

    async def stop(self) -> None:
        """Leave what is on the screen, marked as stopped; a notice of waiting goes away.

        A text that only an earlier process knew stays as it is. Harmless after the end.
        """
        ...


class Replier(Protocol):
    """Show replies, each within its own lifetime."""

    def open(self, order: ReplyOrder, on_posted: OnPosted) -> AbstractAsyncContextManager[LiveReply]:
        """Begin a reply, or go on with the messages in `order.references`. Leaving it early leaves them as they are."""
        ...
