"""What the loopback model providers share: behaviours, the record of requests, and the server itself."""

import asyncio
import hashlib
import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from aiohttp import web

Messages = Sequence[Mapping[str, Any]]


class Fault(StrEnum):
    """What can go wrong beside an HTTP status."""

    HANG = "hang"
    """Headers, and then nothing."""
    SILENT = "silent"
    """Not even headers."""
    STALL = "stall"
    """Some text, and then nothing."""
    CUT = "cut"
    """Some text, and then the connection breaks."""
    TRUNCATED = "truncated"
    """Some text, and then a clean end without a finish reason."""
    MALFORMED = "malformed"
    """Some text, and then something that is no JSON."""
    DAMAGED = "damaged"
    """Some text, and then a frame with a wrong checksum (Bedrock only)."""
    THROTTLED = "throttled"
    """Some text, and then an error of the stream saying that it was too much."""
    HANG_AT_END = "hang at end"
    """Everything, but the connection stays open."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How one request is answered."""

    status: int = 200
    retry_after: str | None = None
    error_message: str = "This is the provider's own text."
    error_code: str | None = None
    fault: Fault | None = None
    after_pieces: int = 2
    """Pieces of text before a fault strikes."""
    tokens_per_second: float | None = None
    first_seconds: float = 0.0
    """How long the model thinks before its first piece."""
    finish: str | None = None
    """Another finish reason, in the provider's own words."""
    has_pings: bool = False
    has_usage: bool = True
    cached_tokens: int = 0


FINE = Behaviour()


@dataclass(slots=True)
class Recorded:
    """One request as it came, and whether the client left before the answer was complete."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    port: int
    """The client's: the same for requests over one connection."""
    sent_at: list[float] = field(default_factory=list)
    """When each piece was sent, in epoch seconds."""
    is_answered: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pieces_sent(self) -> int:
        """How far it came."""
        return len(self.sent_at)


def echo(messages: Messages) -> str:
    """Answer with the last message."""
    return f"You asked: {text_of(messages[-1])}"


def text_of(message: Mapping[str, Any]) -> str:
    """Return a message's text, be it a string or a list of blocks."""
    content = message["content"]
    return content if isinstance(content, str) else "".join(block.get("text", "") for block in content)


def pieces_of(text: str) -> list[str]:
    """Cut a text into words with the space that follows them."""
    return re.findall(r"\S+\s*|\s+", text)


def tokens_of(text: str) -> int:
    """Count tokens by length."""
    return -(-len(text) // 4)


def example_of(schema: Mapping[str, Any]) -> Any:
    """Return the simplest value of a JSON schema."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object" | None if "properties" in schema:
            return {name: example_of(part) for name, part in schema["properties"].items()}
        case "number" | "integer":
            return 1
        case "boolean":
            return True
        case "array":
            return []
        case _:
            return "text"


def hashed_vector(text: str, dimensions: int = 64) -> list[float]:
    """Return a vector in which texts that share words are near each other."""
    vector = [0.0] * dimensions
    for word in text.lower().split():
        digest = hashlib.blake2b(word.encode(), digest_size=4).digest()
        vector[int.from_bytes(digest) % dimensions] += 1.0
    length = sum(value * value for value in vector) ** 0.5
    return [value / length for value in vector] if length else vector


class ModelServer:
    """A provider on 127.0.0.1: an async context manager.

    `answer` makes the text of a reply, `decide` the value of a structured one, `embed` the vector of a text.
    `behave` scripts the next requests; `default` holds for all others. `requests` records every request.
    """

    def __init__(self, *, port: int = 0) -> None:
        self.answer: Callable[[Messages], str] = echo
        self.decide: Callable[[Messages, Mapping[str, Any]], Any] = lambda _messages, schema: example_of(schema)
        self.embed: Callable[[str], list[float]] = hashed_vector
        self.default = FINE
        self.requests: list[Recorded] = []
        self._script: deque[Behaviour] = deque()
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The server's root, without a slash at its end."""
        return f"http://127.0.0.1:{self._port}"

    def behave(self, *behaviours: Behaviour | Fault) -> None:
        """Script the next requests."""
        self._script.extend(replace(FINE, fault=item) if isinstance(item, Fault) else item for item in behaviours)

    def routes(self) -> list[web.RouteDef]:
        """Return what is served."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes(self.routes())
        # Handlers are cancelled when their client leaves: that is how an early-closed stream is seen here.
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.05)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def record(self, request: web.Request) -> tuple[Recorded, Behaviour]:
        """Note a request and return how to answer it."""
        body = json.loads(await request.read() or b"{}")
        port = request.transport.get_extra_info("peername")[1] if request.transport is not None else 0
        recorded = Recorded(request.path, dict(request.headers), body, port)
        self.requests.append(recorded)
        return recorded, self._script.popleft() if self._script else self.default


async def paced(pieces: Sequence[str], behaviour: Behaviour, recorded: Recorded) -> AsyncIterator[str]:
    """Yield the pieces that may be sent, at the pace that is asked for."""
    strikes_inside = behaviour.fault not in {None, Fault.HANG_AT_END}
    await asyncio.sleep(behaviour.first_seconds)
    begun = time.monotonic()
    for number, piece in enumerate(pieces[: behaviour.after_pieces] if strikes_inside else pieces, start=1):
        if behaviour.tokens_per_second:
            # By the clock: what a sleep takes too long, the next one makes up for.
            await asyncio.sleep(max(0.0, begun + number / behaviour.tokens_per_second - time.monotonic()))
        yield piece
        recorded.sent_at.append(time.time())


async def hang() -> None:
    """Wait until the client leaves or the server closes."""
    await asyncio.Event().wait()


def cut(request: web.Request) -> None:
    """Break the connection without the end that HTTP asks for."""
    with suppress(AttributeError):  # no transport: the client was faster
        request.transport.close()  # type: ignore[union-attr] # see above
