"""Multinomial logistic regression with a kernel, in numpy: small enough not to bring a library of learning along."""

import math
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Float = TypeVar("Float", bound=np.floating)

STRENGTH: Final = 15.0
"""Inverse of the L2 penalty; accuracy is flat between 5 and 20."""
BALANCE: Final = 0.5
"""0 weighs every example alike, 1 every label alike. 1 favours labels with few examples too much."""
_BIAS: Final = 4.0
"""The constant part of the kernel: large, so that the penalty hardly touches the bias."""
_MAX_STEPS: Final = 300
_TOLERANCE: Final = 1e-2
"""Thirty times less changes no decision."""


def softmax(logits: NDArray[Float]) -> NDArray[Float]:
    """Return probabilities, one row for each row of logits."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True), dtype=logits.dtype)


def fit_logistic(gram: Matrix, targets: NDArray[np.intp], labels: int) -> tuple[Matrix, NDArray[np.float64]]:
    """Return coefficients (examples x labels) and bias that maximise the penalised likelihood. Deterministic.

    A message's logits are its kernel with each example times the coefficients, plus the bias. In the eigenvectors of
    the weighted Gram matrix Böhning's bound on the Hessian is diagonal, so that a step is two products of matrices;
    Nesterov's momentum with restarts does the rest.
    """
    weights = _balance(targets, labels)
    basis, back = _rotate(gram + _BIAS, np.sqrt(weights))
    # Single precision halves the time of the steps and changes no decision.
    rotated, weighting = basis.astype(np.float32), weights.astype(np.float32)[:, None]
    wanted = np.eye(labels, dtype=np.float32)[targets]
    curvature = 0.5 * STRENGTH * (rotated * rotated * weighting).sum(axis=0)[:, None] + 1.0
    current = ahead = np.zeros((rotated.shape[1], labels), dtype=np.float32)
    pace = 1.0
    for _ in range(_MAX_STEPS):
        error = (softmax(rotated @ ahead) - wanted) * weighting
        following = ahead - (STRENGTH * (rotated.T @ error) + ahead) / curvature
        moved = following - current
        if np.abs(moved).max() < _TOLERANCE:
            break
        is_overshooting = np.sum((ahead - following) * moved) > 0
        next_pace = 1.0 if is_overshooting else (1.0 + math.sqrt(1.0 + 4.0 * pace**2)) / 2.0
        ahead = following + (pace - 1.0) / next_pace * moved
        current, pace = following, next_pace
    coefficients = back @ following.astype(np.float64)
    return coefficients, _BIAS * coefficients.sum(axis=0)


def _balance(targets: NDArray[np.intp], labels: int) -> NDArray[np.float64]:
    counts = np.maximum(np.bincount(targets, minlength=labels), 1).astype(np.float64)
    weights = (counts**-BALANCE)[targets]
    return np.asarray(weights / weights.mean())


def _rotate(gram: Matrix, scale: NDArray[np.float64]) -> tuple[Matrix, Matrix]:
    """Return features whose products are the Gram matrix, orthogonal once scaled, and the way to coefficients."""
    values, vectors = np.linalg.eigh(gram * scale[:, None] * scale)
    kept = values > 1e-9 * values[-1]
    roots = np.sqrt(values[kept])
    return vectors[:, kept] * roots / scale[:, None], scale[:, None] * vectors[:, kept] / roots
