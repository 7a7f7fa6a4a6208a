"""What is nice to show after Slack has been told "received": home tab, prompts, notices for one person's eyes.

Nothing here is a promise: when something fails, the log says so, and nobody waits.
"""

import asyncio
import logging
from collections.abc import Coroutine, Mapping

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.contract import IncomingMessage, LinksMessages, MessageReference
from adapters.desk import FrontDesk, Talk
from adapters.errors import AdapterError
from adapters.slack.addresses import PLATFORM, read_address
from adapters.slack.errors import MEANINGS
from adapters.slack.home import build_home
from adapters.slack.parse import Opening
from adapters.slack.payloads import word
from adapters.slack.prompts import build_prompts
from adapters.slack.render import escape
from adapters.surviving import surviving

_log = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 30.0
# Of all home tabs together: many people may look at theirs in the same moment.
_LINKS_AT_ONCE = 10
_EXPECTED: tuple[type[BaseException], ...] = (AdapterError, *MEANINGS)


class Courtesies:
    """Show people what they see beside answers."""

    def __init__(self, desk: FrontDesk, tasks: asyncio.TaskGroup, links: LinksMessages | None) -> None:
        self._desk = desk
        self._tasks = tasks
        self._links = links
        self._linking = asyncio.Semaphore(_LINKS_AT_ONCE)

    def greet(self, opening: Opening, client: AsyncWebClient) -> None:
        """Fill the tab that somebody opened."""
        if opening.tab == "home":
            self._start("home tab", self._show_home(opening, client))
        elif opening.tab == "messages" and opening.channel:
            self._start("prompts", self._suggest(opening, client))

    def tell(
        self, message: IncomingMessage, payload: Mapping[str, object], notice: str, client: AsyncWebClient
    ) -> None:
        """Tell somebody who pressed a button, or chose the shortcut, what became of it; others don't see it."""
        self._start("notice", _tell(message, word(payload, "response_url"), escape(notice), client))

    def _start(self, what: str, work: Coroutine[object, object, None]) -> None:
        self._tasks.create_task(_try(what, work))

    async def _show_home(self, opening: Opening, client: AsyncWebClient) -> None:
        welcome = await self._desk.welcome(opening.user, platform=PLATFORM, workspace=opening.team)
        async with asyncio.TaskGroup() as linking:
            links = [linking.create_task(self._link_to(talk)) for talk in welcome.talks]
        view = build_home(welcome, [link.result() for link in links])
        await client.views_publish(user_id=opening.user, view=view)

    async def _link_to(self, talk: Talk) -> str:
        if self._links is None or not talk.message:
            return ""
        try:
            async with self._linking:
                return await self._links.link_to(MessageReference(talk.address, talk.message))
        except AdapterError:
            return ""  # the message is gone, or it was a private one: the title stays

    async def _suggest(self, opening: Opening, client: AsyncWebClient) -> None:
        prompts = build_prompts(await self._desk.welcome(platform=PLATFORM, workspace=opening.team))
        if prompts:
            await client.assistant_threads_setSuggestedPrompts(channel_id=opening.channel, prompts=prompts)


async def _tell(message: IncomingMessage, response_url: str, notice: str, client: AsyncWebClient) -> None:
    if response_url:
        webhook = AsyncWebhookClient(response_url, session=client.session, logger=client.logger, retry_handlers=[])
        webhook.proxy = None  # the session knows
        reply = await webhook.send(text=notice, response_type="ephemeral", replace_original=False)
        if reply.status_code == 200:
            return
    place = read_address(message.address)
    thread = place.thread or None
    await client.chat_postEphemeral(channel=place.channel, user=message.author, text=notice, thread_ts=thread)


async def _try(what: str, work: Coroutine[object, object, None]) -> None:
    with surviving(f"showing the {what}"):
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await work
        except _EXPECTED as error:
            _log.warning("%s not shown: %s", what, type(error).__name__)
