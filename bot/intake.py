"""The front door: every event of every platform passes the gate here and, if it is a question, into the inbox.

A platform may be told "received" only after `receive` has returned.
"""

import logging
from dataclasses import dataclass, replace
from typing import Protocol

from adapters.contract import IncomingMessage, Kind, Surface, Wish
from bot.clock import Clock
from bot.gate import (
    INTERACTIONS,
    Act,
    Answer,
    ConversationState,
    Decision,
    GateRules,
    Ignore,
    Reason,
    Refuse,
    decide,
    is_addressed,
)
from bot.inbox import Inbox
from bot.overtaken import Overtaken
from bot.store.engine import Store
from bot.store.inbox import Acceptance, InboxMessage

_log = logging.getLogger(__name__)
_ON_A_MESSAGE = frozenset({Kind.BUTTON, Kind.REACTION})
_ABOUT_A_MESSAGE = frozenset({Kind.EDIT, Kind.DELETE})


class WakesConversations(Protocol):
    """What the front door asks of the turns."""

    def wake(self, conversation_id: str, *, author: str | None = None) -> None:
        """Look for what waits in a conversation; `author` may be about to write more."""
        ...


class FulfilsWishes(Protocol):
    """Who does what buttons, reactions and sub-commands ask for."""

    async def fulfil(self, wish: Wish, message: IncomingMessage, turn_id: str | None) -> str:
        """Do it, and return the sentence for the person who has the wish."""
        ...


@dataclass(frozen=True, slots=True)
class Received:
    """What was decided about an event, and the sentence on what was done for its author."""

    decision: Decision
    notice: str = ""


class Intake:
    """Decide about events, make questions durable and have done what buttons and reactions ask."""

    def __init__(
        self, *, store: Store, turns: WakesConversations, wishes: FulfilsWishes, rules: GateRules, clock: Clock
    ) -> None:
        self._store = store
        self._inbox = Inbox(store.inbox)
        self._turns = turns
        self._wishes = wishes
        self._rules = rules
        self._clock = clock
        self._overtaken = Overtaken(clock)

    async def receive(self, message: IncomingMessage) -> Received:
        """Return what was decided and done.

        The Refuse of an interaction is for the adapter to say, in private; any other one is a turn.
        """
        current = self._overtaken.catch_up(message)
        if current is None:
            return Received(Ignore(Reason.DELETED))
        message, turn_id = await self._locate(current)
        state = await self._state_of(message)
        decision = decide(message, state, self._rules)
        notice = ""
        match decision:
            case Answer(text, note):
                await self._accept(message, text, note=note)
            case Refuse(_, text) if message.kind not in INTERACTIONS:
                await self._accept(message, "", refusal=text)
            case Act():
                notice = await self._act(message, decision, turn_id)
            case Ignore(reason):
                await self._overhear(message, state, reason)
            case Refuse(_, text):
                notice = text
        _log.debug("%s %s: %s", message.kind, message.id, type(decision).__name__)
        return Received(decision, notice)

    async def _locate(self, message: IncomingMessage) -> tuple[IncomingMessage, str | None]:
        """Return an event on a message of ours, or on a question, in its conversation, and the turn behind it."""
        if message.kind not in _ON_A_MESSAGE:
            return message, None
        found = await self._store.whereabouts.find(message)
        if found is None:
            return message, None
        return replace(message, conversation_id=found.conversation_id), found.turn_id

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
            is_in_thread=message.surface is Surface.THREAD,
        )
        people = _people(message)
        await self._inbox.accept(Acceptance(question, message.workspace, message.channel, people))
        # A copy wakes too: the first one's caller may have been cancelled between its commit and this line.
        writes_on = message.kind is not Kind.COMMAND and refusal is None
        self._turns.wake(message.conversation_id, author=message.author if writes_on else None)

    async def _overhear(self, message: IncomingMessage, state: ConversationState, reason: Reason) -> None:
        """Note what matters later.

        Who else talks in a conversation of ours: from then on the bot waits to be addressed. And what has become of a
        message that may yet come.
        """
        if reason is Reason.DELETED or (reason is Reason.EDITED and is_addressed(message, state)):
            self._overtaken.note(message)
        if reason is Reason.NOT_ADDRESSED and state.is_known and not _people(message) <= state.people:
            await self._store.conversations.add_people(message.conversation_id, _people(message))

    async def _act(self, message: IncomingMessage, act: Act, turn_id: str | None) -> str:
        if message.kind in _ABOUT_A_MESSAGE and not self._overtaken.note(message):
            return ""
        match act.deed:
            case Wish():
                return await self._wishes.fulfil(act.deed, message, turn_id)
            case Kind.EDIT:
                await self._store.inbox.revise(message.concerns, act.text, act.note)
            case Kind.DELETE:
                await self._store.inbox.withdraw(message.concerns)
        return ""


def _people(message: IncomingMessage) -> frozenset[str]:
    return message.mentions | {message.author} | ({message.thread_author} if message.thread_author else set())
