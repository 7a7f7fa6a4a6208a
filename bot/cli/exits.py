"""How a command can end. Scripts rely on these numbers."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """Exit codes."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    NO_KNOWLEDGE = 4
    BUSY = 5
    REFUSED = 6
    INTERRUPTED = 130
    CLOSED_PIPE = 141


MEANINGS: Final[Mapping[Exit, str]] = {
    Exit.OK: "done",
    Exit.FAILED: "it failed; the line on stderr says why",
    Exit.USAGE: "the command was written wrongly",
    Exit.CONFIGURATION: "a setting is missing or wrong",
    Exit.NO_KNOWLEDGE: "nothing is indexed, or the snapshot can't be opened",
    Exit.BUSY: "another `firstline index` or `firstline run` is at work in the same folder",
    Exit.REFUSED: "a platform refuses the bot: its token or its permissions must be changed",
    Exit.INTERRUPTED: "stopped by Ctrl-C",
    Exit.CLOSED_PIPE: "the reader of the output went away",
}


def render_exits() -> str:
    """Render the list as it stands in the help."""
    return "\n".join(f"  {code:>3}  {meaning}" for code, meaning in MEANINGS.items())
