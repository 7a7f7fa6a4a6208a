"""The prompt of a terminal: line editing, and a history that lasts."""

import os
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

PROMPT = "> "


class PromptLines:
    """Lines typed at a prompt. Arrow keys bring earlier ones back, also those of earlier runs."""

    def __init__(self, history: Path) -> None:
        self._session: PromptSession[str] = PromptSession(history=open_history(history))

    async def read(self) -> str | None:
        """Return the next line, or None after Ctrl-D. Raises KeyboardInterrupt for Ctrl-C."""
        try:
            return await self._session.prompt_async(PROMPT)
        except EOFError:
            return None


def open_history(path: Path) -> History:
    """Return the history kept in `path`, readable by its owner only, or one of this run if that can't be written."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600))
        path.chmod(0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(path)
