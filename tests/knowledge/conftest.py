"""The real embedder, loaded once for all tests of this folder."""

import pytest

from knowledge.embedders.minilm import MiniLM, build_minilm


@pytest.fixture(scope="session")
def minilm() -> MiniLM:
    return build_minilm()
