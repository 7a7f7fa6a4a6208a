"""The real knowledge base, with vectors and without, and the fake one hold to the same rules."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from knowledge.base import open_knowledge_base
from knowledge.chunking import chunk
from knowledge.contract import Embedder, Retriever
from knowledge.embedders.minilm import MiniLM
from knowledge.indexing import IndexPlan, index
from tests.contracts.retriever import DOCUMENTS, RetrieverContract
from tests.fakes.memory_knowledge import MemoryKnowledge


def indexed(home: Path, embedder: Embedder | None) -> None:
    """Index the contract's documents from files."""
    for document in DOCUMENTS:
        file = home / "documents" / document.path
        file.parent.mkdir(parents=True)
        url = f"url: {document.url}\n" if document.url else ""
        file.write_text(f"---\ntitle: {document.title}\n{url}---\n{document.markdown}", "utf-8")
    index(IndexPlan(home, home / "documents", domains=["billing", "technical"], embedder=embedder))


@pytest.fixture(scope="module")
def home_with_vectors(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLM) -> Path:
    home = tmp_path_factory.mktemp("vectors")
    indexed(home, minilm)
    return home


@pytest.fixture(scope="module")
def home_with_words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("words")
    indexed(home, None)
    return home


class TestKnowledgeBase(RetrieverContract):
    @pytest.fixture
    async def retriever(self, home_with_vectors: Path, minilm: MiniLM) -> AsyncIterator[Retriever]:
        async with open_knowledge_base(home_with_vectors, build_embedder=lambda: minilm) as base:
            yield base


class TestKnowledgeBaseOfWords(RetrieverContract):
    @pytest.fixture
    async def retriever(self, home_with_words: Path, minilm: MiniLM) -> AsyncIterator[Retriever]:
        async with open_knowledge_base(home_with_words, build_embedder=lambda: minilm) as base:
            yield base


class TestMemoryKnowledge(RetrieverContract):
    @pytest.fixture
    def retriever(self) -> Retriever:
        return MemoryKnowledge([passage for document in DOCUMENTS for passage in chunk(document)])
