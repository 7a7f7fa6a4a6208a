"""Erase what is known of a person or a conversation, in the store and in the models' histories.

The histories go first: an erasure that is cut off finds all its traces again when it is repeated.
"""

from dataclasses import dataclass
from pathlib import Path

from agents.memory import forget_conversations
from bot.errors import StillAnswering
from bot.store.engine import Store
from bot.store.forgetting import Traces


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased: whole conversations, parts of shared ones, words of feedback, histories of models."""

    conversations: int
    shared: int = 0
    feedback: int = 0
    histories: int = 0


async def erase_conversation(store: Store, checkpoints: Path, conversation_id: str) -> Erased:
    """Erase a conversation, also one that only the history knows, as those of the terminal. Raises StillAnswering."""
    traces = await store.forgetting.trace_conversation(conversation_id)
    _check(traces)
    histories = await forget_conversations(checkpoints, [conversation_id])
    await store.forgetting.erase_conversations(traces.own)
    return Erased(len(traces.own), histories=histories)


async def erase_person(store: Store, checkpoints: Path, person: str) -> Erased:
    """Erase a person, and with them every conversation that was theirs alone. Raises StillAnswering."""
    traces = await store.forgetting.trace_person(person)
    _check(traces)
    histories = await forget_conversations(checkpoints, traces.all)
    await store.forgetting.erase_conversations(traces.own)
    feedback = await store.forgetting.erase_person(person)
    return Erased(len(traces.own), len(traces.shared), feedback, histories)


def _check(traces: Traces) -> None:
    if traces.is_busy:
        raise StillAnswering("a question there is being answered right now: try again in a minute")
