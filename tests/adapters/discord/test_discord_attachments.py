"""Files that come with questions."""

import asyncio
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.discord.attachments import MAX_BYTES, MAX_FILES, Attachment, read_attachments, with_attachments
from adapters.discord.files import Files


@dataclass(slots=True)
class Shelf:
    """Files by address, and what was asked for."""

    files: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    async def fetch(self, url: str, max_bytes: int) -> bytes | None:
        assert max_bytes == MAX_BYTES
        self.asked.append(url)
        return self.files.get(url)


def file(name: str, content_type: str = "text/plain", size: int = 9) -> Attachment:
    return Attachment(name, f"https://cdn/{name}", size, content_type)


async def test_a_text_file_stands_below_the_question() -> None:
    shelf = Shelf({"https://cdn/log.txt": b"line one\nline two\n"})
    found = await with_attachments("why?", [file("log.txt", "text/plain; charset=utf-8")], shelf.fetch)
    assert found == "why?\n\nlog.txt:\n```\nline one\nline two\n```"


async def test_a_fence_in_a_file_does_not_end_its_block() -> None:
    shelf = Shelf({"https://cdn/a.md": b"```sh\nls\n```"})
    assert (await with_attachments("", [file("a.md", "text/markdown")], shelf.fetch)).count("````") == 2


async def test_what_cannot_be_read_is_named_and_never_asked_for() -> None:
    shelf = Shelf({})
    files = [file("a.png", "image/png"), file("big.txt", size=MAX_BYTES + 1), file("gone.txt")]
    found = await with_attachments("why?", files, shelf.fetch)
    assert found == "why?\n\n(Attached, but not readable here: a.png, big.txt, gone.txt)"
    assert shelf.asked == ["https://cdn/gone.txt"]


async def test_files_are_fetched_together_and_stand_in_their_order() -> None:
    all_asked = asyncio.Barrier(MAX_FILES)

    async def fetch(url: str, _: int) -> bytes:
        await all_asked.wait()
        return url.encode()

    async with asyncio.timeout(30):
        found = await with_attachments("why?", [file(f"{number}.txt") for number in range(MAX_FILES + 1)], fetch)
    at = [found.index(f"https://cdn/{number}.txt") for number in range(MAX_FILES)]
    assert at == sorted(at)
    assert found.endswith("(Attached, but not readable here: 4.txt)")


async def test_a_picture_alone_is_no_text() -> None:
    assert await with_attachments("", [file("a.png", "image/png")], Shelf({}).fetch) == ""


async def test_a_files_name_is_harmless() -> None:
    found = await with_attachments("why?", [file("`@everyone`\n.txt", "image/png")], Shelf({}).fetch)
    assert "@" not in found
    assert "`" not in found


def test_what_is_not_announced_properly_is_read_as_far_as_it_goes() -> None:
    assert read_attachments([{}, {"filename": 3}]) == (Attachment("file", "", -1, ""),)


@pytest.mark.parametrize(("path", "found"), [("small", b"x" * 10), ("large", None), ("moved", None), ("gone", None)])
async def test_only_small_files_of_discord_are_fetched(path: str, found: bytes | None) -> None:
    async def small(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 10)

    async def large(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 101)

    async def moved(_: web.Request) -> web.Response:
        raise web.HTTPFound("/small")

    app = web.Application()
    app.add_routes([web.get("/small", small), web.get("/large", large), web.get("/moved", moved)])
    async with TestServer(app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        files = Files(session, api_url=str(server.make_url("/api/v10")))
        assert await files.fetch(str(server.make_url(f"/{path}")), 100) == found
        assert (
            await Files(session, api_url="https://discord.com/api/v10").fetch(str(server.make_url("/small")), 9) is None
        )
