"""Slack in Socket Mode, as the composition root sees it: one workspace, one app, one socket."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from adapters.contract import Platform
from adapters.desk import FrontDesk
from adapters.errors import StartRefused
from adapters.slack.client import open_client
from adapters.slack.door import Door
from adapters.slack.listen import build_app
from adapters.slack.settings import SlackSettings
from adapters.slack.socket_mode import Patience, SocketMode


class SlackVenue:
    """A platform to speak through and a socket to listen to (adapters.desk.Venue)."""

    def __init__(
        self,
        settings: SlackSettings,
        platform: Platform,
        client: AsyncWebClient,
        *,
        clock: Callable[[], float],
        jitter: Callable[[], float],
        patience: Patience,
    ) -> None:
        self._settings = settings
        self._platform = platform
        self._client = client
        self._clock = clock
        self._jitter = jitter
        self._patience = patience

    @property
    def platform(self) -> Platform:
        """Where replies go."""
        return self._platform

    async def serve(self, desk: FrontDesk, *, on_ready: Callable[[], None]) -> None:
        """Receive events until cancelled; raises StartRefused when only the operator can mend it."""
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._build_socket(desk, tasks, on_ready).run(tasks)
        except BaseExceptionGroup as several:
            refused, others = several.split(StartRefused)
            if refused is None or others is not None:
                raise
            raise StartRefused(str(refused.exceptions[0])) from None

    def _build_socket(self, desk: FrontDesk, tasks: asyncio.TaskGroup, on_ready: Callable[[], None]) -> SocketMode:
        door = Door(self._settings, self._client)

        async def authorize() -> AuthorizeResult:
            return door.identity

        app = build_app(
            desk,
            client=self._client,
            authorize=authorize,
            tasks=tasks,
            clock=self._clock,
            platform=self._platform,
        )
        return SocketMode(app, door.open_url, on_ready=on_ready, jitter=self._jitter, patience=self._patience)


@asynccontextmanager
async def open_slack(
    settings: SlackSettings,
    platform: Platform,
    *,
    clock: Callable[[], float],
    jitter: Callable[[], float] = random.random,
    patience: Patience | None = None,
) -> AsyncIterator[SlackVenue]:
    """Open Slack in Socket Mode; `clock` tells epoch seconds and `jitter` a number from 0 to 1."""
    async with open_client(settings.api_url) as client:
        yield SlackVenue(settings, platform, client, clock=clock, jitter=jitter, patience=patience or Patience())
