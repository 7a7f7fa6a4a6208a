"""What `firstline doctor` looks at on Slack's side: one attempt each, and what to mend where it isn't fine."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.desk import Finding
from adapters.slack.client import open_client
from adapters.slack.doctor_oauth import Installing, examine_oauth
from adapters.slack.payloads import part, word
from adapters.slack.refusals import APP_TOKEN, BOT_TOKEN, Token, refusal_of, where_to_find
from adapters.slack.scopes import SCOPES, find_missing
from adapters.slack.settings import SlackSettings

_HELLO_SECONDS = 10.0
_NETWORK = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
_NO_NETWORK = "Slack could not be reached: look at the network, at a proxy, and at SLACK_API_URL."
_NOT_NOW = "Slack answers, but not with what was asked for: try again in a minute, and look at https://slack-status.com"
_CHANNEL_ADVICE = {
    "not_in_channel": "Invite the bot there: /invite @Firstline",
    "channel_not_found": "Copy the channel's id (C...) from its details; to a private channel invite the bot first.",
    "is_archived": "The channel is archived: name another one in FIRSTLINE_SLACK_SUPPORT_CHANNEL.",
    "missing_scope": "Add the scope to the app and reinstall it.",
}


async def examine(settings: SlackSettings, installing: Installing | None = None) -> AsyncIterator[Finding]:
    """Yield what is found, the foundations first; what stands on a broken one is left out.

    `installing` is looked at where workspaces install the app by OAuth.

    While a socket is open here, for as long as its greeting takes, Slack may deliver an event to it: it isn't
    acknowledged, so Slack delivers it again to the running bot.
    """
    yield _look_at_mode(settings)
    async with open_client(settings.api_url) as client:
        if settings.bot_token or not settings.client_id:
            async for finding in _look_at_bot(settings, client):
                yield finding
        if settings.app_token:
            async for finding in _look_at_socket(settings, client):
                yield finding
        elif settings.client_id and installing is not None:
            async for finding in examine_oauth(settings, installing, client):
                yield finding


def _look_at_mode(settings: SlackSettings) -> Finding:
    what = "mode"
    if settings.app_token:
        return Finding(what, is_fine=True, detail="Socket Mode")
    if not settings.signing_secret:
        advice = "Set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP."
        return Finding(what, is_fine=False, detail="neither Socket Mode nor HTTP", advice=advice)
    if not settings.client_id:
        return Finding(what, is_fine=True, detail="HTTP, one workspace")
    if not settings.client_secret:
        advice = "Set SLACK_CLIENT_SECRET, from Basic Information."
        return Finding(what, is_fine=False, detail="HTTP with OAuth, without the client's secret", advice=advice)
    return Finding(what, is_fine=True, detail="HTTP with OAuth; tokens are those of the installations")


async def _look_at_bot(settings: SlackSettings, client: AsyncWebClient) -> AsyncIterator[Finding]:
    what = "bot token"
    if not settings.bot_token:
        yield _missing(what, BOT_TOKEN)
        return
    try:
        answer = await _call(client, "auth.test", settings.bot_token)
    except _NETWORK as error:
        yield _refused(what, BOT_TOKEN, error)
        return
    workspace, bot = (
        f"{answer.get('team')} ({answer.get('team_id')})",
        f"{answer.get('user')} ({answer.get('user_id')})",
    )
    if not answer.get("bot_id"):
        yield Finding(what, is_fine=False, detail="a person's token", advice=where_to_find(BOT_TOKEN))
        return
    yield Finding(what, is_fine=True, detail=f"{bot} in workspace {workspace}")
    yield _look_at_scopes(str(answer.headers.get("X-OAuth-Scopes", "")))
    if settings.support_channel:
        yield await _look_at_channel(settings, client)


def _look_at_scopes(granted: str) -> Finding:
    what, missing = "scopes", find_missing(granted)
    if not missing:
        return Finding(what, is_fine=True, detail=f"all {len(SCOPES)} are granted")
    lacking = "; ".join(f"{scope.name} (to {scope.reason})" for scope in missing)
    advice = "Add them under OAuth & Permissions, or paste manifest.yml into App Manifest, and reinstall the app."
    return Finding(what, is_fine=False, detail=f"missing: {lacking}", advice=advice)


async def _look_at_channel(settings: SlackSettings, client: AsyncWebClient) -> Finding:
    what = f"support channel {settings.support_channel}"
    try:
        # Reading is allowed to members alone, and it needs no scope that the bot doesn't need anyway.
        await _call(client, "conversations.history", settings.bot_token, channel=settings.support_channel, limit="1")
    except _NETWORK as error:
        code = _code_of(error)
        advice = _CHANNEL_ADVICE.get(code, _NOT_NOW) if code else _NO_NETWORK
        return Finding(what, is_fine=False, detail=code or type(error).__name__, advice=advice)
    return Finding(what, is_fine=True, detail="the bot is in it")


async def _look_at_socket(settings: SlackSettings, client: AsyncWebClient) -> AsyncIterator[Finding]:
    try:
        answer = await _call(client, "apps.connections.open", settings.app_token)
    except _NETWORK as error:
        yield _refused("app token", APP_TOKEN, error)
        return
    yield Finding("app token", is_fine=True, detail="it has connections:write, and Socket Mode is on")
    try:
        hello = await _greet(str(answer.get("url", "")))
    except (*_NETWORK, TypeError, ValueError) as error:
        yield Finding("socket", is_fine=False, detail=type(error).__name__, advice=_NO_NETWORK)
        return
    if hello.get("type") != "hello":
        detail = f"no hello, but {hello.get('reason') or hello.get('type') or 'nothing'}"
        advice = "Stop other processes that use this app token; an app may have ten connections."
        yield Finding("socket", is_fine=False, detail=detail, advice=advice)
        return
    yield Finding("socket", is_fine=True, detail="it opens, and Slack says hello")
    yield _look_at_others(hello)


def _look_at_others(hello: Mapping[str, Any]) -> Finding:
    what, count = "other connections", hello.get("num_connections")
    others = count - 1 if isinstance(count, int) else 0
    if others <= 0:
        return Finding(what, is_fine=True, detail="none")
    detail = f"{others}; Slack gives each event to only one of them"
    advice = "One is right while Firstline runs. If there are more, stop the others or give each an app of its own."
    return Finding(what, is_fine=others == 1, detail=detail, advice=advice)


async def _greet(url: str) -> Mapping[str, Any]:
    """Return the first thing that a socket says."""
    patience = aiohttp.ClientWSTimeout(ws_close=2.0)
    async with (
        asyncio.timeout(_HELLO_SECONDS),
        aiohttp.ClientSession(trust_env=True) as session,
        session.ws_connect(url, timeout=patience) as connection,
    ):
        return part(json.loads(await connection.receive_str()))


async def _call(client: AsyncWebClient, method: str, token: str, **params: str) -> AsyncSlackResponse:
    return await client.api_call(method, headers={"Authorization": f"Bearer {token}"}, params=params)


def _missing(what: str, token: Token) -> Finding:
    return Finding(what, is_fine=False, detail=f"{token.setting} is not set", advice=where_to_find(token))


def _refused(what: str, token: Token, error: Exception) -> Finding:
    code = _code_of(error)
    if not isinstance(error, SlackApiError) or not code:
        return Finding(what, is_fine=False, detail=type(error).__name__, advice=_NO_NETWORK)
    refusal = refusal_of(token, error)
    return Finding(what, is_fine=False, detail=code, advice=str(refusal) if refusal else _NOT_NOW)


def _code_of(error: Exception) -> str:
    """Return Slack's code for a refusal; empty where the answer isn't Slack's, but a proxy's page, say."""
    return word(getattr(getattr(error, "response", None), "data", None), "error")
