"""That the bot is typing, for as long as somebody waits: Discord shows it for ten seconds at a time."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from adapters.contract import Address
from adapters.discord.channels import ChannelMessages
from adapters.errors import AdapterError

logger = logging.getLogger(__name__)

_REPEAT_SECONDS = 8.0
# Longer than any answer takes to begin; a sign that nobody takes away must end by itself.
_MAX_SECONDS = 300.0


@dataclass(slots=True)
class _Sign:
    channel: str
    since: float
    shown_at: float


class TypingSigns:
    """Show at addresses that the bot is typing."""

    def __init__(self, channels: ChannelMessages, *, clock: Callable[[], float]) -> None:
        self._channels = channels
        self._clock = clock
        self._signs: dict[Address, _Sign] = {}

    async def show(self, address: Address, channel: str) -> None:
        """Begin, or go on: a sign that is still on screen isn't repeated."""
        now = self._clock()
        sign = self._signs.get(address)
        if sign is not None and now - sign.shown_at < _REPEAT_SECONDS:
            sign.since = now
            return
        self._signs[address] = _Sign(channel, since=now, shown_at=now)
        await self._channels.type(channel)

    def end(self, address: Address) -> None:
        """Repeat it no more."""
        self._signs.pop(address, None)

    async def tend(self) -> None:
        """Repeat the signs that are about to fade."""
        now = self._clock()
        for address, sign in list(self._signs.items()):
            if now - sign.since > _MAX_SECONDS:
                self.end(address)
            elif now - sign.shown_at >= _REPEAT_SECONDS:
                sign.shown_at = now
                try:
                    await self._channels.type(sign.channel)
                except AdapterError as error:
                    logger.debug("typing is not shown: %s", error)
                    self.end(address)
