"""What buttons, reactions and sub-commands ask for: each done once it is durable, with a sentence on what was done."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol, assert_never

from adapters.contract import IncomingMessage, Kind, Wish
from bot import wording
from bot.about import About
from bot.clock import Clock
from bot.gate import GateRules, is_staff
from bot.outlets import SupportChannel
from bot.store.engine import Store
from bot.store.handoffs import Place
from bot.store.notices import Notice, NoticeKind


class StopsAnswers(Protocol):
    """What wishes ask of the turns."""

    def wake(self, conversation_id: str, *, author: str | None = None) -> None:
        """Look for what is to be done in a conversation."""
        ...

    async def stop(self, conversation_id: str, *, by: str | None) -> bool:
        """Stop the answer under way; return False when there is none."""
        ...


class PostsNotices(Protocol):
    """What wishes ask of the notices."""

    def post(self, notice_id: str) -> None:
        """Post a stored notice in the background."""
        ...


class Wishes:
    """Fulfil wishes; every method returns the sentence for the person who has the wish."""

    def __init__(
        self,
        *,
        store: Store,
        turns: StopsAnswers,
        notices: PostsNotices,
        about: About,
        support: Mapping[str, SupportChannel],
        rules: GateRules,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._turns = turns
        self._notices = notices
        self._about = about
        self._support = support
        self._rules = rules
        self._clock = clock
        self._new_id = new_id

    async def fulfil(self, wish: Wish, message: IncomingMessage, turn_id: str | None) -> str:
        """Do what an event asks for; `turn_id` is the turn that it concerns, where that is known."""
        match wish:
            case Wish.STOP:
                return wording.STOPPED if await self._stop(message) else wording.NOTHING_TO_STOP
            case Wish.HELPFUL | Wish.UNHELPFUL:
                return await self._rate(message, turn_id, is_helpful=wish is Wish.HELPFUL)
            case Wish.PERSON:
                return await self._hand_off(message)
            case Wish.GIVE_BACK:
                return await self._give_back(message)
            case Wish.MUTE | Wish.UNMUTE:
                return await self._mute(message, is_muted=wish is Wish.MUTE)
            case Wish.NEW:
                return await self._begin_anew(message)
            case Wish.SHARE:
                return await self._share(message, turn_id)
            case _:
                assert_never(wish)

    async def _stop(self, message: IncomingMessage) -> bool:
        by = None if is_staff(message, self._rules) else message.author
        return await self._turns.stop(message.conversation_id, by=by)

    async def _rate(self, message: IncomingMessage, turn_id: str | None, *, is_helpful: bool) -> str:
        rated = turn_id or (None if message.concerns else await self._last_turn(message))
        if rated is None:
            return wording.ANSWER_UNKNOWN
        rate = self._store.conversations.rate
        await rate(rated, person=message.author, is_helpful=is_helpful, now=self._clock.now())
        if is_helpful:
            return wording.HELPFUL
        return wording.thank_for_criticism(self._about, has_support=message.address.platform in self._support)

    async def _last_turn(self, message: IncomingMessage) -> str | None:
        return await self._store.whereabouts.last_turn(message.conversation_id)

    async def _hand_off(self, message: IncomingMessage) -> str:
        channel = self._support.get(message.address.platform)
        if channel is None:
            return wording.say_how_to_reach_people(self._about)
        if not message.conversation_id:
            return wording.CONVERSATION_UNKNOWN
        handoff_id = self._new_id()
        address = await self._store.handoffs.last_address(message.conversation_id) or message.address
        notice = Notice(
            id=self._new_id(),
            cause=f"wanted:{handoff_id}",
            kind=NoticeKind.WANTED,
            conversation_id=message.conversation_id,
            address=channel.address,
            person=message.author,
            handoff_id=handoff_id,
        )
        place = Place(message.conversation_id, message.workspace, message.channel, address)
        is_new = await self._store.handoffs.open(
            handoff_id, place, by=message.author, now=self._clock.now(), notice=notice
        )
        if not is_new:
            return wording.ASKED_ALREADY
        self._notices.post(notice.id)
        return wording.ASKING

    async def _give_back(self, message: IncomingMessage) -> str:
        """Give back this conversation; by command, all that people have taken over in the channel."""
        handoffs = self._store.handoffs
        own = await handoffs.open_of(message.conversation_id)
        given = {own: message.conversation_id} if own is not None else {}
        if message.kind is Kind.COMMAND:
            given |= dict(await handoffs.open_in(message.workspace, message.channel))
        for handoff_id, conversation_id in given.items():
            await self._give_back_one(handoff_id, conversation_id, by=message.author)
        return wording.GIVEN_BACK if given else wording.NOT_HANDED_OFF

    async def _give_back_one(self, handoff_id: str, conversation_id: str, *, by: str) -> None:
        told = await self._store.notices.of_handoff(handoff_id)
        notices: list[Notice] = []
        if told is not None:
            cause, kind = f"returned:{handoff_id}", NoticeKind.RETURNED
            notices.append(replace(told, id=self._new_id(), cause=cause, kind=kind, person=by))
        if address := await self._store.handoffs.address_of(handoff_id):
            cause = f"back:{handoff_id}"
            notices.append(
                Notice(self._new_id(), cause, NoticeKind.BACK, conversation_id, address, by, handoff_id=handoff_id)
            )
        if await self._store.handoffs.close(handoff_id, by=by, now=self._clock.now(), notices=notices):
            for notice in notices:
                self._notices.post(notice.id)

    async def _mute(self, message: IncomingMessage, *, is_muted: bool) -> str:
        if not await self._store.conversations.mute(message.conversation_id, is_muted=is_muted):
            return wording.NOTHING_HERE
        return wording.MUTED if is_muted else wording.UNMUTED

    async def _begin_anew(self, message: IncomingMessage) -> str:
        """Stop what is live; the history goes in the conversation's own task, after the end of that turn."""
        await self._stop(message)
        await self._store.conversations.forget_soon(message.conversation_id)
        self._turns.wake(message.conversation_id)
        return wording.FORGOTTEN

    async def _share(self, message: IncomingMessage, turn_id: str | None) -> str:
        shared = turn_id or await self._last_turn(message)
        if shared is None:
            return wording.ANSWER_UNKNOWN
        notice = Notice(
            id=self._new_id(),
            cause=f"shared:{shared}",  # not the press: whoever presses twice shares once
            kind=NoticeKind.SHARED,
            conversation_id=message.conversation_id,
            address=message.address,
            person=message.author,
            turn_id=shared,
        )
        is_new = await self._store.notices.add(notice, self._clock.now())
        posted = notice.id if is_new else await self._store.notices.reopen(notice.cause)
        if posted is None:
            return wording.SHARED_ALREADY
        self._notices.post(posted)
        return wording.SHARED
