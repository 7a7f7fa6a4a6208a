"""The local classifier: what it learns, when it is sure, and that it survives storing."""

import hashlib
import io
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.classifier import OUTSIDE, FittedClassifier, fit, load_classifier
from knowledge.contract import Example
from knowledge.errors import SnapshotDamaged

WORDS = {
    "billing": "invoice price refund card seat plan tax payment",
    "technical": "login error api webhook crash import token sync",
    "hardware": "scanner battery dock firmware cable printer screen motor",
    OUTSIDE: "weather pizza football joke poem holiday guitar planet",
}
FRAMES = ["the {} please", "what about {} and {}", "{} is wrong", "my {}", "help with {} today", "which {} do you have"]


def embed(texts: Sequence[str]) -> list[list[float]]:
    """Return the sum of one random direction for each word: enough for texts that share words to be near."""
    rows = []
    for text in texts:
        total = np.full(32, 0.01)
        for word in text.lower().split():
            seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:4])
            total += np.random.default_rng(seed).standard_normal(32) * (3.0 if len(word) > 4 else 0.5)
        rows.append((total / np.linalg.norm(total)).tolist())
    return rows


def written(*labels: str) -> list[Example]:
    examples = []
    for label in labels:
        words = WORDS[label].split()
        for number, word in enumerate(words * len(FRAMES)):
            frame = FRAMES[number % len(FRAMES)]
            examples.append(Example(frame.format(word, words[number * 3 % len(words)]), label))
    return examples


def fitted_to(*labels: str) -> FittedClassifier:
    examples = written(*labels)
    return fit(examples, embed([example.text for example in examples]))


@pytest.fixture(scope="module")
def fitted() -> FittedClassifier:
    return fitted_to("billing", "technical", OUTSIDE)


def classify(classifier: FittedClassifier, text: str, **documents: float) -> tuple[str, bool]:
    found = classifier.classify(text, embed([text])[0], documents)
    return found.label, found.is_clear


def test_messages_get_the_label_of_what_they_resemble(fitted: FittedClassifier) -> None:
    assert classify(fitted, "where is the refund") == ("billing", True)
    assert classify(fitted, "webhook crash again") == ("technical", True)
    assert classify(fitted, "a poem about pizza")[0] == OUTSIDE


def test_a_further_label_needs_only_its_examples() -> None:
    assert classify(fitted_to("billing", "technical", "hardware", OUTSIDE), "scanner and battery")[0] == "hardware"


def test_fitting_again_gives_the_same_bytes(fitted: FittedClassifier) -> None:
    assert fitted_to("billing", "technical", OUTSIDE).to_bytes() == fitted.to_bytes()


def test_what_is_far_from_every_example_is_something_else(fitted: FittedClassifier) -> None:
    away = -np.mean(fitted.examples[fitted.targets != fitted.labels.index(OUTSIDE)], axis=0)
    found = fitted.classify("zzzz", (away / np.linalg.norm(away)).tolist())
    assert found.label == OUTSIDE
    assert found.similarity < 0.2


def test_the_documents_tip_what_the_examples_leave_open(fitted: FittedClassifier) -> None:
    plain = fitted.classify("it", embed(["it"])[0], {"billing": 0.5, "technical": 0.5})
    billing = fitted.classify("it", embed(["it"])[0], {"billing": 0.9, "technical": 0.1})
    technical = fitted.classify("it", embed(["it"])[0], {"billing": 0.1, "technical": 0.9})
    assert plain.similarity <= 0.6
    assert (billing.label, technical.label) == ("billing", "technical")
    assert billing.similarity == technical.similarity == 0.9


def test_what_the_documents_contradict_is_not_clear(fitted: FittedClassifier) -> None:
    assert classify(fitted, "invoice tax") == ("billing", True)
    label, is_clear = classify(fitted, "invoice tax", billing=-1.0, technical=1.0)
    assert not (is_clear and label != "billing")


def test_signs_alone_are_never_clear(fitted: FittedClassifier) -> None:
    for vector in fitted.examples[::7]:
        assert not fitted.classify("?! 👍", vector.tolist()).is_clear


def test_a_classifier_of_another_version_asks_to_index_anew(fitted: FittedClassifier) -> None:
    stored = io.BytesIO()
    with np.load(io.BytesIO(fitted.to_bytes())) as arrays:
        np.savez(stored, **{**arrays, "header": np.frombuffer(b'{"version": 1}', dtype=np.uint8)})
    with pytest.raises(SnapshotDamaged, match="another version of Firstline: index anew"):
        load_classifier(stored.getvalue())


def test_documents_of_an_unknown_domain_don_t_choose_it(fitted: FittedClassifier) -> None:
    assert classify(fitted, "invoice tax", hardware=0.9)[0] == "billing"


def test_without_examples_of_something_else_there_is_none() -> None:
    classifier = fitted_to("billing", "technical")
    assert classifier.labels == ("billing", "technical")
    assert classify(classifier, "poem pizza")[0] in classifier.labels


@pytest.mark.parametrize("labels", [["billing"], ["billing", OUTSIDE], []])
def test_one_label_is_nothing_to_choose_from(labels: list[str]) -> None:
    with pytest.raises(ValueError, match="at least two labels"):
        fitted_to(*labels)


def test_labels_with_few_examples_are_never_clear() -> None:
    examples = [Example("invoice", "billing"), Example("price", "billing"), Example("login error", "technical")]
    classifier = fit(examples, embed([example.text for example in examples]))
    assert classify(classifier, "invoice") == ("billing", False)


texts = st.text(max_size=60)
vectors = st.lists(st.floats(-1, 1, width=32), min_size=32, max_size=32).filter(lambda row: np.linalg.norm(row) > 0.1)


@given(texts, vectors, st.dictionaries(st.sampled_from(["billing", "technical", "x"]), st.floats(-1, 1)))
def test_any_message_gets_one_of_the_labels_with_sound_figures(
    fitted: FittedClassifier, text: str, vector: list[float], documents: dict[str, float]
) -> None:
    unit = (np.array(vector) / np.linalg.norm(vector)).tolist()
    found = fitted.classify(text, unit, documents)
    assert found.label in fitted.labels
    assert found.runner_up in set(fitted.labels) - {found.label}
    assert 0.0 <= found.runner_up_confidence <= found.confidence <= 1.0
    assert found.confidence + found.runner_up_confidence <= 1.0 + 1e-9
    assert -1.0 <= found.similarity <= 1.0


@given(texts, vectors)
def test_stored_and_loaded_it_says_the_same(fitted: FittedClassifier, text: str, vector: list[float]) -> None:
    unit = (np.array(vector) / np.linalg.norm(vector)).tolist()
    assert load_classifier(fitted.to_bytes()).classify(text, unit) == fitted.classify(text, unit)


@settings(max_examples=30)
@given(st.floats(0, 0.999))
def test_cut_off_bytes_are_refused(fitted: FittedClassifier, share: float) -> None:
    stored = fitted.to_bytes()
    with pytest.raises(SnapshotDamaged):
        load_classifier(stored[: int(len(stored) * share)])


@given(st.binary(max_size=64))
def test_other_bytes_are_refused(stored: bytes) -> None:
    with pytest.raises(SnapshotDamaged):
        load_classifier(stored)


def test_bytes_that_would_run_code_are_refused() -> None:
    file = io.BytesIO()
    np.savez(file, header=np.array([{"version": 1}], dtype=object))
    with pytest.raises(SnapshotDamaged):
        load_classifier(file.getvalue())
