"""One attempt for each call, whatever answers it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from adapters.errors import AdapterError, MessageGone, NotPermitted, RateLimited, ResponseLost, Unreachable
from adapters.slack.calls import SlackCalls, open_calls
from adapters.slack.errors import BlocksRefused

Answer = Callable[[], web.Response]


@dataclass
class Answering:
    """A server that gives one answer to everything, and the calls that go there."""

    url: str
    calls: SlackCalls
    heard: list[web.Request] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)


class TokensOfTwo:
    async def token_of(self, workspace: str) -> str:
        if workspace not in {"T1", "T2"}:
            raise NotPermitted("an installation")
        return f"xoxb-{workspace}"


@asynccontextmanager
async def open_answering(answer: Answer) -> AsyncIterator[Answering]:
    async def serve(request: web.Request) -> web.Response:
        server.heard.append(request)
        server.bodies.append(await request.text())
        return answer()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with open_calls(f"{url}/api/", TokensOfTwo()) as calls:
            server = Answering(url, calls)
            yield server
    finally:
        await runner.cleanup()


def plain(text: str, status: int = 200, **headers: str) -> Answer:
    return lambda: web.Response(text=text, status=status, headers={"Content-Type": "text/plain", **headers})


def says(status: int = 200, **body: object) -> Answer:
    return lambda: web.json_response(body, status=status)


async def test_each_workspace_is_called_with_its_own_token() -> None:
    async with open_answering(says(ok=True)) as server:
        await server.calls.write("T1", "chat.postMessage", {"text": "é"})
        await server.calls.read("T2", "users.info", {"user": "U1"})
        with pytest.raises(NotPermitted):
            await server.calls.write("T3", "chat.postMessage", {})
        heard = [request.headers["Authorization"] for request in server.heard]
    assert heard == ["Bearer xoxb-T1", "Bearer xoxb-T2"]
    assert server.bodies[0] == '{"text":"é"}'


@pytest.mark.parametrize(
    "answer", [plain("OK"), plain("Bad gateway", 502), plain('{"ok":'), says(500, ok=False, error="internal_error")]
)
async def test_what_answers_strangely_may_have_done_what_was_asked(answer: Answer) -> None:
    async with open_answering(answer) as server:
        with pytest.raises(ResponseLost):
            await server.calls.write("T1", "chat.postMessage", {})
        with pytest.raises(Unreachable):
            await server.calls.read("T1", "users.info", {})
        assert len(server.heard) == 2


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (plain("ok"), None),
        (says(ok=True), None),
        (says(404, ok=False, error="expired_url"), MessageGone),
        (says(404, ok=False, error="used_url"), MessageGone),
        (plain("no such hook", 404), NotPermitted),
        (says(ok=False, error="invalid_blocks"), BlocksRefused),
        (plain("slow down", 429, **{"Retry-After": "9"}), RateLimited),
        (plain("down", 503), ResponseLost),
        (says(503, error="down"), ResponseLost),
    ],
)
async def test_a_response_url_says_what_it_took(answer: Answer, expected: type[AdapterError] | None) -> None:
    async with open_answering(answer) as server:
        assert await error_of(server.calls.respond(f"{server.url}/commands/1", {"text": "a"})) is expected
        assert [json.loads(body) for body in server.bodies] == [{"text": "a"}]


@pytest.mark.parametrize(("answer", "expected"), [(plain("OK - 3"), None), (plain("", 503), ResponseLost)])
async def test_bytes_are_taken_or_not(answer: Answer, expected: type[AdapterError] | None) -> None:
    async with open_answering(answer) as server:
        assert await error_of(server.calls.send_bytes(f"{server.url}/upload", b"abc")) is expected
        assert server.bodies == ["abc"]


async def test_where_nobody_listens_nothing_was_done() -> None:
    async with open_calls("http://127.0.0.1:9/api/", TokensOfTwo()) as calls:
        for call in (
            calls.respond("http://127.0.0.1:9/commands/1", {}),
            calls.send_bytes("http://127.0.0.1:9/upload", b""),
            calls.write("T1", "chat.postMessage", {}),
        ):
            assert await error_of(call) is Unreachable


async def test_an_address_that_is_none_is_not_retried() -> None:
    async with open_calls("http://127.0.0.1:9/api/", TokensOfTwo()) as calls:
        assert await error_of(calls.respond("no address", {})) is NotPermitted


async def error_of(call: Awaitable[object]) -> type[AdapterError] | None:
    try:
        await call
    except AdapterError as error:
        return type(error)
    return None
