"""What a typed line means. Pure, so that every line can be tried without a terminal."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from adapters.contract import IncomingMessage


class Command(StrEnum):
    """What can be typed beside questions."""

    NEW = "/new"
    QUIT = "/quit"
    HELP = "/help"


@dataclass(frozen=True, slots=True)
class UnknownCommand:
    """A single word that begins like a command and is none."""

    name: str


Line: TypeAlias = IncomingMessage | Command | UnknownCommand

_COMMANDS = {
    **{str(command): command for command in Command},
    "/exit": Command.QUIT,
    "/q": Command.QUIT,
    "/?": Command.HELP,
    "/h": Command.HELP,
}
# A question may begin with a slash ("/webhooks answers 404"), and so may a path: only one plain word is a command.
_COMMAND = re.compile(r"/[A-Za-z?]+")


def parse_line(line: str, *, message_id: str, conversation_id: str, author: str) -> Line | None:
    """Return what a line means, or None for a blank one."""
    text = "".join(char for char in line if char.isprintable() or char in "\n\t").strip()
    if not text:
        return None
    if not _COMMAND.fullmatch(text):
        return IncomingMessage(message_id, conversation_id, author, text)
    return _COMMANDS.get(text.lower()) or UnknownCommand(text)
