"""Who answers? The supervisor chooses a field of support and a standalone search query for the question."""

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from langchain_core.messages import AnyMessage
from pydantic import BaseModel, ConfigDict, Field, create_model

from agents.contract import DecidedBy, ModelCall
from agents.domains import HUMAN, INTENT_NAMES, OFFTOPIC, SMALLTALK, Domains, split_label
from agents.errors import NoModelAvailable
from agents.language import detect_language
from agents.models.chain import ModelChain
from agents.prompts import build_route_prompt
from knowledge.contract import Classification, Classifier, Retriever, SearchResult

logger = logging.getLogger(__name__)

MAX_QUERY_CHARS = 600
DEPENDENT_WORDS = 5
"""A message of so few words after another one is taken for its continuation ("and for annual plans?")."""

_REFERS_BACK = re.compile(
    r"\A\W*(?:and|but|so|then|also|what about|how about|what if|or)\b"
    r"|\b(?:it|its|that|this|these|those|they|them|their|there|one|ones|same|instead|he|she|above|else)\b",
    re.IGNORECASE,
)


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

    `label` is a domain's name or an intent's label. `boost` is the domain to lift in retrieval, None when two are
    about as likely. `reply` is a model's answer to small talk. `language` is the asker's where it could be told.
    `found` is what `query` has found already, unless `boost` asks for another order.
    """

    label: str
    confidence: float
    decided_by: DecidedBy
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
            query=query,
            boost=label if self._domains.get(label) else None,
            language=None,
            reply=choice.reply.strip()[:300],
        )

    async def _decide_locally(self, talk: Talk, classified: Classification | None) -> Decision:
        query = standalone_query(talk)
        if classified is None:
            return await self._decide_by_words(query)
        name, _ = split_label(classified.label)
        is_followup = query != talk.question[:MAX_QUERY_CHARS]
        if is_followup and talk.last_domain and not classified.is_clear and name not in {HUMAN, SMALLTALK}:
            return self._local(talk.last_domain, classified.confidence, query, boost=talk.last_domain)
        if name == OFFTOPIC:
            return await self._doubt_offtopic(query, classified)
        if name in INTENT_NAMES and not classified.is_clear and self._domains.get(classified.runner_up):
            label = classified.label if classified.confidence >= 0.5 else classified.runner_up
            return self._local(label, classified.confidence, query, boost=None)
        return self._local(
            classified.label, classified.confidence, query, boost=classified.label if classified.is_clear else None
        )

    async def _doubt_offtopic(self, query: str, classified: Classification) -> Decision:
        # A product's own words may look like another world to a classifier that has never seen them:
        # what the documents cover is not off topic.
        found = await self._retriever.search(query)
        if not found.is_covered:
            return replace(self._local(OFFTOPIC, classified.confidence, query, boost=None), found=found)
        label = classified.runner_up if self._domains.get(classified.runner_up) else self._domains.default
        return replace(self._local(label, classified.runner_up_confidence, query, boost=None), found=found)

    async def _decide_by_words(self, query: str) -> Decision:
        """Follow the documents that the words lead to: the snapshot was built without vectors."""
        found = await self._retriever.search(query)
        scores: dict[str, float] = {}
        for hit in found.hits:
            scores[hit.passage.domain] = scores.get(hit.passage.domain, 0.0) + hit.score
        if not scores or not found.is_covered:
            return replace(self._local(self._domains.default, 0.0, query, boost=None), found=found)
        label = max(scores, key=lambda name: scores[name])
        share = scores[label] / (sum(scores.values()) or 1.0)
        return replace(self._local(label, share, query, boost=None), found=found)

    def _local(self, label: str, confidence: float, query: str, *, boost: str | None) -> Decision:
        boost = boost if boost is not None and self._domains.get(boost) else None
        return Decision(label, confidence, DecidedBy.LOCAL, query, boost, language=None)


def standalone_query(talk: Talk) -> str:
    """Return the question as a search query, with the last one before it where it seems to lean on that.

    Without a model nothing better is to be had: words of the earlier question bring its subject back.
    """
    question = talk.question[:MAX_QUERY_CHARS]
    if not talk.last_query:
        return question
    is_short = len(question.split()) <= DEPENDENT_WORDS
    if not is_short and not _REFERS_BACK.search(question):
        return question
    return f"{talk.last_query[: MAX_QUERY_CHARS // 2]} {question}"[:MAX_QUERY_CHARS]
