"""How long is waited between attempts to connect, in virtual time."""

import asyncio
import contextlib
from itertools import pairwise

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from adapters.errors import RateLimited, Unreachable
from adapters.limits import Scope
from adapters.slack.listen import build_app
from adapters.slack.socket_mode import Patience, SocketMode
from tests.fakes.front_desk import RecordingDesk
from tests.fakes.virtual_time import run_virtual


async def authorize() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1")


async def attempts(error: Exception, *, jitter: float, seconds: float) -> list[float]:
    """Return when a connection was tried in a time during which each attempt fails."""
    times: list[float] = []

    async def open_url() -> str:
        times.append(asyncio.get_running_loop().time())
        raise error

    async with asyncio.TaskGroup() as tasks:
        client = AsyncWebClient(retry_handlers=[])
        app = build_app(RecordingDesk(), client=client, authorize=authorize, tasks=tasks, clock=lambda: 0.0)
        socket = SocketMode(app, open_url, on_ready=lambda: None, jitter=lambda: jitter, patience=Patience())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await socket.run(tasks)
    return times


def test_the_pauses_of_an_outage_grow_to_a_few_seconds_and_no_further() -> None:
    times = run_virtual(attempts(Unreachable("down"), jitter=1.0, seconds=60.0))
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 1.0
    assert max(pauses) == Patience().longest_pause <= 5.0


def test_jitter_spreads_the_attempts_of_many_bots() -> None:
    early = run_virtual(attempts(Unreachable("down"), jitter=0.0, seconds=30.0))
    late = run_virtual(attempts(Unreachable("down"), jitter=1.0, seconds=30.0))
    assert len(early) > len(late)


def test_slack_is_left_alone_for_as_long_as_it_asks() -> None:
    times = run_virtual(attempts(RateLimited(30.0, Scope.BOT), jitter=0.0, seconds=65.0))
    assert min(later - earlier for earlier, later in pairwise(times)) >= 30.0
