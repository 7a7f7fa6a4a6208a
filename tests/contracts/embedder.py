"""What every Embedder must do: subclass it and give an `embedder`."""

import math

import pytest

from knowledge.contract import Embedder

TEXTS = ["How long does a refund take?", "Refund duration", "BQ-2011", "x" * 20_000, "Zürich 🚚"]


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


class EmbedderContract:
    """The rules."""

    @pytest.fixture
    def embedder(self) -> Embedder:
        raise NotImplementedError

    def test_the_model_has_a_name(self, embedder: Embedder) -> None:
        assert embedder.model.strip() == embedder.model != ""

    def test_vectors_have_one_length_and_are_normalised(self, embedder: Embedder) -> None:
        vectors = embedder.embed(TEXTS)
        assert len(vectors) == len(TEXTS)
        assert len({len(vector) for vector in vectors}) == 1
        assert all(math.isclose(cosine(vector, vector), 1, abs_tol=1e-4) for vector in vectors)

    def test_vectors_come_in_the_order_of_their_texts(self, embedder: Embedder) -> None:
        for text, vector in zip(TEXTS, embedder.embed(TEXTS), strict=True):
            assert cosine(vector, embedder.embed([text])[0]) > 0.999

    def test_no_texts_are_no_vectors(self, embedder: Embedder) -> None:
        assert embedder.embed([]) == []
