"""Files that come with a question: text is read into it, anything else is named as unread. Pure but for the fetching.

Discord's own app turns a long paste into a text file, so leaving these unread would lose the question itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeAlias

from adapters.discord.payload import Payload, number, text

MAX_BYTES = 64 * 1024
MAX_FILES = 4
"""So that what is read stays small; the further ones are named."""

_TEXTUAL = ("application/json", "application/xml", "application/yaml", "application/x-yaml", "application/toml")
_FENCE = "```"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it was announced."""

    name: str
    url: str
    size: int
    content_type: str

    @property
    def is_readable(self) -> bool:
        """Whether it is a text of a size that can be read into a question."""
        type_ = self.content_type.partition(";")[0].strip().lower()
        is_text = type_.startswith("text/") or type_ in _TEXTUAL
        return is_text and 0 < self.size <= MAX_BYTES and self.url.startswith(("https://", "http://"))


Fetch: TypeAlias = Callable[[str, int], Awaitable[bytes | None]]
"""Fetch at most so many bytes from an address; None when it can't be had."""


def read_attachments(payloads: Iterable[Payload]) -> tuple[Attachment, ...]:
    """Return the files that are announced."""
    return tuple(
        Attachment(
            text(each, "filename") or "file", text(each, "url"), number(each, "size"), text(each, "content_type")
        )
        for each in payloads
        if each
    )


async def with_attachments(question: str, attachments: Iterable[Attachment], fetch: Fetch) -> str:
    """Return a question with the texts of its files below it, and the names of those that were not read."""
    attached = tuple(attachments)
    # All at once: an interaction has to be responded to within 3 seconds, and only a complete question is accepted.
    contents = await asyncio.gather(*(_read(each, fetch) for each in attached[:MAX_FILES]))
    blocks, unread = [question], []
    for attachment, content in zip_longest(attached, contents):
        if content is None:
            unread.append(_plain(attachment.name))
        else:
            blocks.append(_block(attachment.name, content))
    if unread and any(block.strip() for block in blocks):
        blocks.append(f"(Attached, but not readable here: {', '.join(unread)})")
    return "\n\n".join(block for block in blocks if block.strip())


async def _read(attachment: Attachment, fetch: Fetch) -> bytes | None:
    return await fetch(attachment.url, MAX_BYTES) if attachment.is_readable else None


def _block(name: str, content: bytes) -> str:
    """Return a file's text, fenced by more backticks than it contains in a row."""
    words = content.decode("utf-8", "replace").replace("\x00", "").strip()
    fence = _FENCE
    while fence in words:
        fence += "`"
    return f"{_plain(name)}:\n{fence}\n{words}\n{fence}"


def _plain(name: str) -> str:
    """Return a file's name as a few harmless characters in one line."""
    return "".join(char if char.isalnum() or char in " .-_()" else "_" for char in name)[:80]
