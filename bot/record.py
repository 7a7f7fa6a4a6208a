"""What a turn did and what it cost, gathered from its events as they pass."""

from dataclasses import replace

from agents.contract import AgentEvent, ModelCall, Routed, TextDelta, TurnFailed, TurnFinished
from bot.store.turns import TurnRecord
from bot.translate import cost_of


def note(record: TurnRecord, event: AgentEvent, now: float) -> TurnRecord:
    """Return the record with an event added."""
    match event:
        case Routed():
            decided_by = event.decided_by.value
            return replace(record, domain=event.domain, route_confidence=event.confidence, route_decided_by=decided_by)
        case TextDelta() if record.first_text_at is None:
            return replace(record, first_text_at=now)
        case TurnFinished():
            return replace(_with_cost(record, event.calls), outcome=event.outcome.value)
        case TurnFailed():
            return replace(_with_cost(record, event.calls), outcome="failed", reference=event.reference)
        case _:
            return record


def _with_cost(record: TurnRecord, calls: tuple[ModelCall, ...]) -> TurnRecord:
    return replace(
        record,
        models=" ".join(dict.fromkeys(call.model for call in calls)),
        input_tokens=sum(call.input_tokens for call in calls),
        output_tokens=sum(call.output_tokens for call in calls),
        cost_usd=cost_of(calls),
    )
