"""Fetching the files that come with questions: only from where Discord keeps them, only a little, and not for long."""

import asyncio
from urllib.parse import urlsplit

import aiohttp

_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
_SECONDS = 1.5
"""Interactions are to be responded to within 3, and the question is complete only with its file."""


class Files:
    """Fetch files from Discord's content network, or from the server that stands for Discord."""

    def __init__(self, session: aiohttp.ClientSession, *, api_url: str) -> None:
        self._session = session
        self._hosts = _HOSTS | {urlsplit(api_url).hostname or ""}

    async def fetch(self, url: str, max_bytes: int) -> bytes | None:
        """Return a file's content, or None when it can't be had: elsewhere, too large, too slow."""
        if urlsplit(url).hostname not in self._hosts:
            return None
        try:
            async with asyncio.timeout(_SECONDS), self._session.get(url, allow_redirects=False) as response:
                if response.status != 200:
                    return None
                content = await response.content.read(max_bytes + 1)
                while len(content) <= max_bytes and (more := await response.content.read(max_bytes + 1)):
                    content += more
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return None
        return content if len(content) <= max_bytes else None
