"""HTTP mode: Slack posts events, commands and clicks to us. The socket needs none of this and is the default."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_sdk.web.async_client import AsyncWebClient

from adapters.contract import Platform
from adapters.desk import FrontDesk
from adapters.errors import StartRefused
from adapters.slack.client import open_client
from adapters.slack.door import Door
from adapters.slack.guard import CONTENT_TYPES, Signatures, read_request, read_text
from adapters.slack.identity import build_installed_authorize, build_single_authorize, wait_for_identity
from adapters.slack.listen import Authorize, build_app
from adapters.slack.oauth import INSTALL_PATH, REDIRECT_PATH, OAuth, forget_revoked
from adapters.slack.settings import SlackSettings

EVENTS_PATH, HEALTH_PATH = "/slack/events", "/healthz"
MAX_BODY_BYTES = 1_048_576
# Slack waits 3 s for an answer; whoever takes longer than this is stuck.
_GRACE_SECONDS = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where to listen. `path_prefix` (`/bot`) goes before every path; `public_url` is how the world reaches us.

    Behind a proxy `public_url` is `https://support.example.com`, without the prefix and without a slash at its end.
    A body must be there within `body_seconds`.
    """

    host: str = "127.0.0.1"
    port: int = 3000
    path_prefix: str = ""
    public_url: str = ""
    body_seconds: float = 10.0


