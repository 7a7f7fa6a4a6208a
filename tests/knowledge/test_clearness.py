"""The thresholds of the classifier, read off held-out examples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.clearness import CLEAR_ACCURACY, FOLDS, HeldOut, apply_gate, calibrate, folds
from knowledge.regression import STRENGTH, fit_logistic, softmax


def held_out(*, accuracy: float, seed: int = 0, count: int = 400) -> HeldOut:
    """Return logits of three labels whose sureness tells how likely they are right."""
    chance = np.random.default_rng(seed)
    targets = np.arange(count) % 3
    sureness = chance.uniform(0, 6, count)
    is_right = chance.uniform(0, 1, count) < 1 - (1 - accuracy) * 2 * (1 - sureness / 6)
    said = np.where(is_right, targets, (targets + 1) % 3)
    logits = np.zeros((count, 3))
    logits[np.arange(count), said] = sureness
    return HeldOut(logits, np.full(count, 0.6), targets.astype(np.intp))


def test_clear_held_out_messages_are_right_as_often_as_asked() -> None:
    measured = held_out(accuracy=0.8)
    chosen = calibrate(measured, outside=-1)
    ranked = np.sort(softmax(measured.logits / chosen.temperature), axis=1)
    is_clear = (ranked[:, -1] - ranked[:, -2] >= chosen.margin) & (measured.similarity >= chosen.similarity)
    is_right = measured.logits.argmax(axis=1) == measured.targets
    assert is_right[is_clear].mean() >= CLEAR_ACCURACY
    assert 0.1 < is_clear.mean() < 0.9


def test_the_more_is_right_the_more_is_clear() -> None:
    assert calibrate(held_out(accuracy=0.98), -1).margin < calibrate(held_out(accuracy=0.8), -1).margin


def test_nothing_is_clear_where_all_is_guessed() -> None:
    assert calibrate(held_out(accuracy=0.4), outside=-1).margin > 1.0


def test_a_confident_model_that_is_often_wrong_is_cooled() -> None:
    assert calibrate(held_out(accuracy=0.6), -1).temperature > calibrate(held_out(accuracy=0.99), -1).temperature


def test_the_gate_refuses_only_a_small_share_of_what_belongs_here() -> None:
    measured = held_out(accuracy=0.99)
    similarity = np.where(measured.targets == 2, 0.2, np.linspace(0.3, 0.9, len(measured.targets)))
    measured = HeldOut(np.zeros_like(measured.logits), similarity, measured.targets)
    gate = calibrate(measured, outside=2).gate
    refused = apply_gate(measured.logits, similarity, gate, 2).argmax(axis=1) == 2
    assert 0.1 < refused[measured.targets != 2].mean() < 0.2
    assert refused[measured.targets == 2].all()


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_every_example_is_held_out_once_and_labels_are_spread(targets: list[int]) -> None:
    column = np.array(targets, dtype=np.intp)
    masks = list(folds(column))
    assert len(masks) == FOLDS
    assert (np.sum(masks, axis=0) == 1).all()
    for label in set(targets):
        counts = [int(mask[column == label].sum()) for mask in masks]
        assert max(counts) - min(counts) <= 1


@given(st.lists(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3), min_size=1, max_size=5))
def test_probabilities_are_positive_and_sum_to_1(logits: list[list[float]]) -> None:
    probabilities = softmax(np.array(logits))
    assert (probabilities >= 0).all()
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(logits)))


def test_the_fit_is_a_minimum_of_the_penalised_loss() -> None:
    chance = np.random.default_rng(7)
    points = chance.standard_normal((40, 5)) / 4
    gram, targets = points @ points.T, (np.arange(40) % 4).astype(np.intp)
    coefficients, bias = fit_logistic(gram, targets, 4)
    errors = softmax(gram @ coefficients + bias) - np.eye(4)[targets]
    # Where the loss is least, its gradient and the penalty's cancel: STRENGTH * error = -coefficient, seen through
    # the kernel, since coefficients without effect may be anything.
    assert gram @ coefficients == pytest.approx(-STRENGTH * gram @ errors, abs=0.1)
