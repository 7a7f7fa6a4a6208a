"""Between the borders: nothing gets lost on the way."""

from typing import get_args

import pytest

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
    DecidedBy,
    ModelCall,
    Outcome,
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
from bot.translate import cost_of, to_reply_event, to_turn_request

CALLS = (
    ModelCall("route", "bedrock:nova", 0.3, input_tokens=100, output_tokens=5, cost_usd=0.25),
    ModelCall("answer", "openai:a", 0.1, error="rate limited"),
    ModelCall("answer", "bedrock:b", 1.0, input_tokens=700, output_tokens=40, cost_usd=0.5),
)
PAIRS: list[tuple[AgentEvent, ReplyEvent]] = [
    (Routed("billing", "Billing", 0.9, DecidedBy.RULE, "q"), RouteShown("billing", "Billing", 0.9, "rule", "q")),
    (StatusChanged("Searching"), StatusShown("Searching")),
    (TextDelta("a "), TextAdded("a ")),
    (Reset("stalled"), TextReset("stalled")),
    (
        Sources((Citation(1, "T", "T > S", "link", "d.md", "p", "Text."),)),
        SourcesShown((SourceLink(1, "T > S", "link", "d.md", "Text."),)),
    ),
    (
        TurnFinished(Outcome.ABSTAINED, "No.", "bedrock:b", 1.4, CALLS, offers_person=True),
        ReplyDone("No.", "abstained", "bedrock:b", 1.4, 800, 45, 0.75, "help@x.example"),
    ),
    (
        TurnFailed("ab12", 0.5, CALLS),
        ReplyFailed(
            "Sorry, I could not answer this because of a problem on our side (reference ab12). "
            "You can reach a person here: help@x.example.",
            "ab12",
        ),
    ),
]


def test_every_event_of_an_agent_is_shown() -> None:
    assert {type(event) for event, _ in PAIRS} == set(get_args(AgentEvent))
    assert {type(shown) for _, shown in PAIRS} == set(get_args(ReplyEvent))


@pytest.mark.parametrize(("event", "shown"), PAIRS)
def test_an_event_keeps_what_people_see(event: AgentEvent, shown: ReplyEvent) -> None:
    assert to_reply_event(event, contact="help@x.example") == shown


def test_a_person_is_offered_only_where_the_answer_asks_for_it_and_there_is_one() -> None:
    finished = TurnFinished(Outcome.ANSWERED, "Yes.", "openai:a", 1.0)
    done = to_reply_event(finished, contact="help@x.example")
    assert isinstance(done, ReplyDone)
    assert done.contact is None
    failed = to_reply_event(TurnFailed("ab12", 0.5), contact=None)
    assert isinstance(failed, ReplyFailed)
    assert failed.message.endswith("(reference ab12).")


def test_a_model_without_a_price_makes_the_cost_unknown_rather_than_low() -> None:
    unknown = ModelCall("answer", "openai:new", 1.0, input_tokens=10, output_tokens=1)
    assert cost_of(CALLS) == 0.75
    assert cost_of((*CALLS, unknown)) is None
    assert cost_of(()) == 0.0


def test_messages_that_wait_together_are_one_turn() -> None:
    messages = [IncomingMessage(f"m{n}", "console:a", "ann", f"question {n}") for n in (1, 2)]
    questions = (Question("m1", "ann", "question 1"), Question("m2", "ann", "question 2"))
    assert to_turn_request(messages, "t1") == TurnRequest("console:a", "t1", questions)


def test_a_turn_never_mixes_conversations() -> None:
    messages = [IncomingMessage("m", conversation, "ann", "?") for conversation in ("console:a", "console:b")]
    with pytest.raises(ValueError, match="one conversation, not 2"):
        to_turn_request(messages, "t1")
    with pytest.raises(ValueError, match="one conversation, not 0"):
        to_turn_request([], "t1")
