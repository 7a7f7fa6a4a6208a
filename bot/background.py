"""What people wrote in a thread before the bot was pulled in: read once, for its first turn there."""

import asyncio
import logging
from collections.abc import Mapping

from adapters.contract import Platform, ReadsThreads
from adapters.errors import AdapterError
from agents.contract import Said
from bot.store.engine import Store
from bot.store.turns import Turn

_log = logging.getLogger(__name__)
READ_SECONDS = 5.0
"""An answer waits for the thread this long; after that it does without."""


class Background:
    """Read threads on the platforms that let us. `platforms` are by name."""

    def __init__(self, store: Store, platforms: Mapping[str, Platform]) -> None:
        self._store = store
        self._platforms = platforms

    async def of(self, turn: Turn) -> tuple[Said, ...]:
        """Return what stood in the turn's thread; nothing where the bot was there before, or it can't be read."""
        first = turn.questions[0]
        platform = self._platforms.get(turn.address.platform)
        if not first.is_in_thread or platform is None or not isinstance(platform, ReadsThreads):
            return ()
        if not await self._store.turns.is_first(turn.id):
            return ()
        try:
            async with asyncio.timeout(READ_SECONDS):
                stood = await platform.read_thread(turn.address, before=first.id)
        except (AdapterError, TimeoutError) as error:
            _log.warning("turn %s: the thread before it could not be read: %s", turn.id, str(error) or "too slow")
            return ()
        return tuple(Said(each.name or each.author, each.text) for each in stood if each.text.strip())
