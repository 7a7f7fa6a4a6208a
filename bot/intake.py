"""The front door: every event of every platform passes the gate here and, if it is a question, into the inbox.

A platform may be told "received" only after `receive` has returned.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from adapters.contract import IncomingMessage, Kind, Wish
from bot.clock import Clock
from bot.gate import Act, Answer, ConversationState, Decision, GateRules, Ignore, Reason, Refuse, decide, is_staff
from bot.inbox import Inbox
from bot.store.engine import Store
from bot.store.inbox import Acceptance, InboxMessage

_log = logging.getLogger(__name__)
_INTERACTIONS = frozenset({Kind.COMMAND, Kind.BUTTON})
_ABOUT_A_MESSAGE = frozenset({Kind.EDIT, Kind.DELETE})


class AnswersConversations(Protocol):
    """What the front door asks of the turns."""

    def wake(self, conversation_id: str, *, author: str | None = None) -> None:
        """Look for what waits in a conversation; `author` may be about to write more."""
        ...

    async def stop(self, conversation_id: str, *, by: str | None) -> bool:
        """Stop the answer under way; return False when there is none."""
        ...


class Intake:
    """Decide about events, make questions durable and do what buttons and reactions ask."""

    def __init__(
        self,
        *,
        store: Store,
        turns: AnswersConversations,
        rules: GateRules,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._inbox = Inbox(store.inbox)
        self._turns = turns
        self._rules = rules
        self._clock = clock
        self._new_id = new_id

    async def receive(self, message: IncomingMessage) -> Decision:
        """Return what was decided. A Refuse is for the adapter to say, in private; any other refusal is a turn."""
        state = await self._state_of(message)
        decision = decide(message, state, self._rules)
        match decision:
            case Answer(text, note):
                await self._accept(message, text, note=note)
            case Refuse(_, text) if message.kind not in _INTERACTIONS:
                await self._accept(message, "", refusal=text)
            case Act():
                await self._act(message, decision)
            case Ignore(reason):
                await self._overhear(message, state, reason)
            case Refuse():
                pass
        _log.debug("%s %s: %s", message.kind, message.id, type(decision).__name__)
        return decision

    async def _state_of(self, message: IncomingMessage) -> ConversationState:
        state = await self._store.conversations.state_of(message.conversation_id)
        if message.kind not in _ABOUT_A_MESSAGE:
            return state
        return replace(state, is_waiting=await self._store.inbox.is_waiting(message.concerns))

    async def _accept(
        self, message: IncomingMessage, text: str, *, note: str | None = None, refusal: str | None = None
    ) -> None:
        question = InboxMessage(
            id=message.id,
            conversation_id=message.conversation_id,
            address=message.address,
            author=message.author,
            text=text,
            sent_at=message.sent_at,
            received_at=self._clock.now(),
            note=note,
            refusal=refusal,
        )
        people = _people(message)
        await self._inbox.accept(Acceptance(question, message.workspace, message.channel, people))
        # A copy wakes too: the first one's caller may have been cancelled between its commit and this line.
        writes_on = message.kind is not Kind.COMMAND and refusal is None
        self._turns.wake(message.conversation_id, author=message.author if writes_on else None)

    async def _overhear(self, message: IncomingMessage, state: ConversationState, reason: Reason) -> None:
        """Note who else talks in a conversation of ours: from then on the bot waits to be addressed."""
        if reason is Reason.NOT_ADDRESSED and state.is_known and not _people(message) <= state.people:
            await self._store.conversations.add_people(message.conversation_id, _people(message))

    async def _act(self, message: IncomingMessage, act: Act) -> None:
        conversations, now = self._store.conversations, self._clock.now()
        match act.deed:
            case Kind.EDIT:
                await self._store.inbox.revise(message.concerns, act.text, act.note)
            case Kind.DELETE:
                await self._store.inbox.withdraw(message.concerns)
            case Wish.STOP:
                by = None if is_staff(message, self._rules) else message.author
                await self._turns.stop(message.conversation_id, by=by)
            case Wish.HELPFUL | Wish.UNHELPFUL:
                await self._rate(message, is_helpful=act.deed is Wish.HELPFUL)
            case Wish.PERSON:
                hand_off = conversations.hand_off
                await hand_off(message.conversation_id, new_id=self._new_id(), by=message.author, now=now)
            case Wish.GIVE_BACK:
                await conversations.give_back(message.conversation_id, by=message.author, now=now)
            case Wish.MUTE | Wish.UNMUTE:
                await conversations.mute(message.conversation_id, is_muted=act.deed is Wish.MUTE)

    async def _rate(self, message: IncomingMessage, *, is_helpful: bool) -> None:
        found = await self._store.turns.turn_of(message.concerns)
        if found is not None:
            rate = self._store.conversations.rate
            await rate(found[0], person=message.author, is_helpful=is_helpful, now=self._clock.now())


def _people(message: IncomingMessage) -> frozenset[str]:
    return message.mentions | {message.author} | ({message.thread_author} if message.thread_author else set())
