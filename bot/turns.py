"""Turns, from the message that waits to the answer that stands: read from top to bottom.

Each conversation with something to do has one task, so it has one turn at a time. All that must be known lies in the
store; a failed attempt and a killed process therefore look alike: the turn is still open, and is claimed again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from adapters.contract import (
    Platform,
    ReplyDone,
    ReplyEvent,
    ReplyFailed,
    StatusShown,
    TextAdded,
    TextReset,
)
from adapters.live import LiveReplies, LiveReply
from agents.contract import Agent, AgentEvent, TurnFailed, TurnRequest
from bot.background import Background
from bot.clock import Clock
from bot.line import Line
from bot.questions import asked_of, questions_of, refusal_of
from bot.record import note
from bot.rehearsal import Rehearsal
from bot.store.engine import Store
from bot.store.inbox import InboxMessage
from bot.store.turns import Turn, TurnEnd, TurnRecord
from bot.translate import to_reply_event

_log = logging.getLogger(__name__)
_STOPPED = "_Stopped._"
_BEGINNING = "is reading your question"
_Made: TypeAlias = tuple[ReplyDone | ReplyFailed, TurnRecord]


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """How many turns work at once, how often one is tried, how long an author may take to finish a thought."""

    live_turns: int = 50
    attempts: int = 3
    burst_seconds: float = 1.5
    burst_max_seconds: float = 6.0
    retry_seconds: float = 1.0
    """Pause after a failed attempt; it doubles with each further one."""


class AttemptFailed(Exception):
    """The agent gave up on a turn that may be tried again."""


@dataclass(slots=True, eq=False)
class _Talk:
    """A conversation with something to do."""

    conversation_id: str
    has_news: bool = True
    failures: int = 0
    writer: str | None = None
    began_at: float = 0.0
    settles_at: float = 0.0
    turn_id: str | None = None
    is_at_work: bool = False
    until_stopped: asyncio.Timeout | None = None
    task: asyncio.Task[None] | None = None


class Turns:
    """Answer conversations: any number at once, each one turn at a time."""

    def __init__(
        self,
        *,
        store: Store,
        agent: Agent,
        replies: Mapping[str, LiveReplies],
        tasks: asyncio.TaskGroup,
        clock: Clock,
        new_id: Callable[[], str],
        limits: TurnLimits | None = None,
        contact: str | None = None,
        platforms: Mapping[str, Platform] | None = None,
    ) -> None:
        """Make turn ids with `new_id`: at most 20 characters, so that with a position they fit Discord's nonce.

        `replies` are those of each platform by its name; `contact` is how people reach a person. Where one of
        `platforms` reads threads, what was written before the first question is told to the agent.
        """
        self._store = store
        self._agent = agent
        self._replies = replies
        self._tasks = tasks
        self._clock = clock
        self._new_id = new_id
        self._limits = limits or TurnLimits()
        self._contact = contact
        self._background = Background(store, platforms or {})
        self._line = Line(self._limits.live_turns)
        self._talks: dict[str, _Talk] = {}
        self._is_closing = False

    async def take_up(self) -> int:
        """Go on with what an earlier process left open and return how many conversations that is."""
        conversations = await self._store.inbox.open_conversations()
        for conversation_id in conversations:
            self.wake(conversation_id)
        return len(conversations)

    def wake(self, conversation_id: str, *, author: str | None = None) -> None:
        """Look for what waits in a conversation; `author` may be about to write more, and is given a moment."""
        if self._is_closing:
            return  # what is in the inbox is the next process's
        talk = self._talks.get(conversation_id)
        if talk is None:
            talk = self._talks[conversation_id] = _Talk(conversation_id)
            talk.task = self._tasks.create_task(self._converse(talk))
        talk.has_news = True
        if author is not None and talk.writer in {None, author}:
            self._expect_more(talk, author)

    async def stop(self, conversation_id: str, *, by: str | None) -> bool:
        """Stop the answer under way and leave what is on the screen; return False when there is none.

        With only messages that wait to be taken up, those of `by` are withdrawn, or all of them for None.
        """
        if not await self._store.turns.ask_stop(conversation_id, by):
            return False
        talk = self._talks.get(conversation_id)
        if talk is not None and talk.until_stopped is not None and not talk.until_stopped.expired():
            talk.until_stopped.reschedule(0)
        return True

    async def join(self) -> None:
        """Return when no conversation has anything to do."""
        while tasks := [talk.task for talk in self._talks.values() if talk.task is not None]:
            await asyncio.wait(tasks)

    async def drain(self, grace_seconds: float) -> None:
        """Begin nothing new, let the turns at work finish, and leave what isn't done in time to the next process."""
        self._is_closing = True
        talks = list(self._talks.values())
        tasks = [talk.task for talk in talks if talk.task is not None]
        for talk in talks:
            if talk.task is not None and not talk.is_at_work:
                talk.task.cancel()
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=grace_seconds)
        handed_over = [talk.turn_id for talk in talks if talk.task in late and talk.is_at_work]
        for task in late:
            task.cancel()
        await asyncio.wait(tasks)
        for turn_id in filter(None, handed_over):
            await self._store.turns.hand_over(turn_id)

    def _expect_more(self, talk: _Talk, author: str) -> None:
        now = self._clock.now()
        if talk.writer is None:
            talk.writer, talk.began_at = author, now
        latest = talk.began_at + self._limits.burst_max_seconds
        talk.settles_at = min(now + self._limits.burst_seconds, latest)

    async def _converse(self, talk: _Talk) -> None:
        """Take turn after turn until nothing waits."""
        try:
            while not self._is_closing:
                talk.has_news = False
                is_done = False
                async with self._surviving(talk):
                    is_done = not await self._take_next(talk)
                if is_done and not talk.has_news:
                    return
        finally:
            del self._talks[talk.conversation_id]

    async def _settle(self, talk: _Talk) -> None:
        """Wait until the burst is over, so that it becomes one turn."""
        while (seconds := talk.settles_at - self._clock.now()) > 0:
            await self._clock.sleep(seconds)
        talk.writer = None

    @asynccontextmanager
    async def _surviving(self, talk: _Talk) -> AsyncIterator[None]:
        """Let a failed attempt be one, after a pause: the turn is still open, and is claimed again."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the turn's boundary: one turn's defect is no other's end
            talk.failures += 1
            _log.error("turn %s: attempt failed: %s", talk.turn_id, type(error).__name__, exc_info=error)
            await self._clock.sleep(min(self._limits.retry_seconds * 2 ** (talk.failures - 1), 60.0))
        else:
            talk.failures = 0

    async def _take_next(self, talk: _Talk) -> bool:
        """Bring the conversation's open or next turn to its end; return False when there is none to bring."""
        turn = await self._claim(talk.conversation_id)
        if turn is None:
            return False
        talk.turn_id = turn.id
        if turn.address.platform not in self._replies:
            _log.warning("turn %s stays open: %s is not connected", turn.id, turn.address.platform)
            return False
        reply = self._reply_to(turn)
        is_open = True
        try:
            async with asyncio.timeout(None) as talk.until_stopped:
                while is_open:
                    async with self._surviving(talk):
                        is_open = not await self._attempt(turn, reply, talk)
        except TimeoutError:  # of this scope: any other is a failed attempt
            await self._end_stopped(turn, reply)
        finally:
            talk.until_stopped, talk.is_at_work = None, False
        return True

    async def _claim(self, conversation_id: str) -> Turn | None:
        """Return the open or next turn. What is to be forgotten goes between turns, so that none of it comes back."""
        conversations = self._store.conversations
        while True:
            if await conversations.is_to_forget(conversation_id):
                await self._agent.forget(conversation_id)
                await conversations.has_forgotten(conversation_id)
            turn = await self._store.turns.claim(conversation_id, self._new_id(), self._clock.now())
            if turn is not None or not await conversations.is_to_forget(conversation_id):
                return turn

    def _reply_to(self, turn: Turn) -> LiveReply:
        """Begin the reply, or go on with the messages that an earlier process has posted."""
        return self._replies[turn.address.platform].open_reply(
            turn.address,
            turn.id,
            on_posted=partial(self._store.turns.add_post, turn.id),
            references=turn.references,
            may_ping=frozenset({turn.asker}),
            attempt=2 if turn.is_retaken else 1,
        )

    async def _attempt(self, turn: Turn, reply: LiveReply, talk: _Talk) -> bool:
        """Wait for a place, make the answer, deliver it, close the turn, and return True: nothing is left to do."""
        async with (
            self._line.place(lambda number: reply.show(_number_in_line(number))),
            self._rehearsing(turn, reply, talk) as rehearsal,
        ):
            await self._settle(talk)
            started = await self._store.turns.start(turn.id, self._clock.now())
            talk.is_at_work = True
            if started.is_stop_asked:
                await self._end_stopped(started, reply)
            elif not started.questions:
                await self._end_stopped(started, reply, note="")
            else:
                end = started.undelivered or await self._make(started, reply, rehearsal)
                await self._deliver(started, end, reply)
        return True

    @asynccontextmanager
    async def _rehearsing(self, turn: Turn, reply: LiveReply, talk: _Talk) -> AsyncIterator[Rehearsal | None]:
        """Begin the answer to what has been asked so far, while the asker may be about to write more."""
        asked = asked_of(turn)
        if turn.is_retaken or turn.is_stop_asked or not asked or talk.settles_at <= self._clock.now():
            yield None
            return
        reply.show(StatusShown(_BEGINNING))
        rehearsal = Rehearsal(self._agent, await self._request(turn, asked), self._tasks)
        try:
            yield rehearsal
        finally:
            await rehearsal.end()

    async def _request(self, turn: Turn, asked: tuple[InboxMessage, ...]) -> TurnRequest:
        return TurnRequest(turn.conversation_id, turn.id, questions_of(asked), await self._background.of(turn))

    async def _make(self, turn: Turn, reply: LiveReply, rehearsal: Rehearsal | None) -> ReplyDone | ReplyFailed:
        """Return the end of the reply, kept until it is delivered."""
        asked = asked_of(turn)
        if turn.attempt > self._limits.attempts:
            end, record = self._give_up(turn)
        elif asked:
            if rehearsal is not None and rehearsal.is_of(questions_of(asked)):
                events = rehearsal.events()
            else:
                if rehearsal is not None:
                    await rehearsal.end()
                events = self._agent.answer(await self._request(turn, asked))
            end, record = await self._show(events, asked, reply)
            if isinstance(end, ReplyFailed) and turn.attempt < self._limits.attempts:
                raise AttemptFailed(end.reference)
        else:
            end, record = refusal_of(turn.questions)
        await self._store.turns.settle(turn.id, end, record)
        return end

    async def _show(
        self, events: AsyncIterator[AgentEvent], asked: tuple[InboxMessage, ...], reply: LiveReply
    ) -> _Made:
        """Let people see the answer as it is made, after what is to be said about their messages."""
        notes = "".join(f"{text}\n\n" for text in dict.fromkeys(each.note for each in asked) if text)
        end, record = None, TurnRecord()
        reply.show(TextReset("a new attempt"))
        if notes:
            reply.show(TextAdded(notes))
        # To its very end: after its last event the agent may still have the history to write.
        async for event in events:
            record = note(record, event, self._clock.now())
            shown = to_reply_event(event, contact=self._contact)
            if isinstance(shown, ReplyDone | ReplyFailed):
                end = shown
                continue
            reply.show(shown)
            if notes and isinstance(shown, TextReset):
                reply.show(TextAdded(notes))
        if end is None:
            raise AttemptFailed("the answer has no end")
        return (replace(end, text=notes + end.text) if isinstance(end, ReplyDone) else end), record

    async def _deliver(self, turn: Turn, end: ReplyDone | ReplyFailed, reply: LiveReply) -> None:
        """Close the turn once its end is on the screen, or the platform has refused it for good."""
        reply.show(end)
        delivery = await reply.wait()
        if delivery.error is not None:
            _log.error("turn %s: its end could not be delivered: %s", turn.id, delivery.error)
        is_answered = delivery.error is None and isinstance(end, ReplyDone)
        state = TurnEnd.ANSWERED if is_answered else TurnEnd.FAILED
        await self._store.turns.close(turn.id, state, self._clock.now())

    async def _end_stopped(self, turn: Turn, reply: LiveReply, *, note: str = _STOPPED) -> None:
        """Leave the text so far, and close the turn."""
        reply.stop(note)
        await reply.wait()
        await self._store.turns.close(turn.id, TurnEnd.STOPPED, self._clock.now())

    def _give_up(self, turn: Turn) -> _Made:
        reference = self._new_id()[:8]
        _log.error("turn %s: given up after %d attempts, reference %s", turn.id, turn.attempt - 1, reference)
        end = to_reply_event(TurnFailed(reference, seconds=0.0), contact=self._contact)
        assert isinstance(end, ReplyFailed)  # what a TurnFailed becomes
        return end, TurnRecord(outcome="failed", reference=reference)


def _number_in_line(number: int) -> ReplyEvent:
    return StatusShown(f"You are number {number} in line. Your answer will appear here.")
