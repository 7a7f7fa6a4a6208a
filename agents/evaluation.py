"""How well messages are routed, added up from cases and what was predicted for them: pure, whoever decides.

Separate from the evaluation of answers, since routing can be measured on messages to which no document belongs.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agents.domains import SMALLTALK, split_label

SMALLTALK_COUNTS_AS: Final = "general"
"""Sets of questions know no small talk: whoever greets is well received where general questions are."""


@dataclass(frozen=True, slots=True)
class RoutingCase:
    """A message with the domain that it belongs to, and others that would do as well.

    `domain` may be "human" or "offtopic" too.
    """

    text: str
    domain: str
    also: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RoutingPrediction:
    """What was decided for one message: a label, whether a model was spared, and the CPU time that it took."""

    label: str
    is_local: bool
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class RoutingResult:
    """Shares from 0 to 1. `confusion` counts predictions by expected domain; `local_accuracy` is strict.

    `local_accuracy` is None where nothing was decided locally.
    """

    cases: int
    strict_accuracy: float
    lenient_accuracy: float
    local_share: float
    local_accuracy: float | None
    cpu_milliseconds: float
    confusion: Mapping[str, Mapping[str, int]]


def measure_routing(cases: Sequence[RoutingCase], predictions: Sequence[RoutingPrediction]) -> RoutingResult:
    """Compare predictions with their cases, in the same order. Raises ValueError for none, or for unequal numbers."""
    if not cases or len(cases) != len(predictions):
        raise ValueError(f"{len(predictions)} predictions for {len(cases)} cases: there must be one for each")
    routed = [routed_to(prediction.label) for prediction in predictions]
    is_right = [name == case.domain for name, case in zip(routed, cases, strict=True)]
    would_do = [name == case.domain or name in case.also for name, case in zip(routed, cases, strict=True)]
    of_local = [right for right, prediction in zip(is_right, predictions, strict=True) if prediction.is_local]
    return RoutingResult(
        cases=len(cases),
        strict_accuracy=_share(is_right),
        lenient_accuracy=_share(would_do),
        local_share=_share([prediction.is_local for prediction in predictions]),
        local_accuracy=_share(of_local) if of_local else None,
        cpu_milliseconds=1000 * sum(prediction.cpu_seconds for prediction in predictions) / len(predictions),
        confusion=_confuse([case.domain for case in cases], routed),
    )


def routed_to(label: str) -> str:
    """Return the domain that a label counts as."""
    name, _ = split_label(label)
    return SMALLTALK_COUNTS_AS if name == SMALLTALK else name


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values)


def _confuse(expected: Sequence[str], routed: Sequence[str]) -> dict[str, dict[str, int]]:
    counts = Counter(zip(expected, routed, strict=True))
    return {
        domain: {name: counts[domain, name] for name in sorted(set(routed)) if counts[domain, name]}
        for domain in sorted(set(expected))
    }
