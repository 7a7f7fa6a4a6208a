"""A worker: gather passages, have a model answer from them, check the answer, or quote when no model can be asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

from langchain_core.messages import AnyMessage
from langgraph.runtime import Runtime

from agents.contract import (
    AgentEvent,
    Citation,
    ModelCall,
    Outcome,
    Reset,
    Sources,
    StatusChanged,
    TextDelta,
    TurnFinished,
)
from agents.domains import Domain
from agents.draft import Draft
from agents.errors import NoModelAvailable
from agents.evidence import Evidence
from agents.followup import find
from agents.frames import FrameBatcher
from agents.memory import Conversation, remember_answer, split_window, summarise_locally
from agents.models.chain import ModelChain
from agents.models.pieces import Completed, Delta, Piece, Restart
from agents.models.prompt import Prompt
from agents.prompts import build_answer_prompt, build_summary_prompt
from agents.reception import Desk
from agents.search_only import MODEL_NAME, choose, quote
from agents.strategies import Gathered, Gathering
from agents.supervisor import Decision
from knowledge.contract import Retriever


@dataclass(slots=True)
class Turn:
    """One turn under way: what the nodes of the graph share and the checkpoint does not keep."""

    id: str
    question: str
    question_ids: frozenset[str]
    clock: Callable[[], float]
    started: float
    decision: Decision | None = None
    calls: list[ModelCall] = field(default_factory=list)

    def finish(self, outcome: Outcome, text: str, model: str, *, offers_person: bool = False) -> TurnFinished:
        """Return the turn's last event."""
        seconds = self.clock() - self.started
        return TurnFinished(outcome, text, model, seconds, tuple(self.calls), offers_person)

    def history(self, state: Conversation) -> list[AnyMessage]:
        """Return the conversation before this turn, which may already be in it when the turn is repeated."""
        own = {*self.question_ids, self.id}
        return [message for message in state.get("messages", []) if message.id not in own]


@dataclass(frozen=True, slots=True)
class Written:
    """An answer as it came out."""

    outcome: Outcome
    text: str
    model: str
    citations: tuple[Citation, ...] = ()

    @property
    def offers_person(self) -> bool:
        """Whether the way to a person belongs below it."""
        return self.outcome is Outcome.ABSTAINED


class Screen:
    """Carries what a chain writes to the reader: frame by frame, starting over when another model begins."""

    def __init__(self, evidence: Evidence, emit: Callable[[AgentEvent], None], *, same_language: bool) -> None:
        self._begin = partial(Draft, evidence, same_language=same_language)
        self._emit = emit
        self._batcher = FrameBatcher(self._show)
        self.draft = self._begin()

    async def follow(self, pieces: AsyncIterator[Piece]) -> str:
        """Show all pieces and return the name of the model that completed the answer."""
        model = ""
        try:
            async for piece in pieces:
                match piece:
                    case Delta(text):
                        self._batcher.add(text)
                    case Restart(reason):
                        self._restart(reason)
                    case Completed():
                        model = piece.model
            self._batcher.close()
        finally:
            self._batcher.discard()
        if rest := self.draft.close():
            self._emit(TextDelta(rest))
        return model

    def _show(self, text: str) -> None:
        if ready := self.draft.feed(text):
            self._emit(TextDelta(ready))

    def _restart(self, reason: str) -> None:
        self._batcher.discard()
        if self.draft.shown:
            self._emit(Reset(reason))
        self.draft = self._begin()


