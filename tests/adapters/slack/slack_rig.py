"""Slack's venue at work on a loopback Slack, with a desk that records."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from adapters.desk import FrontDesk
from adapters.slack.adapter import SlackPlatform, open_slack_platform
from adapters.slack.settings import SlackSettings
from adapters.slack.socket_mode import Patience
from adapters.slack.venue import open_slack
from tests.fakes.front_desk import RecordingDesk
from tests.servers.slack.server import SlackServer
from tests.servers.slack.world import Channel, Kind, User

# Long enough for a loaded machine; no test waits for any of it but those that say so.
PATIENCE = Patience(opening=20.0, heartbeat=20.0, linger=20.0, first_pause=0.01, longest_pause=0.05, stable_after=0.0)


@dataclass(slots=True)
class Rig:
    """A workspace with a person and a channel that the bot is in, and a platform to post with.

    `hellos` counts how often a connection stood.
    """

    server: SlackServer
    desk: RecordingDesk
    ann: User
    channel: Channel
    platform: SlackPlatform
    hellos: int = 0
    running: list[asyncio.Task[None]] = field(default_factory=list)

    def count_hello(self) -> None:
        self.hellos += 1
        self.server.changed()

    async def until_settled(self) -> None:
        """Return when Slack has nothing left to deliver."""
        await self.server.until(lambda: not self.server.deliveries.unsettled)

    async def until_hello(self, number: int) -> None:
        """Return when a connection has stood so often, and Slack knows of it."""
        await self.server.until(lambda: self.hellos >= number and self.server.sockets.open)

    def stop(self) -> None:
        """End the venue."""
        for task in self.running:
            task.cancel()


def settings_for(server: SlackServer) -> SlackSettings:
    return SlackSettings(bot_token=server.team.bot_token, app_token=server.world.app_token, api_url=server.api_url)


async def serve(settings: SlackSettings, desk: FrontDesk, *, patience: Patience, on_ready: Callable[[], None]) -> None:
    """Run the venue until cancelled."""
    async with (
        open_slack_platform(settings, clock=time.monotonic) as platform,
        open_slack(settings, platform, clock=time.time, jitter=lambda: 0.0, patience=patience) as venue,
    ):
        await venue.serve(desk, on_ready=on_ready)


@asynccontextmanager
async def open_rig(
    *, patience: Patience = PATIENCE, desk: RecordingDesk | None = None, is_ready: bool = True
) -> AsyncIterator[Rig]:
    """Open Slack, and the venue on it; `is_ready` waits for the first hello."""
    async with SlackServer() as server:
        ann = server.world.add_user(server.team, "ann")
        channel = server.world.add_channel(server.team, "general", Kind.PUBLIC, [ann, server.team.bot])
        settings = settings_for(server)
        async with open_slack_platform(settings, clock=time.monotonic) as platform, asyncio.TaskGroup() as tasks:
            rig = Rig(server, desk or RecordingDesk(), ann, channel, platform)
            work = serve(settings, rig.desk, patience=patience, on_ready=rig.count_hello)
            rig.running.append(tasks.create_task(work))
            if is_ready:
                await rig.until_hello(1)
            yield rig
            rig.stop()
