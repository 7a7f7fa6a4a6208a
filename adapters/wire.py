"""Reply events as JSON: one form for `firstline ask --json` and for every other program that listens."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TypeAlias, assert_never

from adapters.contract import (
    ReplyDone,
    ReplyEvent,
    ReplyFailed,
    RouteShown,
    SourcesShown,
    StatusShown,
    TextAdded,
    TextReset,
)

Json: TypeAlias = Mapping[str, object]


def start(conversation_id: str, turn_id: str) -> Json:
    """Return the event that comes first: where the answer belongs, so that a next question can follow it."""
    return {"event": "start", "conversation": conversation_id, "turn": turn_id}


def to_json(event: ReplyEvent) -> Json | None:
    """Return an event for the wire, or None for a status, which is for typing indicators only."""
    match event:
        case RouteShown():
            return {
                "event": "route",
                "domain": event.domain,
                "title": event.title,
                "confidence": round(event.confidence, 4),
                "decided_by": event.decided_by,
                "query": event.query,
            }
        case StatusShown():
            return None
        case TextAdded():
            return {"event": "token", "text": event.text}
        case TextReset():
            return {"event": "reset", "reason": event.reason}
        case SourcesShown():
            return {"event": "sources", "sources": [asdict(source) for source in event.sources]}
        case ReplyDone():
            return _done(event)
        case ReplyFailed():
            return {"event": "error", "message": event.message, "reference": event.reference}
        case _:
            assert_never(event)


def to_line(message: Json) -> str:
    """Return one line of JSON without its line break, in ASCII, so that no pipe's encoding can spoil it."""
    return json.dumps(message)


def _done(event: ReplyDone) -> Json:
    """Return the last event of an answer. `cost` is in dollars, or null when a model has no price."""
    return {
        "event": "done",
        "outcome": event.outcome,
        "text": event.text,
        "model": event.model,
        "seconds": round(event.seconds, 3),
        "tokens": {"input": event.input_tokens, "output": event.output_tokens},
        "cost": None if event.cost_usd is None else round(event.cost_usd, 8),
        "contact": event.contact,
    }
