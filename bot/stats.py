"""How the bot does, in numbers: pure sums over the books."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.store.books import Entries, TurnEntry


@dataclass(frozen=True, slots=True)
class Seconds:
    """The middle and the slow end of a time that people waited; None where nobody did."""

    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Stats:
    """The sums. `unpriced` turns used a model without a price, so that `cost_usd` is less than what was paid."""

    turns: int
    conversations: int
    people: int
    states: Mapping[str, int]
    outcomes: Mapping[str, int]
    domains: Mapping[str, int]
    models: Mapping[str, int]
    input_tokens: int
    output_tokens: int
    cost_usd: float
    unpriced: int
    first_text_seconds: Seconds
    total_seconds: Seconds
    helpful: int
    unhelpful: int
    handoffs: int
    handoffs_open: int
    handoff_seconds: Seconds


def summarise(entries: Entries) -> Stats:
    """Add up the books."""
    turns = entries.turns
    closed = [turn for turn in turns if turn.state == "answered"]
    return Stats(
        turns=len(turns),
        conversations=len({turn.conversation_id for turn in turns}),
        people=entries.people,
        states=_count(turn.state for turn in turns),
        outcomes=_count(turn.outcome for turn in turns),
        domains=_count(turn.domain for turn in turns),
        models=_count(model for turn in turns for model in (turn.models or "").split()),
        input_tokens=sum(turn.input_tokens or 0 for turn in turns),
        output_tokens=sum(turn.output_tokens or 0 for turn in turns),
        cost_usd=math.fsum(turn.cost_usd or 0.0 for turn in turns),
        unpriced=sum(_is_unpriced(turn) for turn in turns),
        first_text_seconds=_waited([each.first_text_at - each.asked_at for each in closed if each.first_text_at]),
        total_seconds=_waited([each.ended_at - each.asked_at for each in closed if each.ended_at]),
        helpful=entries.helpful,
        unhelpful=entries.unhelpful,
        handoffs=len(entries.handoffs),
        handoffs_open=sum(end is None for _, end in entries.handoffs),
        handoff_seconds=_waited([end - begin for begin, end in entries.handoffs if end is not None]),
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that is at least as large as this share of all; None of none."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _waited(seconds: Sequence[float]) -> Seconds:
    return Seconds(percentile(seconds, 0.5), percentile(seconds, 0.95))


def _count(names: Iterable[str | None]) -> dict[str, int]:
    """Count names, the most frequent first."""
    return dict(Counter(name for name in names if name).most_common())


def _is_unpriced(turn: TurnEntry) -> bool:
    return turn.cost_usd is None and bool(turn.input_tokens or turn.output_tokens)
