"""The client of Slack's Web API that all else makes its calls with: it retries nothing, and never logs what is said."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

_CALL_SECONDS = 10.0


@asynccontextmanager
async def open_client(api_url: str, *, seconds: float = _CALL_SECONDS) -> AsyncIterator[AsyncWebClient]:
    """Open a client without a token, whose calls raise TimeoutError after so many seconds."""
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
        yield build_client(api_url, session)


def build_client(api_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Return a client without a token. The time of a call is the session's: beside one, the SDK's own doesn't count."""
    client = AsyncWebClient(base_url=api_url, session=session, retry_handlers=[], logger=build_quiet_logger())
    client.proxy = None  # the session knows the proxies, and which hosts need none
    return client


def build_quiet_logger(name: str = "sdk", *, level: int = logging.WARNING) -> logging.Logger:
    """Return a logger for Slack's libraries: below warnings they write down what people said."""
    logger = logging.getLogger(f"{__name__}.{name}")
    logger.setLevel(level)
    return logger
