"""From one border to the other: the adapters' messages to the agents' turns, and the agents' events back."""

from collections.abc import Sequence
from typing import assert_never

from adapters.contract import (
    IncomingMessage,
    ReplyDone,
    ReplyEvent,
    ReplyFailed,
    RouteShown,
    SourceLink,
    SourcesShown,
    StatusShown,
    TextAdded,
    TextReset,
)
from agents.contract import (
    AgentEvent,
    Citation,
    ModelCall,
    Question,
    Reset,
    Routed,
    Sources,
    StatusChanged,
    TextDelta,
    TurnFailed,
    TurnFinished,
    TurnRequest,
)


def to_turn_request(messages: Sequence[IncomingMessage], turn_id: str) -> TurnRequest:
    """Return one turn for messages that wait in the same conversation, oldest first."""
    conversations = {message.conversation_id for message in messages}
    if len(conversations) != 1:
        raise ValueError(f"a turn answers one conversation, not {len(conversations)}")
    questions = tuple(Question(message.id, message.author, message.text) for message in messages)
    return TurnRequest(conversations.pop(), turn_id, questions)


def to_reply_event(event: AgentEvent, *, contact: str | None) -> ReplyEvent:
    """Return what people see of an event; `contact` is the way to reach a person, if there is one."""
    match event:
        case Routed():
            return to_route_shown(event)
        case StatusChanged():
            return StatusShown(event.text)
        case TextDelta():
            return TextAdded(event.text)
        case Reset():
            return TextReset(event.reason)
        case Sources():
            return to_sources_shown(event.citations)
        case TurnFinished():
            return _to_reply_done(event, contact)
        case TurnFailed():
            return ReplyFailed(_apology(event.reference, contact), event.reference)
        case _:
            assert_never(event)


def to_sources_shown(citations: Sequence[Citation]) -> SourcesShown:
    """Return citations as people see them."""
    links = (SourceLink(c.number, c.breadcrumb or c.title, c.link, c.document, c.text) for c in citations)
    return SourcesShown(tuple(links))


def to_route_shown(routed: Routed) -> RouteShown:
    """Return a route as people see it."""
    return RouteShown(routed.domain, routed.title, routed.confidence, str(routed.decided_by), routed.query)


def cost_of(calls: Sequence[ModelCall]) -> float | None:
    """Return the dollars of all calls, or None when one that used tokens has no price."""
    if any(call.cost_usd is None and (call.input_tokens or call.output_tokens) for call in calls):
        return None
    return sum((call.cost_usd or 0.0 for call in calls), start=0.0)


def _to_reply_done(event: TurnFinished, contact: str | None) -> ReplyDone:
    """Add up what the turn's calls used: routing and failed attempts are part of an answer's price."""
    return ReplyDone(
        text=event.text,
        outcome=str(event.outcome),
        model=event.model,
        seconds=event.seconds,
        input_tokens=sum(call.input_tokens for call in event.calls),
        output_tokens=sum(call.output_tokens for call in event.calls),
        cost_usd=cost_of(event.calls),
        contact=contact if event.offers_person else None,
    )


def _apology(reference: str, contact: str | None) -> str:
    """Return the one sentence for a turn that failed."""
    person = f" You can reach a person here: {contact}." if contact else ""
    return f"Sorry, I could not answer this because of a problem on our side (reference {reference}).{person}"
