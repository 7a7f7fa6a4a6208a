"""Bolt's app with one middleware of ours: what Slack sends is durable before Slack is told "received".

Bolt acknowledges an event before its listener has run, but not before the global middlewares have. So there are no
listeners: the middleware hands the event to the front desk and answers Slack itself. When the desk raises, the answer
is an error, and Slack delivers again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias
from weakref import WeakValueDictionary

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.contract import IncomingMessage, LinksMessages, Platform
from adapters.desk import FrontDesk
from adapters.slack.addresses import PLATFORM
from adapters.slack.client import build_quiet_logger
from adapters.slack.commands import is_call_for_help, is_command
from adapters.slack.courtesies import Courtesies
from adapters.slack.home import build_help
from adapters.slack.parse import event_type, parse, parse_opening
from adapters.slack.payloads import Myself, identity
from adapters.slack.render import escape

_log = logging.getLogger(__name__)

Authorize: TypeAlias = Callable[..., Awaitable[AuthorizeResult]]
"""Bolt's own: takes `enterprise_id`, `team_id` and `user_id` by name; None means a workspace that isn't installed."""


def build_app(
    desk: FrontDesk,
    *,
    client: AsyncWebClient,
    authorize: Authorize,
    tasks: asyncio.TaskGroup,
    clock: Callable[[], float],
    platform: Platform | None = None,
    signing_secret: str = "",
) -> AsyncApp:
    """Return the app that both modes feed.

    `client` holds no token, a session of its own and no retries; each request gets a copy with its workspace's token.
    `tasks` lives as long as the app does. `platform` makes the home tab's links, if it makes any. Without a
    `signing_secret` signatures aren't checked: right for a socket, where nobody else can write, and never for HTTP.
    """
    app = AsyncApp(
        name="firstline",
        logger=build_quiet_logger("bolt", level=logging.ERROR),  # it warns of tokens in the environment: ours to use
        client=client,
        authorize=authorize,
        signing_secret=signing_secret,
        request_verification_enabled=bool(signing_secret),
        ignoring_self_events_enabled=False,  # our parser does, edits and deletions included
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    app.error(_log_failure)
    links = platform if isinstance(platform, LinksMessages) else None
    app.use(_DeskMiddleware(desk, Courtesies(desk, tasks, links), clock))
    return app


async def _log_failure(error: Exception, body: Mapping[str, object]) -> None:
    # Not the error's text: a database quotes the row that it couldn't write.
    what = event_type(body) or identity(body, "type") or "command"
    _log.error("%s %s not received: %s", what, identity(body, "event_id"), type(error).__name__)


class _DeskMiddleware(AsyncMiddleware):
    def __init__(self, desk: FrontDesk, courtesies: Courtesies, clock: Callable[[], float]) -> None:
        self._desk = desk
        self._courtesies = courtesies
        self._clock = clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - Bolt passes it by this name
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002, ARG002 - Bolt passes it by this name
    ) -> BoltResponse:
        """Hand a request to the desk and return the acknowledgement."""
        me = Myself(req.context.bot_user_id or "", req.context.bot_id or "")
        message = parse(req.body, me, now=self._clock())
        if message is not None:
            return await self._receive(message, req)
        if is_call_for_help(req.body):
            return _say_privately(build_help(await self._desk.welcome(platform=PLATFORM)))
        opening = parse_opening(req.body)
        if opening is not None:
            self._courtesies.greet(opening, _client_of(req))
        return BoltResponse(status=200, body="")

    async def _receive(self, message: IncomingMessage, req: AsyncBoltRequest) -> BoltResponse:
        # One after the other in a conversation, so that a question is there before its edit and before what follows it.
        lock = self._locks.setdefault(message.conversation_id, asyncio.Lock())
        async with lock:
            reception = await self._desk.receive(message)
        if not reception.notice:
            return BoltResponse(status=200, body="")
        if is_command(req.body):
            return _say_privately(escape(reception.notice))
        self._courtesies.tell(message, req.body, reception.notice, _client_of(req))
        return BoltResponse(status=200, body="")


def _client_of(req: AsyncBoltRequest) -> AsyncWebClient:
    """Return the client with the token of the request's workspace."""
    client = req.context.client
    client.proxy = None  # Bolt's copy reads the environment again; the session knows which hosts need no proxy
    return client


def _say_privately(text: str) -> BoltResponse:
    return BoltResponse(status=200, body={"response_type": "ephemeral", "text": text})
