"""The one place where adapters catch everything: one bad event, or one lost connection, ends nothing else.

A task group ends all of its tasks for one that raises, discord.py its client for a parser that does, and neither
Slack's library, nor connections, nor a database fail only in the ways that they document.
"""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.errors import StartRefused

_log = logging.getLogger(__name__)


@contextmanager
def surviving(what: str) -> Iterator[None]:
    """Log what goes wrong inside as `what` failing, and go on. An event's content must not be in `what`."""
    try:
        yield
    except StartRefused:
        raise  # the operator's, and the end of it
    except Exception as error:  # noqa: BLE001 - a platform's dispatch loop: one event's defect is no other's end
        # Where it happened, but not the error's own words, which may quote a message or a token.
        frames = "".join(traceback.format_tb(error.__traceback__))
        _log.error("%s failed: %s\n%s", what, type(error).__name__, frames)
