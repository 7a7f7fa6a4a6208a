"""What the messages of a turn ask, and what is said when they ask nothing that can be answered."""

from adapters.contract import ReplyDone
from agents.contract import Question
from bot.store.inbox import InboxMessage
from bot.store.turns import Turn, TurnRecord


def asked_of(turn: Turn) -> tuple[InboxMessage, ...]:
    """Return the messages that are to be answered."""
    return tuple(each for each in turn.questions if each.refusal is None)


def questions_of(asked: tuple[InboxMessage, ...]) -> tuple[Question, ...]:
    """Return messages as the agent takes them."""
    return tuple(Question(each.id, each.author, each.text) for each in asked)


def refusal_of(messages: tuple[InboxMessage, ...]) -> tuple[ReplyDone, TurnRecord]:
    """Return the end of a reply to messages that can't be answered."""
    text = " ".join(dict.fromkeys(each.refusal for each in messages if each.refusal))
    end = ReplyDone(text, "refused", model="", seconds=0.0, input_tokens=0, output_tokens=0, cost_usd=0.0)
    return end, TurnRecord(outcome="refused")
