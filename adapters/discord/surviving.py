"""The one place where Discord's dispatch catches everything: one bad event, or one lost connection, ends nothing else.

discord.py ends its client on any exception in a parser, and connections fail in more ways than it documents.
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
    except Exception as error:  # noqa: BLE001 - the platform's dispatch loop: one event's defect is no other's end
        # Where it happened, but not the error's own words, which may quote a message or a token.
        frames = "".join(traceback.format_tb(error.__traceback__))
        _log.error("%s failed: %s\n%s", what, type(error).__name__, frames)
