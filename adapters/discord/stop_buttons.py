"""Takes the Stop button off the earlier messages of an answer that has ended.

Only the last message of a reply is edited for more than its text, so that no edit is spent while people wait. What is
left over is cleared here once the channel is quiet: an edit of the buttons alone, which can't harm any text.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.contract import Content, Controls
from adapters.discord.channels import ChannelMessages
from adapters.errors import AdapterError, RateLimited

logger = logging.getLogger(__name__)

# The reply's own edits have left the window of Discord's limit by then.
_QUIET_SECONDS = 6.0
_KEEP_SECONDS = 60 * 60.0


@dataclass(slots=True)
class _Reply:
    """The messages of one reply that have a Stop button, and when they may be cleared: None while it is live."""

    channel: str
    changed_at: float
    stops: set[str] = field(default_factory=set)
    due_at: float | None = None


class StopButtons:
    """Remember which messages of which reply have a Stop button."""

    def __init__(self, channels: ChannelMessages, *, clock: Callable[[], float]) -> None:
        self._channels = channels
        self._clock = clock
        self._replies: dict[str, _Reply] = {}
        self._reply_of: dict[str, str] = {}

    def note_post(self, channel: str, message: str, key: str, content: Content) -> None:
        """Learn of a new message; what is before the last colon of its key names the reply."""
        name = key.rpartition(":")[0]
        self._replies.setdefault(name, _Reply(channel, self._clock()))
        self._reply_of[message] = name
        self.note(message, content)

    def note(self, message: str, content: Content) -> None:
        """Learn what a message shows now."""
        reply = self._replies.get(self._reply_of.get(message, ""))
        if reply is None:
            return
        reply.changed_at = self._clock()
        if content.is_live and content.controls is Controls.ANSWER:
            reply.stops.add(message)
        else:
            reply.stops.discard(message)
        is_end = content.is_last and not content.is_live
        reply.due_at = reply.changed_at + _QUIET_SECONDS if is_end else None

    async def tend(self) -> None:
        """Clear one button of each reply that is due, and forget the replies that are done."""
        now = self._clock()
        for name, reply in list(self._replies.items()):
            is_done = reply.due_at is not None and not reply.stops
            if is_done or now - reply.changed_at > _KEEP_SECONDS:
                self._forget(name)
            elif reply.due_at is not None and now >= reply.due_at:
                await self._clear(reply, now)

    async def _clear(self, reply: _Reply, now: float) -> None:
        message = min(reply.stops)
        try:
            await self._channels.edit(reply.channel, message, {"components": []})
        except RateLimited as error:
            reply.due_at = now + error.retry_after
            return
        except AdapterError as error:
            logger.debug("a stop button is left over: %s", type(error).__name__)
        reply.stops.discard(message)

    def _forget(self, name: str) -> None:
        del self._replies[name]
        self._reply_of = {message: owner for message, owner in self._reply_of.items() if owner != name}
