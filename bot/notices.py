"""Notices to people: written from what is remembered, posted as replies are, each once, through any crash.

A notice is in the store before anything is said. Its id is the key of its post, so that the reply scheduler can look
it up; budgets, retries and references are those of every other reply.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from adapters.contract import Controls, LinksMessages, NamesPeople, ReplyDone, ReplyEvent
from adapters.errors import AdapterError
from agents.contract import Agent, Recollection
from bot.about import About
from bot.clock import Clock
from bot.outlets import Outlet, SupportChannel
from bot.store.engine import Store
from bot.store.notices import Notice, NoticeKind
from bot.translate import to_sources_shown
from bot.wording import ASKED, BACK, describe_request, describe_return, describe_share, say_unreached

_log = logging.getLogger(__name__)
_LINK_SECONDS = 5.0
ATTEMPTS = 8
"""Failures in one process, some two minutes with the pauses between them. A restart says nothing against a notice."""
_MAX_PAUSE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Written:
    """A notice as it is to be shown."""

    events: tuple[ReplyEvent, ...]
    controls: Controls = Controls.NONE
    may_ping: frozenset[str] = frozenset()


class Notices:
    """Post what is to be told; one task for each notice."""

    def __init__(
        self,
        *,
        store: Store,
        agent: Agent,
        outlets: Mapping[str, Outlet],
        about: About,
        support: Mapping[str, SupportChannel],
        tasks: asyncio.TaskGroup,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._agent = agent
        self._outlets = outlets
        self._about = about
        self._support = support
        self._tasks = tasks
        self._clock = clock
        self._new_id = new_id
        self._posting: dict[str, asyncio.Task[None]] = {}
        self._is_closing = False

    async def take_up(self) -> int:
        """Post what an earlier process left unsaid and return how many notices that is."""
        left = await self._store.notices.open_ids()
        for notice_id in left:
            self.post(notice_id)
        return len(left)

    def post(self, notice_id: str) -> None:
        """Post a stored notice in the background."""
        if not self._is_closing and notice_id not in self._posting:
            self._posting[notice_id] = self._tasks.create_task(self._post(notice_id))

    async def join(self) -> None:
        """Return when everything has been said."""
        while self._posting:
            await asyncio.wait(list(self._posting.values()))

    async def drain(self, grace_seconds: float) -> None:
        """Let what is being said be said, and leave the rest to the next process."""
        self._is_closing = True
        if tasks := list(self._posting.values()):
            _, late = await asyncio.wait(tasks, timeout=grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.wait(tasks)

    async def _post(self, notice_id: str) -> None:
        pause, failures = 1.0, 0
        try:
            while not self._is_closing:
                try:
                    return await self._post_once(notice_id, is_given_up=failures >= ATTEMPTS)
                except Exception as error:  # noqa: BLE001 - a notice's boundary, as a turn's: its defect ends nothing else
                    _log.error("notice %s: %s, tried again", notice_id, type(error).__name__, exc_info=error)
                    failures += 1
                await self._clock.sleep(pause)
                pause = min(2 * pause, _MAX_PAUSE_SECONDS)
        finally:
            del self._posting[notice_id]

    async def _post_once(self, notice_id: str, *, is_given_up: bool) -> None:
        notice = await self._store.notices.start(notice_id)
        if notice is None:
            return
        if notice.kind is NoticeKind.WANTED and not await self._store.handoffs.is_open(notice.handoff_id or ""):
            await self._store.notices.close(notice.id, self._clock.now(), error="given back before")
            return
        outlet = self._outlets.get(notice.address.platform)
        if outlet is None:
            _log.warning("notice %s stays open: %s is not connected", notice.id, notice.address.platform)
            return
        error = "given up" if is_given_up else await self._say(notice, outlet)
        if error is not None:
            _log.error("notice %s (%s) could not be posted: %s", notice.id, notice.kind, error)
        then = await self._follow(notice, error)
        await self._store.notices.close(notice.id, self._clock.now(), error=error, then=then)
        if then is not None:
            self.post(then.id)

    async def _say(self, notice: Notice, outlet: Outlet) -> str | None:
        """Write a notice and put it on the screen; return why that can't be."""
        written = await self._write(notice)
        return "nothing remembered" if written is None else await self._show(notice, written, outlet)

    async def _show(self, notice: Notice, written: Written, outlet: Outlet) -> str | None:
        """Put a notice on the screen; return the class of failure that kept it away."""
        reply = outlet.replies.open_reply(
            notice.address,
            notice.id,
            on_posted=partial(self._store.notices.add_post, notice.id),
            references=notice.references,
            may_ping=written.may_ping,
            attempt=notice.attempt,
            controls=written.controls,
        )
        for event in written.events:
            reply.show(event)
        return (await reply.wait()).error

    async def _follow(self, notice: Notice, error: str | None) -> Notice | None:
        """Return what is to be said once the people of the support team have been told, or couldn't be."""
        if notice.kind is not NoticeKind.WANTED or notice.handoff_id is None:
            return None
        if not await self._store.handoffs.is_open(notice.handoff_id):
            return None
        kind = NoticeKind.ASKED if error is None else NoticeKind.UNREACHED
        if error is not None:
            # Silence is for when people have it: where they can't be told, the bot goes on.
            await self._store.handoffs.close(notice.handoff_id, by="", now=self._clock.now())
        address = await self._store.handoffs.address_of(notice.handoff_id)
        if address is None:
            return None
        return Notice(
            id=self._new_id(),
            cause=f"{kind.name.lower()}:{notice.handoff_id}",
            kind=kind,
            conversation_id=notice.conversation_id,
            address=address,
            handoff_id=notice.handoff_id,
        )

    # The words.

    async def _write(self, notice: Notice) -> Written | None:
        match notice.kind:
            case NoticeKind.WANTED:
                return await self._write_request(notice)
            case NoticeKind.RETURNED:
                return await self._write_return(notice)
            case NoticeKind.ASKED:
                return Written((_done(ASKED),))
            case NoticeKind.UNREACHED:
                return Written((_done(say_unreached(self._about)),))
            case NoticeKind.BACK:
                return Written((_done(BACK),))
            case NoticeKind.SHARED:
                return await self._write_share(notice)

    async def _write_request(self, notice: Notice) -> Written:
        turn_id = await self._store.whereabouts.last_turn(notice.conversation_id)
        group = self._support[notice.address.platform].group if notice.address.platform in self._support else ""
        text = describe_request(
            who=self._name(notice),
            link=await self._link(turn_id),
            group=group,
            field=self._about.title_of(await self._store.turns.domain_of(turn_id)) if turn_id else "",
            recalled=await self._agent.recall(notice.conversation_id),
        )
        return Written((_done(text),), Controls.GIVE_BACK, frozenset({group} - {""}))

    async def _write_return(self, notice: Notice) -> Written:
        turn_id = await self._store.whereabouts.last_turn(notice.conversation_id)
        return Written((_done(describe_return(self._name(notice), await self._link(turn_id))),))

    async def _write_share(self, notice: Notice) -> Written | None:
        recalled: Recollection | None = await self._agent.recall(notice.conversation_id, turn_id=notice.turn_id)
        if recalled is None:
            return None
        sources = to_sources_shown(recalled.citations)
        return Written((sources, _done(describe_share(self._name(notice), recalled))))

    def _name(self, notice: Notice) -> str:
        """Return how people read who asked. Without the platform's help it is a mention that is taken apart."""
        platform = self._outlets[notice.address.platform].platform
        if platform is not None and isinstance(platform, NamesPeople):
            return platform.name_person(notice.person, workspace=notice.workspace)
        return f"<@{notice.person}>"

    async def _link(self, turn_id: str | None) -> str | None:
        """Return a link to an answer, where there is one and the platform makes links."""
        reference = await self._store.whereabouts.first_post(turn_id) if turn_id else None
        if reference is None:
            return None
        platform = self._outlets[reference.address.platform].platform
        if platform is None or not isinstance(platform, LinksMessages):
            return None
        try:
            async with asyncio.timeout(_LINK_SECONDS):
                return await platform.link_to(reference)
        except (AdapterError, TimeoutError) as error:
            _log.info("turn %s: no link to its answer: %s", turn_id, type(error).__name__)
            return None


def _done(text: str) -> ReplyDone:
    return ReplyDone(text, "notice", model="", seconds=0.0, input_tokens=0, output_tokens=0, cost_usd=0.0)
