"""Answers that are not Discord's: of proxies on the way, or none at all."""

import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from adapters.contract import Content
from adapters.discord.adapter import open_platform
from adapters.discord.addresses import Interaction, build_address
from adapters.discord.rest import DiscordRest, open_rest
from adapters.discord.settings import DiscordSettings
from adapters.errors import AdapterError, NotPermitted, RateLimited, ResponseLost, Unreachable
from adapters.limits import Action, Scope

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def open_answering(handler: Handler) -> AsyncIterator[DiscordSettings]:
    """Serve one answer to everything."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield DiscordSettings("bot-secret", f"http://127.0.0.1:{runner.addresses[0][1]}/api/v10/")
    finally:
        await runner.cleanup()


def answering(status: int, body: str, **headers: str) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=body, content_type="text/html", headers=told)

    return answer


async def failure(rest: DiscordRest) -> AdapterError:
    with pytest.raises(AdapterError) as failed:
        await rest.call("GET", "/users/@me")
    return failed.value


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (answering(502, "<html>Bad gateway</html>"), ResponseLost),
        (answering(503, "<html>Unavailable</html>"), Unreachable),
        (answering(403, "<html>Blocked</html>"), NotPermitted),
        (answering(200, "<html>Welcome to the hotel's network</html>"), ResponseLost),
        (answering(302, "", Location="https://elsewhere.example/"), NotPermitted),
        (answering(400, "[1]"), NotPermitted),
    ],
)
async def test_a_proxys_page_is_understood_by_its_status(handler: Handler, expected: type[AdapterError]) -> None:
    async with open_answering(handler) as settings, open_rest(settings) as rest:
        assert type(await failure(rest)) is expected


async def test_a_rate_limit_before_discord_itself_is_waited_for() -> None:
    handler = answering(429, "<html>Slow down</html>", Retry_After="7")
    async with open_answering(handler) as settings, open_rest(settings) as rest:
        error = await failure(rest)
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.scope) == (7.0, Scope.CHANNEL)


async def test_a_post_whose_answer_names_no_message_may_have_been_done() -> None:
    async with open_answering(answering(200, "{}")) as settings, open_platform(settings, clock=lambda: 0.0) as platform:
        with pytest.raises(ResponseLost):
            await platform.post(build_address("1", "2"), Content("hello"), key="t1:0")


@pytest.mark.parametrize("left", ["", "many", "-1"])
async def test_headers_that_make_no_sense_tell_nothing(left: str) -> None:
    handler = answering(200, "{}", X_RateLimit_Remaining=left, X_RateLimit_Reset_After="1")
    async with open_answering(handler) as settings, open_rest(settings) as rest:
        answer = await rest.call("GET", "/users/@me")
    assert answer.allowance(Action.EDIT) is None


async def test_no_failure_names_a_secret() -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    address = build_address("1", "2", Interaction("175928847299117063", "3", "4", "interaction-secret"))
    async with open_answering(cut) as settings, open_platform(settings, clock=lambda: 1_462_015_106.0) as platform:
        with pytest.raises(ResponseLost) as failed:
            await platform.post(address, Content("hello"), key="t1:0")
    written = "".join(traceback.format_exception(failed.value))
    assert "secret" not in written.replace("test_no_failure_names_a_secret", "")
    assert "bot-secret" not in repr(settings)


async def test_only_the_bots_own_calls_carry_its_token() -> None:
    seen: list[str | None] = []

    async def note(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization"))
        return web.json_response({"id": "1"})

    async with open_answering(note) as settings, open_rest(settings) as rest:
        await rest.call("GET", "/users/@me")
        await rest.call("PATCH", "/webhooks/1/token/messages/@original", {}, is_by_token=True)
    assert seen == ["Bot bot-secret", None]
