"""What a classifier's figures are worth, read off examples that were held out.

Separate from the fit, because thresholds belong to a model, its examples and their number: they are measured anew
whenever any of these change, and never typed in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.regression import Matrix, softmax

FOLDS: Final = 5
GATE_SLOPE: Final = 12.0
"""What a cosine of 1 is worth in the logit of "something else". Flat between 8 and 24; 0 finds 10 points fewer."""
MAX_REFUSED: Final = 0.15
"""Share of held-out examples of the domains that may be taken for something else. Real messages stand nearer to the
examples than these do to each other, so that fewer of them are."""
MAX_GATE: Final = 0.6
"""Examples that are variations of each other would ask for more, and say nothing of how near real messages come."""
CLEAR_ACCURACY: Final = 0.98
"""Asked of clear held-out messages, one point above the promise, since the thresholds are chosen on the same ones."""
OUTSIDE_ACCURACY: Final = 0.90
"""The same of "something else". Lower, since held-out examples are taken for it far oftener than real messages are: on
five sets this left 2 of 1,692 questions clearly, and wrongly, outside."""
_MIN_CLEAR: Final = 20
_NEVER: Final = 2.0
"""A margin that no message reaches."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What models that had not seen them say of the examples, one row for each.

    `similarity` is the cosine to the nearest of the other examples that isn't "something else".
    """

    logits: Matrix
    similarity: NDArray[np.float64]
    targets: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The figures that turn logits into a decision.

    `gate` is the similarity at which a message's logit of "something else" is left as it is. A message is clear
    whose two best labels lie `margin` apart (`outside_margin` if the best is "something else") and whose similarity
    reaches `similarity`.
    """

    temperature: float = 1.0
    gate: float = 0.0
    margin: float = _NEVER
    similarity: float = 0.0
    outside_margin: float = _NEVER


def folds(targets: NDArray[np.intp]) -> Iterator[NDArray[np.bool_]]:
    """Yield masks of what is held out: every fifth example of each label, so that neighbours stand apart."""
    places = np.zeros(len(targets), dtype=np.intp)
    for label in np.unique(targets):
        of_label = targets == label
        places[of_label] = np.arange(of_label.sum())
    for fold in range(FOLDS):
        yield places % FOLDS == fold


def calibrate(held_out: HeldOut, outside: int) -> Calibration:
    """Choose all figures; `outside` is the column of "something else", -1 without one."""
    gate = _choose_gate(held_out, outside)
    logits = apply_gate(held_out.logits, held_out.similarity, gate, outside)
    temperature = _choose_temperature(logits, held_out.targets)
    ranked = np.sort(softmax(logits / temperature), axis=1)
    margins = ranked[:, -1] - ranked[:, -2]
    best = logits.argmax(axis=1)
    is_right = best == held_out.targets
    is_outside = best == outside
    near = held_out.similarity
    margin, least = _choose_clear(margins[~is_outside], near[~is_outside], is_right[~is_outside], CLEAR_ACCURACY)
    outside_margin, _ = _choose_clear(
        margins[is_outside], np.ones(is_outside.sum()), is_right[is_outside], OUTSIDE_ACCURACY
    )
    return Calibration(temperature, gate, margin, least, outside_margin)


def apply_gate(logits: Matrix, similarity: NDArray[np.float64], gate: float, outside: int) -> Matrix:
    """Return the logits with "something else" the likelier, the farther a message is from every example."""
    gated = logits.copy()
    if outside >= 0:
        gated[:, outside] += GATE_SLOPE * (gate - similarity)
    return gated


def _choose_gate(held_out: HeldOut, outside: int) -> float:
    if outside < 0:
        return 0.0
    inside = held_out.targets != outside
    others = np.delete(held_out.logits[inside], outside, axis=1).max(axis=1)
    # The gate at which each example would just be taken for something else.
    tipping = held_out.similarity[inside] + (others - held_out.logits[inside, outside]) / GATE_SLOPE
    return float(np.clip(np.quantile(tipping, MAX_REFUSED), 0.0, MAX_GATE))


def _choose_temperature(logits: Matrix, targets: NDArray[np.intp]) -> float:
    """Return the temperature of the greatest likelihood, from 0.5 to 4."""
    rows = np.arange(len(targets))

    def likelihood(temperature: float) -> float:
        return float(np.log(softmax(logits / temperature)[rows, targets] + 1e-12).sum())

    return max((float(value) for value in np.geomspace(0.5, 4.0, 31)), key=likelihood)


def _choose_clear(
    margins: NDArray[np.float64], similarity: NDArray[np.float64], is_right: NDArray[np.bool_], accuracy: float
) -> tuple[float, float]:
    """Return margin and similarity that make most messages clear while these are right as often as is asked."""
    chosen, most = (_NEVER, 0.0), _MIN_CLEAR - 1
    for least in np.arange(0.0, 0.81, 0.05):
        near = similarity >= least
        order = np.argsort(-margins[near], kind="stable")
        right = np.cumsum(is_right[near][order])
        count = np.arange(1, len(order) + 1)
        enough = np.flatnonzero(right >= accuracy * count)
        if len(enough) and count[enough[-1]] > most:
            most = int(count[enough[-1]])
            chosen = (float(margins[near][order][enough[-1]]), float(least))
    return chosen
