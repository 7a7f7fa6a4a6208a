"""Whether the documents can be expected to hold an answer: a cheap gate, calibrated for each snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass

_WORDS_WEIGHT = 0.3
"""Beside the cosine. On two sets 0.2 to 0.4 separate alike, and better across both than the cosine alone."""
_OFFTOPIC_REJECTED = 0.9
_OFFTOPIC_REJECTED_BY_WORDS = 0.5
"""Words alone tell the two apart so badly that asking for more would refuse too many good questions."""
_ANSWERABLE_REJECTED = 0.03
_FEWEST = 20
"""Examples of a kind, below which a quantile of them says nothing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a search found, as numbers from 0 to 1.

    `cosine` is the best one, None if there are no vectors. `words` is the share of the query's terms that the best
    passage holds, each weighted by its rarity.
    """

    cosine: float | None
    words: float

    @property
    def strength(self) -> float:
        """Both in one number; the words alone if there are no vectors."""
        return self.words if self.cosine is None else self.cosine + _WORDS_WEIGHT * self.words


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The least strength that counts as covered, with vectors and without."""

    strength: float = 0.5
    words_alone: float = 0.3


def is_covered(evidence: Evidence, thresholds: Thresholds) -> bool:
    """Say whether the evidence passes."""
    return evidence.strength >= (thresholds.words_alone if evidence.cosine is None else thresholds.strength)


def calibrate(offtopic: Sequence[Evidence], answerable: Sequence[Evidence]) -> Thresholds:
    """Return thresholds that reject most of `offtopic` but next to nothing of `answerable`.

    Too few examples of a kind leave it out; without off-topic ones the defaults hold.
    """
    standard = Thresholds()
    if len(offtopic) < _FEWEST:
        return standard
    by_words = _quantile([found.words for found in offtopic], _OFFTOPIC_REJECTED_BY_WORDS)
    strength = standard.strength
    if all(found.cosine is not None for found in offtopic):
        strength = _quantile([found.strength for found in offtopic], _OFFTOPIC_REJECTED)
    if len(answerable) >= _FEWEST:
        by_words = min(by_words, _quantile([found.words for found in answerable], _ANSWERABLE_REJECTED))
        strength = min(strength, _quantile([found.strength for found in answerable], _ANSWERABLE_REJECTED))
    return Thresholds(round(strength, 3), round(by_words, 3))


def _quantile(values: Sequence[float], share: float) -> float:
    """Return the least value that is larger than `share` of the values, or else the largest."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