class SlackOverHttp:
    """A Venue: Slack's requests come in here, and replies go out through `platform`."""

    def __init__(
        self,
        settings: SlackSettings,
        http: HttpSettings,
        platform: Platform,
        *,
        client: AsyncWebClient,
        oauth: OAuth | None,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._http = http
        self._platform = platform
        self._client = client
        self._oauth = oauth
        self._clock = clock

    @property
    def platform(self) -> Platform:
        """Where replies go."""
        return self._platform

    async def serve(self, desk: FrontDesk, *, on_ready: Callable[[], None]) -> None:
        """Answer requests until cancelled; those under way are then finished. Raises StartRefused."""
        authorize = await self._authorize()
        with _listen(self._http) as listener:
            await self._answer(desk, authorize, listener, on_ready)

    async def _answer(
        self, desk: FrontDesk, authorize: Authorize, listener: socket.socket, on_ready: Callable[[], None]
    ) -> None:
        async with asyncio.TaskGroup() as tasks:
            app = build_app(
                desk,
                client=self._client,
                authorize=authorize,
                tasks=tasks,
                clock=self._clock,
                platform=self._platform,
                signing_secret=self._settings.signing_secret,
            )
            signatures = Signatures(self._settings.signing_secret, self._clock)
            pages = _Pages(app, signatures, self._oauth, self._flow(), body_seconds=self._http.body_seconds)
            async with _answering(pages.build(self._http.path_prefix), listener):
                pages.is_ready = True
                on_ready()
                try:
                    await asyncio.get_running_loop().create_future()  # until cancelled
                finally:
                    pages.is_ready = False

    async def _authorize(self) -> Authorize:
        if self._oauth is not None:
            return build_installed_authorize(self._oauth.installations)
        return build_single_authorize(await wait_for_identity(Door(self._settings, self._client)))

    def _flow(self) -> AsyncOAuthFlow | None:
        if self._oauth is None:
            return None
        base_url = f"{self._http.public_url}{self._http.path_prefix}" if self._http.public_url else ""
        return self._oauth.build_flow(self._settings, base_url=base_url)


class _Pages:
    """What is answered at each path."""

    def __init__(
        self,
        app: AsyncApp,
        signatures: Signatures,
        oauth: OAuth | None,
        flow: AsyncOAuthFlow | None,
        *,
        body_seconds: float,
    ) -> None:
        self._app = app
        self._signatures = signatures
        self._oauth = oauth
        self._flow = flow
        self._body_seconds = body_seconds
        self._refused = 0
        self.is_ready = False

    def build(self, prefix: str) -> web.Application:
        """Return the server's routes."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_post(f"{prefix}{EVENTS_PATH}", self._receive)
        application.router.add_get(f"{prefix}{EVENTS_PATH}", _check_certificate)
        application.router.add_get(f"{prefix}{HEALTH_PATH}", self._tell_health)
        if self._flow is not None:
            application.router.add_get(f"{prefix}{INSTALL_PATH}", self._install)
            application.router.add_get(f"{prefix}{REDIRECT_PATH}", self._finish_install)
        return application

    async def _receive(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(self._body_seconds):
                body = read_text(await request.read())
        except TimeoutError:
            return web.Response(status=408)
        if body is None or not self._signatures.are_valid(body, request.headers):
            self._note_refusal()
            return web.json_response({"error": "invalid request"}, status=401)
        if request.content_type not in CONTENT_TYPES:
            return web.Response(status=415)
        understood = read_request(body, request.headers)
        if understood is None:
            return web.json_response({"error": "not a payload of Slack's"}, status=400)
        if self._oauth is not None:
            await forget_revoked(self._oauth.installations, understood.body)
        return await to_aiohttp_response(await self._app.async_dispatch(understood))

    def _note_refusal(self) -> None:
        self._refused += 1
        if self._refused & (self._refused - 1) == 0:  # at 1, 2, 4, 8...: a flood must not fill the log
            _log.warning(
                "refused %d requests that Slack hasn't signed: if they are Slack's, SLACK_SIGNING_SECRET is another"
                " app's, or this machine's clock is wrong",
                self._refused,
            )

    async def _tell_health(self, _: web.Request) -> web.Response:
        return web.Response(status=200 if self.is_ready else 503, text="ready" if self.is_ready else "not ready")

    async def _install(self, request: web.Request) -> web.Response:
        assert self._flow is not None
        return await to_aiohttp_response(await self._flow.handle_installation(await to_bolt_request(request)))

    async def _finish_install(self, request: web.Request) -> web.Response:
        assert self._flow is not None
        try:
            response = await self._flow.handle_callback(await to_bolt_request(request))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.warning("an installation was broken off: %s", type(error).__name__)
            return web.Response(status=502, text="Slack could not be reached. Please install the app again.")
        if response.status != 200:
            _log.warning("an installation was refused: %d", response.status)
        return await to_aiohttp_response(response)


async def _check_certificate(request: web.Request) -> web.Response:
    # Slack now and then looks at the certificate of a command's address, unsigned, and wants a 200.
    return web.Response(status=200 if request.query.get("ssl_check") == "1" else 405)


@asynccontextmanager
async def open_slack_http(
    settings: SlackSettings,
    http: HttpSettings,
    platform: Platform,
    *,
    clock: Callable[[], float],
    oauth: OAuth | None = None,
) -> AsyncIterator[SlackOverHttp]:
    """Open Slack in HTTP mode; with `oauth` for all workspaces that install the app, else for that of the bot token.

    Raises StartRefused when a setting is missing.
    """
    if not settings.signing_secret:
        raise StartRefused(
            "SLACK_SIGNING_SECRET is missing: HTTP mode tells Slack's requests by it. Copy it from Basic Information at"
            " https://api.slack.com/apps, or set SLACK_APP_TOKEN for Socket Mode"
        )
    if oauth is None and not settings.bot_token:
        raise StartRefused("SLACK_BOT_TOKEN is missing: set it, or SLACK_CLIENT_ID for several workspaces")
    async with open_client(settings.api_url) as client:
        yield SlackOverHttp(settings, http, platform, client=client, oauth=oauth, clock=clock)


def _listen(http: HttpSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    try:
        return socket.create_server((http.host, http.port), family=family)
    except OSError as error:
        raise StartRefused(
            f"FIRSTLINE_HTTP_PORT: can't listen on {http.host}:{http.port} ({error.strerror}): name another port"
        ) from None


@asynccontextmanager
async def _answering(application: web.Application, listener: socket.socket) -> AsyncIterator[None]:
    # No access log: it would hold the codes and states of installations.
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GRACE_SECONDS)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()
