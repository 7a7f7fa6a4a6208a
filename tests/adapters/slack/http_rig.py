"""Slack's HTTP mode on a free port of this machine, with requests that Slack could have signed."""

import asyncio
import hashlib
import hmac
import io
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import aiohttp

from adapters.limits import Limits, Unit
from adapters.slack.http import HttpSettings, open_slack_http
from adapters.slack.oauth import OAuth
from adapters.slack.settings import SlackSettings
from tests.fakes.front_desk import RecordingDesk
from tests.fakes.simulated_platform import SimulatedPlatform

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
APP = SlackSettings(signing_secret=SECRET, client_id="1.2", client_secret="client-secret")
LIMITS = Limits(Unit.CHARACTERS, 4000, 4000, ())
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


def sign(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """Return the headers with which Slack signs a body, by its documentation and not by its SDK."""
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def mention(
    text: str = "how long do refunds take?", *, team: str = "T1", ts: str = "1700000000.000100"
) -> dict[str, Any]:
    """Return the event of a mention."""
    return {
        "type": "event_callback",
        "team_id": team,
        "api_app_id": "A1",
        "event_id": "Ev1",
        "event": {"type": "app_mention", "channel": "C1", "user": "U1", "text": f"<@UBOT> {text}", "ts": ts},
        "authorizations": [{"team_id": team, "user_id": "UBOT", "is_bot": True, "is_enterprise_install": False}],
    }


@dataclass(slots=True)
class Served:
    """A running server, and a client of it."""

    url: str
    desk: RecordingDesk
    session: aiohttp.ClientSession
    serving: asyncio.Task[None]

    async def posts(self, body: bytes, headers: dict[str, str] | None = None, *, content_type: str = JSON) -> int:
        """Post a body as Slack would, or with other headers; return the status."""
        all_headers = {"Content-Type": content_type, **(sign(body) if headers is None else headers)}
        async with self.session.post(
            f"{self.url}/slack/events", data=io.BytesIO(body), headers=all_headers
        ) as response:
            await response.read()
            return response.status

    async def sends(self, payload: object, *, form: str = "") -> int:
        """Send a payload, as JSON or as a form's field."""
        body = json.dumps(payload).encode()
        if form:
            return await self.posts(urlencode({form: body.decode()}).encode(), content_type=FORM)
        return await self.posts(body)


@asynccontextmanager
async def serving(
    api_url: str,
    *,
    desk: RecordingDesk | None = None,
    oauth: OAuth | None = None,
    token: str = "",
    app: SlackSettings = APP,
    http: HttpSettings | None = None,
) -> AsyncIterator[Served]:
    """Serve until the block ends; the venue is ready when it begins."""
    settings = replace(app, bot_token=token, api_url=api_url)
    http = replace(http or HttpSettings(), port=free_port())
    front = desk or RecordingDesk()
    ready = asyncio.Event()
    async with (
        open_slack_http(settings, http, SimulatedPlatform(LIMITS, time.time), clock=time.time, oauth=oauth) as venue,
        aiohttp.ClientSession(auto_decompress=False) as session,
        asyncio.TaskGroup() as tasks,
    ):
        running = tasks.create_task(venue.serve(front, on_ready=ready.set))
        await ready.wait()
        yield Served(f"http://{http.host}:{http.port}{http.path_prefix}", front, session, running)
        running.cancel()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port
