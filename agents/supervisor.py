"""Who answers? The supervisor chooses a field of support and a standalone search query for the question."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from langchain_core.messages import AnyMessage
from pydantic import BaseModel, ConfigDict, Field, create_model

from agents.contract import DecidedBy, ModelCall
from agents.domains import HUMAN, INTENT_NAMES, OFFTOPIC, SMALLTALK, Domains, split_label
from agents.errors import NoModelAvailable
from agents.followup import find, join_queries
from agents.language import detect_language
from agents.models.chain import ModelChain
from agents.prompts import build_route_prompt
from knowledge.contract import Classification, Classifier, Retriever, SearchResult

logger = logging.getLogger(__name__)

MAX_QUERY_CHARS = 600
LIKELY = 0.5
"""A wish for a person, or small talk, is taken for that from this probability on, even where it isn't clear."""


class Routing(StrEnum):
    """Who may decide: the local classifier where it is clear and else a model; always a model; never a model."""

    AUTO = "auto"
    MODEL = "model"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Talk:
    """A question with what came before it."""

    question: str
    history: Sequence[AnyMessage] = ()
    summary: str = ""
    last_domain: str | None = None
    last_query: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The route of one turn.

    `label` is a domain's name or an intent's label. `query` is `question` with what it leans on. `boost` is the domain
    to lift in retrieval, None when two are about as likely. `reply` is a model's answer to small talk. `language` is
    the asker's where it could be told. `found` holds what was searched for already.
    """

    label: str
    confidence: float
    decided_by: DecidedBy
    question: str
    query: str
    boost: str | None
    language: str | None
    is_foreign: bool = False
    reply: str = ""
    found: SearchResult | None = field(default=None, repr=False)


class RouteChoice(BaseModel):
    """What a model answers when it routes; the field `domain` lists its choices in a subclass."""

    model_config = ConfigDict(extra="forbid")

    domain: str
    query: str
    confidence: float = Field(ge=0, le=1)
    reply: str


class Supervisor:
    """Choose a route: locally in a few milliseconds where that is clear, else by a model, else locally after all."""

    def __init__(
        self,
        domains: Domains,
        classifier: Classifier,
        retriever: Retriever,
        chain: ModelChain,
        *,
        routing: Routing,
        company: str,
    ) -> None:
        self._domains = domains
        self._classifier = classifier
        self._retriever = retriever
        self._chain = chain
        self._routing = routing
        self._company = company
        names = [*domains.names, *INTENT_NAMES]
        listed = (str, Field(json_schema_extra={"enum": list(names)}))
        self._choice = create_model("RouteChoice", __base__=RouteChoice, domain=listed)

    async def decide(self, talk: Talk, calls: list[ModelCall]) -> Decision:
        """Return the route. Model calls are appended to `calls`; a failing model is no reason to fail."""
        classified = await self._classifier.classify(talk.question)
        known = await self._retriever.languages()
        language = detect_language(talk.question)
        is_foreign = language is not None and bool(known) and language not in known
        if self._may_decide_locally(talk, classified, is_foreign=is_foreign):
            decision = await self._decide_locally(talk, classified)
        else:
            decision = await self._decide_by_model(talk, classified, known, calls)
        if is_foreign and decision.label == OFFTOPIC and decision.decided_by is DecidedBy.LOCAL:
            # To the local classifier another language is another world.
            decision = replace(decision, label=self._domains.get_or_default(talk.last_domain or "").name)
        return replace(decision, language=language, is_foreign=is_foreign)

    def _may_decide_locally(self, talk: Talk, classified: Classification | None, *, is_foreign: bool) -> bool:
        if self._routing is Routing.LOCAL or self._chain.is_empty:
            return True
        if self._routing is Routing.MODEL or classified is None or not classified.is_clear or is_foreign:
            return False
        return not talk.history or split_label(classified.label)[0] in {HUMAN, SMALLTALK}

    async def _decide_by_model(
        self, talk: Talk, classified: Classification | None, known: Sequence[str], calls: list[ModelCall]
    ) -> Decision:
        prompt = build_route_prompt(
            self._domains,
            company=self._company,
            language=known[0] if known else "the documents' language",
            question=talk.question,
            history=talk.history,
            summary=talk.summary,
        )
        # Retrieval goes on beside the model's thinking: most questions search for what they literally say, and the
        # knowledge base remembers what a query found, so that the route then only changes the order.
        search = self._retriever.search(talk.question[:MAX_QUERY_CHARS])
        choice, found = await asyncio.gather(
            self._chain.decide(prompt, self._choice, role="route", calls=calls), search, return_exceptions=True
        )
        if isinstance(found, BaseException):
            raise found
        if isinstance(choice, NoModelAvailable):
            return await self._decide_locally(talk, classified)
        if isinstance(choice, BaseException):
            raise choice
        if choice.domain not in self._domains.names and choice.domain not in INTENT_NAMES:
            logger.warning("the routing model chose a field that doesn't exist; deciding locally")
            return await self._decide_locally(talk, classified)
        return self._from_choice(talk, choice, classified)

    def _from_choice(self, talk: Talk, choice: RouteChoice, classified: Classification | None) -> Decision:
        label, query = choice.domain, choice.query.strip()[:MAX_QUERY_CHARS] or talk.question[:MAX_QUERY_CHARS]
        if label == SMALLTALK:
            is_agreed = classified is not None and split_label(classified.label)[0] == SMALLTALK
            label = classified.label if classified is not None and is_agreed else f"{SMALLTALK}.greeting"
        return Decision(
            label=label,
            confidence=choice.confidence,
            decided_by=DecidedBy.MODEL,
            question=query,
            query=query,
            boost=label if self._domains.get(label) else None,
            language=None,
            reply=choice.reply.strip()[:300],
        )

    async def _decide_locally(self, talk: Talk, classified: Classification | None) -> Decision:
        if classified is None:
            return await self._decide_by_words(talk)
        name, _ = split_label(classified.label)
        if name in {HUMAN, SMALLTALK} and (classified.is_clear or classified.confidence >= LIKELY):
            return self._local(classified.label, classified.confidence, talk)
        if not classified.is_clear and talk.last_domain:
            return self._local(talk.last_domain, classified.confidence, talk)
        if name == OFFTOPIC:
            return await self._doubt_offtopic(talk, classified)
        label = classified.label if self._domains.get(classified.label) else classified.runner_up
        decision = self._local(self._domains.get_or_default(label).name, classified.confidence, talk)
        return decision if classified.is_clear else replace(decision, boost=None)

    async def _doubt_offtopic(self, talk: Talk, classified: Classification) -> Decision:
        decision = await self._with_results(self._local(OFFTOPIC, classified.confidence, talk))
        # A product's own words may look like another world to a classifier that has never seen them: where it has
        # doubts, what the documents cover is not off topic.
        if classified.is_clear or decision.found is None or not decision.found.is_covered:
            return decision
        label = self._domains.get_or_default(classified.runner_up).name
        return replace(decision, label=label, confidence=classified.runner_up_confidence)

    async def _decide_by_words(self, talk: Talk) -> Decision:
        """Follow the documents that the words lead to: the snapshot was built without vectors."""
        decision = await self._with_results(self._local(self._domains.default, 0.0, talk))
        scores: dict[str, float] = {}
        for hit in decision.found.hits if decision.found is not None and decision.found.is_covered else ():
            scores[hit.passage.domain] = scores.get(hit.passage.domain, 0.0) + hit.score
        if not scores:
            return decision
        label = max(scores, key=lambda name: scores[name])
        return replace(decision, label=label, confidence=scores[label] / (sum(scores.values()) or 1.0))

    async def _with_results(self, decision: Decision) -> Decision:
        """Search now: what is found takes part in the decision."""
        found = await find(self._retriever, decision.question, decision.query, domain=decision.boost)
        return replace(decision, found=found)

    def _local(self, label: str, confidence: float, talk: Talk) -> Decision:
        question = talk.question[:MAX_QUERY_CHARS]
        query = join_queries(talk.last_query, question) if talk.last_query else question
        boost = label if self._domains.get(label) else None
        return Decision(label, confidence, DecidedBy.LOCAL, question, query, boost, language=None)
