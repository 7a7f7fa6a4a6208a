"""The loopback Slack as a server: routes, tokens, scopes, limits and faults around the methods."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.servers.slack import api
from tests.servers.slack.arguments import Arguments, read_arguments, token_of
from tests.servers.slack.core import Call
from tests.servers.slack.faults import Broken, Delay, Fault, Hold, Limited, Lost, Malformed, Refuse, Reset
from tests.servers.slack.files import read_upload, take_upload
from tests.servers.slack.interactions import Interactions
from tests.servers.slack.method import Caller, Method, Token
from tests.servers.slack.refusal import RateLimited, Refused
from tests.servers.slack.responses import Responses
from tests.servers.slack.sockets import Sockets
from tests.servers.slack.web_delivery import Endpoint, WebDelivery
from tests.servers.slack.world import Json, Team


class SlackServer(Interactions):
    """Slack on 127.0.0.1: an async context manager.

    Point a program at it with `environment`; `sockets` are the app's WebSockets; `calls` records every call.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sockets = Sockets(self.deliveries, self.world.app_id, self.changed)
        self.deliveries.carry = self.sockets.carry
        self.web = WebDelivery(self.deliveries, self.clock)
        self.responses = Responses(self, lambda: self.url)
        self.methods = api.all_methods()
        self._port = 0
        self._lifetime = AsyncExitStack()
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    @property
    def url(self) -> str:
        """The server's root, without a slash at its end."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL must be."""
        return f"{self.url}/api/"

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which the app runs in this Slack's first workspace, in Socket Mode."""
        return {
            "SLACK_API_URL": self.api_url,
            "SLACK_BOT_TOKEN": self.team.bot_token,
            "SLACK_APP_TOKEN": self.world.app_token,
        }

    def use_http(self, endpoint: Endpoint) -> None:
        """Deliver by HTTP from now on, and what waits at once."""
        self.web.endpoint = endpoint
        self.deliveries.carry, self.deliveries.has_own_timeouts = self.web.carry, True
        self.deliveries.resume()

    @asynccontextmanager
    async def outage(self) -> AsyncIterator[None]:
        """Break every connection and refuse new ones; come back on the same port."""
        assert self._runner is not None
        assert self._site is not None
        await self._site.stop()
        self._break_connections()
        try:
            yield
        finally:
            await self._listen()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._serve_method)
        app.router.add_get("/link", self.sockets.serve)
        app.router.add_post("/respond/{number}", self._serve_response)
        app.router.add_post("/upload/v1/{file}", self._serve_upload)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        await self._listen()
        group = await self._lifetime.enter_async_context(asyncio.TaskGroup())
        session = await self._lifetime.enter_async_context(aiohttp.ClientSession())
        self.web.begin(group, session)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.deliveries.close()
        self.web.stop()
        self._break_connections()
        await self._lifetime.aclose()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _listen(self) -> None:
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await self._site.start()
        self._port = self._runner.addresses[0][1]

    def _break_connections(self) -> None:
        self.sockets.cut()
        if self._runner is not None and self._runner.server is not None:
            for connection in self._runner.server.connections:
                connection.force_close()

    async def _serve_upload(self, request: web.Request) -> web.StreamResponse:
        call = Call("upload", {"file": request.match_info["file"]}, "", self.clock())
        content = await read_upload(request)
        return await self._with_faults(request, call, lambda: take_upload(self, call, content))

    async def _serve_response(self, request: web.Request) -> web.StreamResponse:
        opening = self.responses.openings[int(request.match_info["number"])]
        try:
            body = json.loads(await request.read())
        except ValueError:
            body = None
        call = Call("response_url", body if isinstance(body, dict) else {}, opening.team.id, self.clock())
        return await self._with_faults(request, call, lambda: self.responses.take(opening, call))

    async def _serve_method(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        try:
            arguments = await read_arguments(request)
        except Refused as refused:
            return web.json_response({"ok": False, "error": refused.error})
        team = self._team_by(token_of(request, arguments))
        recorded = {name: value for name, value in arguments.values.items() if name != "token"}
        call = Call(name, recorded, team.id if team else "", self.clock())
        return await self._with_faults(request, call, lambda: self._answer(request, call, arguments))

    async def _with_faults(
        self, request: web.Request, call: Call, answer: Callable[[], web.Response]
    ) -> web.StreamResponse:
        self.calls.append(call)
        fault = self.faults.strike(call.method, call.arguments)
        self.changed()
        try:
            early = await self._strike_before(request, call, fault)
            return early or await self._strike_after(request, call, fault, answer())
        finally:
            self.changed()

    async def _strike_before(self, request: web.Request, call: Call, fault: Fault | None) -> web.Response | None:
        match fault:
            case Delay(seconds):
                await asyncio.sleep(seconds)
            case Hold(release, is_after=False):
                await release.wait()
            case Broken(status):
                call.outcome = f"http {status}"
                return web.Response(status=status, text="<html>Something went wrong</html>", content_type="text/html")
            case Reset():
                call.outcome = "reset"
                return _cut(request)
            case Refuse(error, details):
                return self._say(call, {"ok": False, "error": error, **details})
            case Limited(retry_after, as_200):
                return self._limit(call, retry_after, as_200=as_200)
            case _:
                pass
        return None

    async def _strike_after(
        self, request: web.Request, call: Call, fault: Fault | None, response: web.Response
    ) -> web.StreamResponse:
        match fault:
            case Lost():
                call.outcome = "lost"
                return _cut(request)
            case Malformed():
                call.outcome = "malformed"
                return web.Response(text='{"ok": tr', content_type="application/json")
            case Hold(release, is_after=True):
                self.changed()
                await release.wait()
            case _:
                pass
        return response

    def _answer(self, request: web.Request, call: Call, arguments: Arguments) -> web.Response:
        method = self.methods.get(call.method)
        token = token_of(request, arguments)
        team = self._team_by(token)
        try:
            if method is None:
                raise Refused("unknown_method", req_method=call.method)
            channel = arguments.text("channel")
            self.limits.spend(call.method, call.team or token, channel)
            caller = Caller(self, team or self.team, call)
            self._check_token(method, token, team)
            answer = method.handle(caller, arguments)
        except RateLimited as limited:
            return self._limit(call, limited.retry_after, as_200=self.limits.as_200)
        except Refused as refused:
            return self._say(call, {"ok": False, "error": refused.error, **refused.details})
        headers = {"X-OAuth-Scopes": ",".join(sorted(team.scopes))} if team else {}
        return self._say(call, {"ok": True, **answer}, headers)

    def _check_token(self, method: Method, token: str, team: Team | None) -> None:
        is_app = token == self.world.app_token
        if method.token is Token.NONE:
            return
        if not token:
            raise Refused("not_authed")
        if team is None and not is_app:
            raise Refused("invalid_auth")
        if team is not None and not team.is_installed:
            raise Refused("token_revoked")
        if is_app != (method.token is Token.APP):
            raise Refused("not_allowed_token_type")
        if team is not None and method.scopes and not team.scopes & method.scopes:
            raise Refused("missing_scope", needed=min(method.scopes), provided=",".join(sorted(team.scopes)))

    def _team_by(self, token: str) -> Team | None:
        return next((team for team in self.world.teams.values() if team.bot_token == token), None)

    def _limit(self, call: Call, retry_after: float, *, as_200: bool) -> web.Response:
        call.outcome = "ratelimited" if as_200 else "http 429"
        body = {"ok": False, "error": "ratelimited"}
        return web.json_response(body, status=200 if as_200 else 429, headers={"Retry-After": str(retry_after)})

    def _say(self, call: Call, body: Json, headers: dict[str, str] | None = None) -> web.Response:
        call.outcome, call.response = ("ok" if body["ok"] else body["error"]), body
        return web.Response(text=json.dumps(body), content_type="application/json", headers=headers)


def _cut(request: web.Request) -> web.Response:
    with suppress(AttributeError):  # no transport: the client was faster
        request.transport.abort()  # type: ignore[union-attr] # see above
    return web.Response()
