"""One attempt for each call: the SDK's own retries are off, since the reply scheduler is the one owner of retries."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.errors import AdapterError, NotPermitted, ResponseLost, Unreachable
from adapters.limits import Scope
from adapters.slack.client import build_client
from adapters.slack.errors import read_retry_after, translate_exception, translate_refusal, translate_status

_CONNECT_SECONDS = 10.0
_TOTAL_SECONDS = 30.0
# What the SDK and its HTTP client raise. The last two come from bodies that aren't what their headers say.
_FAILURES = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, ValueError, AttributeError)


class Tokens(Protocol):
    """The bot's tokens of the workspaces that it is installed in."""

    async def token_of(self, workspace: str) -> str:
        """Return the token for a workspace; raises NotPermitted when the app isn't installed there."""
        ...


class SingleToken:
    """The one token of an app that is installed in one workspace."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token_of(self, workspace: str) -> str:  # noqa: ARG002 - the protocol names it
        """Return the token, whatever the workspace."""
        if not self._token:
            raise NotPermitted("a SLACK_BOT_TOKEN")
        return self._token


class SlackCalls:
    """Call Slack. Every failure is one of adapters.errors (or errors.BlocksRefused)."""

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession, tokens: Tokens) -> None:
        self._client = client
        self._session = session
        self._tokens = tokens

    async def write(
        self, workspace: str, method: str, payload: Mapping[str, object], *, scope: Scope = Scope.WORKSPACE
    ) -> dict[str, Any]:
        """Make a call that changes something; `scope` is what its rate limit counts together."""
        return await self._call(workspace, method, scope, json=dict(payload))

    async def read(self, workspace: str, method: str, params: Mapping[str, str | int]) -> dict[str, Any]:
        """Make a call that changes nothing, so that a lost response is as good as none."""
        try:
            return await self._call(workspace, method, Scope.WORKSPACE, http_verb="GET", params=dict(params))
        except ResponseLost as error:
            raise Unreachable(str(error)) from error

    async def _call(self, workspace: str, method: str, scope: Scope, **request: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {await self._tokens.token_of(workspace)}"}
        try:
            response = await self._client.api_call(method, headers=headers, **request)
        except _FAILURES as error:
            raise translate_exception(error, scope=scope) from None
        return dict(response.data) if isinstance(response.data, dict) else {}

    async def respond(self, url: str, payload: Mapping[str, object]) -> None:
        """Answer by a `response_url`; raises MessageGone and NotPermitted when it can't be used any more."""
        try:
            async with self._session.post(url, json=payload) as response:
                refusal = await _read_refusal(response)
        except _FAILURES as error:
            raise translate_exception(error, scope=Scope.CHANNEL) from None
        if refusal is not None:
            raise refusal

    async def send_bytes(self, url: str, data: bytes) -> None:
        """Hand in a file's bytes where Slack wants them. Doing so again changes nothing."""
        try:
            async with self._session.post(url, data=data) as response:
                if response.status != 200:
                    raise translate_status(response.status, response.headers, scope=Scope.WORKSPACE)
        except _FAILURES as error:
            raise translate_exception(error, scope=Scope.WORKSPACE) from None


async def _read_refusal(response: aiohttp.ClientResponse) -> AdapterError | None:
    """Return what a response URL answers when it has not taken a message: JSON, but for plain "ok"."""
    body = await response.text(errors="replace")
    try:
        answer = json.loads(body)
    except json.JSONDecodeError:
        answer = None
    if isinstance(answer, dict) and isinstance(code := answer.get("error"), str) and response.status < 500:
        return translate_refusal(code, scope=Scope.CHANNEL, retry_after=read_retry_after(response.headers))
    if response.status == 200:
        return None
    return translate_status(response.status, response.headers, scope=Scope.CHANNEL)


@asynccontextmanager
async def open_calls(api_url: str, tokens: Tokens) -> AsyncIterator[SlackCalls]:
    """Open the HTTP session that all calls share."""
    timeout = aiohttp.ClientTimeout(total=_TOTAL_SECONDS, sock_connect=_CONNECT_SECONDS)
    # Written as it is measured: a letter beyond ASCII would be six bytes on the wire as an escape.
    async with aiohttp.ClientSession(timeout=timeout, json_serialize=write_json, trust_env=True) as session:
        yield SlackCalls(build_client(api_url, session), session, tokens)


def write_json(value: object) -> str:
    """Return JSON as short as it gets."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
