"""The front door of REST: token, rate limits, faults and the record of calls, for every route alike."""

import asyncio
import json
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from tests.servers.discord.asking import (
    INVALID_JSON,
    NOT_FOUND,
    TOO_LARGE,
    UNAUTHORIZED,
    Answer,
    Asked,
    Call,
    Refused,
    Route,
    Upload,
)
from tests.servers.discord.checks import MAX_FILE_BYTES, MAX_REQUEST_BYTES
from tests.servers.discord.connection import reset
from tests.servers.discord.faults import Fault, Faults, What
from tests.servers.discord.rates import Rates
from tests.servers.discord.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
VIA = {"Via": "1.1 google"}
"""Without it discord.py takes a 429 for a ban by the network in front of Discord."""
FILE_FIELD = re.compile(r"files\[\d+\]|file\d*")


@dataclass(slots=True)
class Door:
    """Lets requests in and keeps a record of them."""

    world: World
    rates: Rates
    faults: Faults
    calls: list[Call] = field(default_factory=list)
    invalid: int = 0
    """How many answers were 401, 403 or 429, which Discord counts against the address."""

    def handler(self, route: Route) -> Handler:
        """Return what aiohttp calls for a route."""

        async def handle(request: web.Request) -> web.StreamResponse:
            asked, refused = await _read(request)
            call = Call(self.world.clock(), route.name, request.method, request.path, asked.body, asked)
            self.calls.append(call)
            self.world.changed()
            if refused is not None:
                return self._refuse(call, refused, {})
            try:
                return await self._answer(route, call, request)
            finally:
                call.answered_at = self.world.clock()
                self.world.changed()

        return handle

    async def _answer(self, route: Route, call: Call, request: web.Request) -> web.StreamResponse:
        before = self.faults.strike(call, after_write=False)
        if before is not None:
            broken = await self._break(before, call, request)
            if broken is not None:
                return broken
        response = self._perform(route, call, request)
        after = self.faults.strike(call, after_write=True) if call.is_ok else None
        if after is not None:
            self.world.changed()
            return await self._break(after, call, request) or response
        return response

    def _perform(self, route: Route, call: Call, request: web.Request) -> web.Response:
        if not route.is_public and request.headers.get("Authorization") != f"Bot {self.world.application.token}":
            return self._refuse(call, Refused(*UNAUTHORIZED), {})
        major = "+".join(call.asked.path[name] for name in route.major)
        verdict = self.rates.take(route.name, major, is_exempt=route.is_exempt)
        if verdict.wait:
            self.invalid += 1
            call.status = 429
            return _json(verdict.body(), 429, verdict.headers)
        try:
            call.answer = route.perform(call.asked)
        except Refused as refused:
            return self._refuse(call, refused, verdict.headers)
        call.status = 204 if call.answer is None else 200
        if call.answer is None:
            return web.Response(status=204, headers=VIA | verdict.headers)
        return _json(call.answer, 200, verdict.headers)

    def _refuse(self, call: Call, refused: Refused, headers: dict[str, str]) -> web.Response:
        call.status, call.code = refused.status, refused.code
        self.invalid += refused.status in {401, 403, 429}
        return _json(refused.body(), refused.status, headers)

    async def _break(self, fault: Fault, call: Call, request: web.Request) -> web.StreamResponse | None:
        call.fault = fault.what
        if fault.action is not None:
            fault.action()
        match fault.what:
            case What.STATUS:
                call.status = fault.status
                return _failed(fault)
            case What.BAN:
                call.status = 429
                return web.Response(status=429, text="<html>error code: 1015</html>", content_type="text/html")
            case What.DELAY:
                await asyncio.sleep(fault.seconds)
            case What.HANG:
                await fault.released.wait()
            case What.RESET:
                call.status = 0
                reset(request.transport)
                return web.Response(status=499)
        return None


def _failed(fault: Fault) -> web.Response:
    """Answer as Discord itself does for 500 and 429, and as the network before it for the other failures."""
    if fault.status == 429:
        body = {"message": "You are being rate limited.", "retry_after": fault.seconds, "global": False}
        return _json(body, 429, {"Retry-After": str(math.ceil(fault.seconds)), "X-RateLimit-Scope": "shared"})
    if fault.status > 500:
        return web.Response(status=fault.status, text="<html>bad gateway</html>", content_type="text/html")
    return _json({"message": f"{fault.status}: Internal Server Error", "code": 0}, fault.status, {})


async def _read(request: web.Request) -> tuple[Asked, Refused | None]:
    path, query = dict(request.match_info), dict(request.query)
    body: Any = {}
    files: tuple[Upload, ...] = ()
    try:
        if request.content_type.startswith("multipart/"):
            body, files = await _read_parts(request)
        elif text := await request.text():
            body = json.loads(text)
    except ValueError:
        return Asked(path, query, {}), Refused(*INVALID_JSON)
    except web.HTTPRequestEntityTooLarge:
        return Asked(path, query, {}), Refused(*TOO_LARGE)
    if any(len(each.data) > MAX_FILE_BYTES for each in files):
        return Asked(path, query, body), Refused(*TOO_LARGE)
    return Asked(path, query, body, files), None


async def _read_parts(request: web.Request) -> tuple[Any, tuple[Upload, ...]]:
    body: Any = {}
    files: list[Upload] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read())
        if part.name == "payload_json":
            body = json.loads(data)
        elif part.name is not None and FILE_FIELD.fullmatch(part.name):
            kind = part.headers.get("Content-Type", "application/octet-stream")
            files.append(Upload(part.name, part.filename or "file", data, kind))
    return body, tuple(files)


def _json(body: Any, status: int, headers: dict[str, str]) -> web.Response:
    return web.Response(
        body=json.dumps(body).encode(), status=status, headers=VIA | headers, content_type="application/json"
    )


def build_app(door: Door, routes: list[Route]) -> web.Application:
    """Put the routes behind the door, under the API's version; what isn't served is on record as `unknown`."""
    app = web.Application(client_max_size=MAX_REQUEST_BYTES)
    for route in routes:
        app.router.add_route(route.method, f"/api/v10{route.path}", door.handler(route))
    nowhere = Route("unknown", "*", "/{rest:.*}", _not_found, is_public=True)
    app.router.add_route("*", f"/api/v10{nowhere.path}", door.handler(nowhere))
    return app


def _not_found(_: Asked) -> Answer:
    raise Refused(*NOT_FOUND)
