"""One call to Discord's API: made once, its rate limit read, its refusal translated.

Not discord.py's client: that one sleeps inside a call when it believes a bucket to be empty and retries by itself,
while here the reply scheduler owns every wait and must see each limit as it is told. The few routes that replies need
are plain JSON, so that a thin caller is less to go wrong than a limiter that has to be held down.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeAlias

import aiohttp

from adapters.contract import Allowance
from adapters.discord.call_pace import CallPace
from adapters.discord.errors import read_seconds, translate
from adapters.discord.settings import DiscordSettings
from adapters.errors import AdapterError, ResponseLost, Unreachable
from adapters.limits import Action, Scope

Json: TypeAlias = Mapping[str, object]

_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)
_USER_AGENT = "DiscordBot (firstline, 0.1.0)"


@dataclass(frozen=True, slots=True)
class File:
    """A text file that goes out with a message."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave. `json` is None where the answer has no body."""

    json: object
    headers: Mapping[str, str]

    def allowance(self, action: Action) -> Allowance | None:
        """Return what is left of the limit that counted this call, if Discord told."""
        remaining = self.headers.get("X-RateLimit-Remaining", "")
        reset_after = read_seconds(self.headers.get("X-RateLimit-Reset-After"))
        if not remaining.isdecimal() or reset_after is None:
            return None
        return Allowance(action, Scope.CHANNEL, int(remaining), reset_after)


class DiscordRest:
    """Make calls, each exactly once; every failure is one of adapters.errors and names no secret."""

    def __init__(self, session: aiohttp.ClientSession, settings: DiscordSettings) -> None:
        self.pace = CallPace()
        self._session = session
        self._url = settings.api_url.rstrip("/")
        self._authorization = f"Bot {settings.token}"

    async def call(
        self,
        method: str,
        path: str,
        body: Json | Sequence[Json] | None = None,
        *,
        file: File | None = None,
        is_by_token: bool = False,
    ) -> Answer:
        """Make one call; `is_by_token` when the path holds an interaction's token, which then is what allows it."""
        headers = {"User-Agent": _USER_AGENT}
        if not is_by_token:
            headers["Authorization"] = self._authorization
        form = _build_form(body, file) if file is not None and isinstance(body, Mapping) else None
        # Calls by token don't count in the bot's limit, and have their own time to keep.
        place: AbstractAsyncContextManager[None] = nullcontext() if is_by_token else self.pace.place()
        try:
            async with (
                place,
                self._session.request(
                    method,
                    self._url + path,
                    json=body if form is None else None,
                    data=form,
                    headers=headers,
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                ) as response,
            ):
                answer = Answer(await _read(response), response.headers)
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            # Not chained: such an error can quote the address with its token.
            raise translate_transport(error) from None
        if status >= 300:
            refusal = answer.json if isinstance(answer.json, Mapping) else {}
            raise translate(status, refusal, answer.headers, is_by_token=is_by_token)
        return answer


async def _read(response: aiohttp.ClientResponse) -> object:
    """Return the JSON of a response; a proxy's page counts as an answer without a body."""
    if response.status == 204:
        return None
    try:
        return await response.json(content_type=None)
    except ValueError:
        if response.ok:
            raise aiohttp.ClientPayloadError from None
        return None


def _build_form(body: Json, file: File) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("payload_json", aiohttp.JsonPayload(dict(body)), content_type="application/json")
    form.add_field("files[0]", file.text.encode(), filename=file.name, content_type="text/markdown; charset=utf-8")
    return form


def translate_transport(error: aiohttp.ClientError | TimeoutError) -> AdapterError:
    """Return whether a call that got no answer can have had an effect: none where no connection was made."""
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL):
        return Unreachable()
    return ResponseLost()


@asynccontextmanager
async def open_rest(settings: DiscordSettings) -> AsyncIterator[DiscordRest]:
    """Open the connections for one program's calls."""
    async with aiohttp.ClientSession() as session:
        yield DiscordRest(session, settings)
