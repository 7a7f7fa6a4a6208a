"""The local classifier: which label a message belongs to, in a few milliseconds and for nothing.

A logistic regression on how near a message comes to each example, by its vector and by the parts of its words; a gate
for messages about something else; and the documents as second witness. It is fitted from the operator's examples when
a snapshot is built.
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
DOCUMENTS_WEIGHT: Final = 5.0
"""What a cosine of 1 to a domain's nearest passage is worth in the domain's logit. Accuracy on questions about the
documents rises up to about 12; on questions about anything else it begins to fall from 0 on."""
POWER: Final = 6
"""Raises what is near over what is far. 1 (a linear model) is 2 to 5 points less accurate, 12 up to 9."""
_VECTORS_WEIGHT: Final = 2.0
"""Beside the parts of words, which weigh 1."""
VERSION: Final = 2
"""Raised whenever what is stored, or how it is learnt, changes: a classifier of another version is fitted anew."""


@dataclass(frozen=True, slots=True, eq=False)
class FittedClassifier:
    """Tell the label of a message. Safe to share between threads."""

    labels: tuple[str, ...]
    examples: NDArray[np.float32]
    """The vectors of the examples; `targets` are the columns of their labels."""
    targets: NDArray[np.intp]
    coefficients: Matrix
    part_weights: Matrix
    rarity: NDArray[np.float64]
    bias: NDArray[np.float64]
    calibration: Calibration

    def classify(
        self, text: str, vector: Sequence[float], documents: Mapping[str, float] | None = None
    ) -> Classification:
        """Return the best label; `documents` holds the cosine of the nearest passage for each domain that has one.

        Clear is only what the documents don't contradict, and what has letters or digits: the embedder can't tell
        signs apart.
        """
        cosines = (self.examples @ np.asarray(vector, dtype=np.float32)).astype(np.float64)
        parts = weigh(count_parts([text]), self.rarity)
        plain = _sharpen(cosines) @ self.coefficients + (parts @ self.part_weights)[0] + self.bias
        nearest = max(float(cosines[self.targets != self._outside].max()), *(documents or {}).values(), -1.0)
        lifted = (plain + self._lift(documents or {}))[None, :]
        logits = apply_gate(lifted, np.array([nearest]), self.calibration.gate, self._outside)
        probabilities = softmax(logits / self.calibration.temperature)[0]
        second, best = (int(column) for column in np.argsort(probabilities, kind="stable")[-2:])
        is_agreed = parts.any() and best in {self._outside, int(plain.argmax())}
        return Classification(
            label=self.labels[best],
            confidence=float(probabilities[best]),
            runner_up=self.labels[second],
            runner_up_confidence=float(probabilities[second]),
            similarity=min(nearest, 1.0),
            is_clear=bool(is_agreed)
            and self._is_clear(best, float(probabilities[best] - probabilities[second]), nearest),
        )

    def to_bytes(self) -> bytes:
        """Return everything as a zipped set of arrays with a JSON header; nothing in it can run."""
        header = {"version": VERSION, "labels": self.labels, "calibration": asdict(self.calibration)}
        file = io.BytesIO()
        np.savez(
            file,
            header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
            examples=self.examples,
            targets=self.targets,
            coefficients=self.coefficients,
            part_weights=self.part_weights,
            rarity=self.rarity,
            bias=self.bias,
        )
        return file.getvalue()

    @property
    def _outside(self) -> int:
        return _column(self.labels, OUTSIDE)

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

    Raises ValueError for fewer than two labels beside "something else".
    """
    labels = tuple(sorted({example.label for example in examples}))
    if len(set(labels) - {OUTSIDE}) < 2:
        raise ValueError("a classifier needs examples of at least two labels")
    targets = np.array([labels.index(example.label) for example in examples], dtype=np.intp)
    embedded = np.asarray(vectors, dtype=np.float32)
    counts = count_parts([example.text for example in examples])
    cosines = (embedded @ embedded.T).astype(np.float64)
    outside = _column(labels, OUTSIDE)
    calibration = calibrate(_hold_out(cosines, counts, targets, len(labels), outside), outside)
    rarities = rarity(counts)
    parts = weigh(counts, rarities)
    coefficients, bias = fit_logistic(_sharpen(cosines) + parts @ parts.T, targets, len(labels))
    return FittedClassifier(
        labels, embedded, targets, coefficients, parts.T @ coefficients, rarities, bias, calibration
    )


def load_classifier(stored: bytes) -> FittedClassifier:
    """Read what `to_bytes` wrote; raises SnapshotDamaged for anything else."""
    try:
        with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
            header = json.loads(arrays["header"].tobytes())
            if header["version"] != VERSION:
                raise SnapshotDamaged("the classifier was made by another version of Firstline: index anew")
            return FittedClassifier(
                labels=tuple(header["labels"]),
                examples=arrays["examples"],
                targets=arrays["targets"],
                coefficients=arrays["coefficients"],
                part_weights=arrays["part_weights"],
                rarity=arrays["rarity"],
                bias=arrays["bias"],
                calibration=Calibration(**header["calibration"]),
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise SnapshotDamaged("the classifier can't be read: roll back or index anew") from error


def _hold_out(cosines: Matrix, counts: Matrix, targets: NDArray[np.intp], labels: int, outside: int) -> HeldOut:
    """Let models without them judge the examples, a fifth at a time."""
    logits = np.zeros((len(targets), labels))
    similarity = np.zeros(len(targets))
    for held in folds(targets):
        if not held.any():
            continue
        parts = weigh(counts, rarity(counts[~held]))
        kernel = _sharpen(cosines) + parts @ parts.T
        coefficients, bias = fit_logistic(kernel[np.ix_(~held, ~held)], targets[~held], labels)
        logits[held] = kernel[np.ix_(held, ~held)] @ coefficients + bias
        similarity[held] = cosines[np.ix_(held, ~held & (targets != outside))].max(axis=1, initial=-1.0)
    return HeldOut(logits, similarity, targets)


def _sharpen(cosines: Matrix) -> Matrix:
    """Return the polynomial kernel of vectors by their cosines."""
    return np.asarray(_VECTORS_WEIGHT * ((1.0 + cosines) / 2.0) ** POWER)


def _column(labels: Sequence[str], label: str) -> int:
    """Return the column of a label, or -1 where there is none."""
    return labels.index(label) if label in labels else -1