@dataclass(frozen=True, slots=True)
class Worker:
    """The node of one domain in the graph."""

    domain: Domain
    gathering: Gathering
    retriever: Retriever
    chain: ModelChain
    summary_chain: ModelChain
    desk: Desk

    async def __call__(self, state: Conversation, runtime: Runtime[Turn]) -> Conversation:
        """Answer, and return what the conversation remembers of it."""
        turn, emit = runtime.context, runtime.stream_writer
        assert turn.decision is not None, "the supervisor runs first"
        dropped, _ = split_window(turn.history(state))
        gathered = await self._gather(state, turn.decision)
        # The summary is made while the answer is written: nobody waits for it.
        written, summary = await asyncio.gather(
            self._write(state, turn, gathered, emit), self._summarise(state, dropped, turn), return_exceptions=True
        )
        if isinstance(written, BaseException):
            raise written
        if isinstance(summary, BaseException):
            raise summary
        emit(Sources(written.citations))
        emit(turn.finish(written.outcome, written.text, written.model, offers_person=written.offers_person))
        return Conversation(
            messages=remember_answer(written.text, turn.id, dropped, written.citations),
            summary=summary,
            domain=self.domain.name,
            query=turn.decision.query,
            pinned={**state.get("pinned", {}), self.domain.name: list(gathered.pinned)},
        )

    async def _gather(self, state: Conversation, decision: Decision) -> Gathered:
        found = decision.found
        if found is None:
            found = await find(self.retriever, decision.question, decision.query, domain=decision.boost)
        return await self.gathering.gather(found, state.get("pinned", {}).get(self.domain.name, []))

    async def _write(
        self, state: Conversation, turn: Turn, gathered: Gathered, emit: Callable[[AgentEvent], None]
    ) -> Written:
        if self.chain.is_empty:
            return await self._quote(turn, gathered, emit)
        if not gathered.evidence.passages:
            return self._abstain(emit, "", MODEL_NAME)
        emit(StatusChanged("is reading the documents"))
        prompt = build_answer_prompt(
            self.domain,
            gathered.evidence,
            company=self.desk.company,
            question=turn.question,
            history=split_window(turn.history(state))[1],
            summary=state.get("summary", ""),
        )
        try:
            draft, model = await self._stream(prompt, turn, gathered, emit)
        except NoModelAvailable:
            return await self._quote(turn, gathered, emit)
        return self._check(draft, model, gathered, emit)

    async def _stream(
        self, prompt: Prompt, turn: Turn, gathered: Gathered, emit: Callable[[AgentEvent], None]
    ) -> tuple[Draft, str]:
        """Let the chain write, frame by frame. Raises NoModelAvailable when no model finished an answer."""
        assert turn.decision is not None
        screen = Screen(gathered.evidence, emit, same_language=not turn.decision.is_foreign)
        async with aclosing(self.chain.stream(prompt, role="answer", calls=turn.calls)) as pieces:
            model = await screen.follow(pieces)
        return screen.draft, model

    def _check(self, draft: Draft, model: str, gathered: Gathered, emit: Callable[[AgentEvent], None]) -> Written:
        """Let only what cites its passages stand as an answer."""
        if draft.is_refusal:
            return self._abstain(emit, draft.refusal, model)
        text = draft.mended()
        numbers = draft.numbers_in(text)
        if not numbers:
            emit(Reset("the answer cited nothing"))
            return self._abstain(emit, "", model)
        return Written(Outcome.ANSWERED, text, model, gathered.evidence.cite(numbers))

    async def _quote(self, turn: Turn, gathered: Gathered, emit: Callable[[AgentEvent], None]) -> Written:
        assert turn.decision is not None
        # A route without doubt outweighs a search that found no near passage: the gate is for other subjects.
        is_covered = gathered.evidence.is_covered or turn.decision.boost is not None
        evidence = await choose(gathered.hits, self.retriever, is_covered=is_covered)
        note = self._language_note(turn.decision)
        if not evidence.is_covered or not evidence.passages:
            return self._abstain(emit, note, MODEL_NAME)
        pieces = quote(evidence)
        pieces[0] = f"{note} {pieces[0]}".strip()
        for piece in pieces:
            emit(TextDelta(piece))
        cited = evidence.cite({number: number for number in evidence.numbers})
        return Written(Outcome.QUOTED, "".join(pieces), MODEL_NAME, cited)

    def _language_note(self, decision: Decision) -> str:
        return self.desk.languages_note if decision.is_foreign else ""

    def _abstain(self, emit: Callable[[AgentEvent], None], said: str, model: str) -> Written:
        text = self.desk.abstain(said)
        emit(TextDelta(text))
        return Written(Outcome.ABSTAINED, text, model)

    async def _summarise(self, state: Conversation, dropped: list[AnyMessage], turn: Turn) -> str:
        summary = state.get("summary", "")
        if not dropped:
            return summary
        parts: list[str] = []
        prompt = build_summary_prompt(summary, dropped)
        try:
            async with aclosing(self.summary_chain.stream(prompt, role="summary", calls=turn.calls)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Restart):
                        parts.clear()
                    elif isinstance(piece, Delta):
                        parts.append(piece.text)
        except NoModelAvailable:
            return summarise_locally(summary, dropped)
        return "".join(parts).strip()
