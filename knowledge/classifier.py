"""The local classifier: which label a message belongs to, in a few milliseconds and for nothing.

A logistic regression on the message's vector and on the parts of its words, a gate for messages about something
else, and the documents as second witness. It is fitted from the operator's examples when a snapshot is built.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.clearness import Calibration, HeldOut, apply_gate, calibrate, folds
from knowledge.contract import Classification, Example
from knowledge.errors import SnapshotDamaged
from knowledge.lexical import count_parts, rarity, weigh
from knowledge.regression import Matrix, fit_logistic, softmax

OUTSIDE: Final = "offtopic"
"""The label of messages about something else."""
DOCUMENTS_WEIGHT: Final = 6.0
"""What a cosine of 1 to a domain's nearest passage is worth in the domain's logit. Accuracy on questions about the
documents rises up to about 12; on questions about anything else it begins to fall from 0 on."""
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class FittedClassifier:
    """Tell the label of a message. Safe to share between threads."""

    labels: tuple[str, ...]
    weights: Matrix
    bias: NDArray[np.float64]
    rarity: NDArray[np.float64]
    inside: NDArray[np.float32]
    """Vectors of the examples that aren't about something else."""
    calibration: Calibration

    def classify(
        self, text: str, vector: Sequence[float], documents: Mapping[str, float] | None = None
    ) -> Classification:
        """Return the best label; `documents` holds the cosine of the nearest passage for each domain that has one.

        Clear is only what the documents don't contradict.
        """
        row = np.asarray(vector, dtype=np.float64)[None, :]
        plain = self._features(text, row) @ self.weights + self.bias
        nearest = max([float((self.inside @ row[0]).max()), *(documents or {}).values()])
        lifted = plain + self._lift(documents or {})
        logits = apply_gate(lifted, np.array([nearest]), self.calibration.gate, self._outside)
        probabilities = softmax(logits / self.calibration.temperature)[0]
        second, best = (int(column) for column in np.argsort(probabilities, kind="stable")[-2:])
        is_agreed = best in {self._outside, int(plain[0].argmax())}
        return Classification(
            label=self.labels[best],
            confidence=float(probabilities[best]),
            runner_up=self.labels[second],
            runner_up_confidence=float(probabilities[second]),
            similarity=min(max(nearest, -1.0), 1.0),
            is_clear=is_agreed and self._is_clear(best, float(probabilities[best] - probabilities[second]), nearest),
        )

    def to_bytes(self) -> bytes:
        """Return everything as a zipped set of arrays with a JSON header; nothing in it can run."""
        header = {"format": _FORMAT, "labels": self.labels, "calibration": asdict(self.calibration)}
        file = io.BytesIO()
        np.savez(
            file,
            header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
            weights=self.weights.astype(np.float32),
            bias=self.bias,
            rarity=self.rarity.astype(np.float32),
            inside=self.inside,
        )
        return file.getvalue()

    @property
    def _outside(self) -> int | None:
        return self.labels.index(OUTSIDE) if OUTSIDE in self.labels else None

    def _features(self, text: str, row: Matrix) -> Matrix:
        return np.hstack([row, weigh(count_parts([text]), self.rarity)])

    def _lift(self, documents: Mapping[str, float]) -> NDArray[np.float64]:
        lift = np.zeros(len(self.labels))
        known = {label: cosine for label, cosine in documents.items() if label in self.labels}
        for label, cosine in known.items():
            lift[self.labels.index(label)] = DOCUMENTS_WEIGHT * (cosine - sum(known.values()) / len(known))
        return lift

    def _is_clear(self, best: int, margin: float, similarity: float) -> bool:
        if best == self._outside:
            return margin >= self.calibration.outside_margin
        return margin >= self.calibration.margin and similarity >= self.calibration.similarity


def fit(examples: Sequence[Example], vectors: Sequence[Sequence[float]]) -> FittedClassifier:
    """Fit and calibrate on examples and their vectors, which are normalised to 1. Takes seconds for 1,000 examples.

    Raises ValueError for fewer than two labels.
    """
    labels = tuple(sorted({example.label for example in examples}))
    if len(labels) < 2:
        raise ValueError("a classifier needs examples of at least two labels")
    targets = np.array([labels.index(example.label) for example in examples])
    embedded = np.asarray(vectors, dtype=np.float64)
    counts = count_parts([example.text for example in examples])
    outside = labels.index(OUTSIDE) if OUTSIDE in labels else None
    calibration = calibrate(_hold_out(embedded, counts, targets, len(labels), outside), outside)
    rarities = rarity(counts)
    weights, bias = fit_logistic(np.hstack([embedded, weigh(counts, rarities)]), targets, len(labels))
    inside = embedded[targets != outside] if outside is not None else embedded
    return FittedClassifier(labels, weights, bias, rarities, inside.astype(np.float32), calibration)


def load_classifier(stored: bytes) -> FittedClassifier:
    """Read what `to_bytes` wrote; raises SnapshotDamaged for anything else."""
    try:
        with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
            header = json.loads(arrays["header"].tobytes())
            if header["format"] != _FORMAT:
                raise SnapshotDamaged("the classifier was made by another version of Firstline: index anew")
            return FittedClassifier(
                labels=tuple(header["labels"]),
                weights=arrays["weights"].astype(np.float64),
                bias=arrays["bias"].astype(np.float64),
                rarity=arrays["rarity"].astype(np.float64),
                inside=arrays["inside"].astype(np.float32),
                calibration=Calibration(**header["calibration"]),
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise SnapshotDamaged("the classifier can't be read: roll back or index anew") from error


def _hold_out(embedded: Matrix, counts: Matrix, targets: NDArray[np.intp], labels: int, outside: int | None) -> HeldOut:
    """Let models without them judge the examples, a fifth at a time."""
    logits = np.zeros((len(targets), labels))
    similarity = np.zeros(len(targets))
    for held in folds(targets):
        if not held.any() or held.all():
            continue
        rarities = rarity(counts[~held])
        features = np.hstack([embedded, weigh(counts, rarities)])
        weights, bias = fit_logistic(features[~held], targets[~held], labels)
        logits[held] = features[held] @ weights + bias
        others = embedded[~held & (targets != outside)] if outside is not None else embedded[~held]
        similarity[held] = (embedded[held] @ others.T).max(axis=1, initial=-1.0)
    return HeldOut(logits, similarity, targets)
