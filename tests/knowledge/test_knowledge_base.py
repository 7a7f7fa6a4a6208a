import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.base import open_knowledge_base
from knowledge.classifier import fit
from knowledge.contract import Embedder, Example
from knowledge.embedders.minilm import MiniLM
from knowledge.errors import EmbedderUnavailable, NoSnapshot
from knowledge.indexing import IndexPlan, index
from knowledge.opened import CLASSIFIER
from tests.fakes.hashing_embedder import HashingEmbedder

REFUNDS = """---
title: Refunds
url: https://docs.example/refunds
---
# Refunds

Refunds are paid to the original payment method.

## How long it takes

A refund arrives within 5-10 business days after it was approved by the billing team.
"""
VERBS = (
    "I need help with",
    "where do I find",
    "please explain",
    "what about",
    "problem with",
    "change",
    "show me",
    "who sends",
)
KINDS = [
    ("billing", "my invoice"),
    ("billing", "a payment"),
    ("technical", "the API key"),
    ("technical", "a webhook error"),
    ("offtopic", "the weather"),
    ("offtopic", "a soup recipe"),
]
KEYS = "# API keys\n\nA revoked key gives the error BQ-1003. Create a new key under Settings.\n"


@pytest.fixture
def plan(tmp_path: Path, minilm: MiniLM) -> IndexPlan:
    documents = tmp_path / "documents"
    (documents / "billing").mkdir(parents=True)
    (documents / "technical").mkdir()
    (documents / "billing" / "refunds.md").write_text(REFUNDS)
    (documents / "technical" / "keys.md").write_text(KEYS)
    return IndexPlan(
        home=tmp_path / "home", documents=documents, domains=("billing", "technical", "general"), embedder=minilm
    )


async def test_a_question_finds_the_section_that_answers_it(plan: IndexPlan, minilm: MiniLM) -> None:
    index(plan)
    async with open_knowledge_base(plan.home, build_embedder=lambda: minilm) as base:
        result = await base.search("when do I get my money back?")
        assert result.hits[0].passage.document == "billing/refunds.md"
        assert result.hits[0].passage.link.startswith("https://docs.example/refunds")
        assert result.hits[0].similarity is not None


async def test_opening_an_empty_home_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot, match="firstline index"):
        async with open_knowledge_base(tmp_path):
            pass


async def test_a_running_base_picks_up_the_new_snapshot(plan: IndexPlan, minilm: MiniLM) -> None:
    index(plan)
    async with open_knowledge_base(plan.home, build_embedder=lambda: minilm) as base:
        before = await base.search("Zanzibar")
        (plan.documents / "general.md").write_text("# Zanzibar\n\nOur office in Zanzibar opens at nine.\n")
        report = index(plan)
        after = await base.search("Zanzibar")
    assert before.snapshot != after.snapshot == report.snapshot
    assert after.hits[0].passage.document == "general.md"


def refuse() -> Embedder:
    raise EmbedderUnavailable("its file has changed")


async def test_without_its_embedder_a_base_searches_by_words_and_says_so_once(
    plan: IndexPlan, caplog: pytest.LogCaptureFixture
) -> None:
    index(plan)
    async with open_knowledge_base(plan.home, build_embedder=refuse) as base:
        found = [await base.search("a revoked key gives BQ-1003") for _ in range(3)]
        assert await base.classify("hello") is None
    assert found[0].hits[0].passage.document == "technical/keys.md"
    assert found[0].hits[0].similarity is None
    assert found[0].is_covered
    assert [record.message for record in caplog.records] == ["searching by words alone: its file has changed"]


async def test_vectors_of_another_model_are_never_compared(plan: IndexPlan, caplog: pytest.LogCaptureFixture) -> None:
    index(plan)
    other = HashingEmbedder("another-model")
    async with open_knowledge_base(plan.home, build_embedder=lambda: other) as base:
        hits = [(await base.search("a revoked key")).hits[0] for _ in range(2)]
    assert [hit.similarity for hit in hits] == [None, None]
    assert other.embedded == []
    assert [record.message for record in caplog.records] == [
        "searching by words alone: the documents were indexed with all-MiniLM-L6-v2-onnx-int8: run `firstline index`"
    ]


async def test_an_embedder_that_fails_now_and_then_costs_only_the_vectors(plan: IndexPlan) -> None:
    failures = [EmbedderUnavailable("out of reach")]

    def fail_once(_text: str) -> None:
        if failures:
            raise failures.pop()

    index(replace(plan, embedder=HashingEmbedder()))
    async with open_knowledge_base(plan.home, build_embedder=lambda: HashingEmbedder(before=fail_once)) as base:
        assert (await base.search("a revoked key")).hits[0].similarity is None
        assert (await base.search("a revoked key")).hits[0].similarity is not None


async def test_the_snapshots_own_classifier_classifies(plan: IndexPlan, minilm: MiniLM) -> None:
    examples = [Example(f"{verb} {thing}", label) for label, thing in KINDS for verb in VERBS]

    def attach(embedder: Embedder) -> Mapping[str, bytes]:
        return {CLASSIFIER: fit(examples, embedder.embed([example.text for example in examples])).to_bytes()}

    index(replace(plan, attachments=attach, examples=examples))
    async with open_knowledge_base(plan.home, build_embedder=lambda: minilm) as base:
        found = await base.classify("I would like my invoice to be corrected")
        assert await base.classify(" ") is None
    assert found is not None
    assert found.label == "billing"


async def test_a_snapshot_without_a_classifier_classifies_nothing(plan: IndexPlan, minilm: MiniLM) -> None:
    index(plan)
    async with open_knowledge_base(plan.home, build_embedder=lambda: minilm) as base:
        assert await base.classify("Where is my invoice?") is None


async def test_questions_about_something_else_are_not_covered(plan: IndexPlan, minilm: MiniLM) -> None:
    index(plan)
    async with open_knowledge_base(plan.home, build_embedder=lambda: minilm) as base:
        asked = [
            "when is the refund on my card?",
            "BQ-1003",
            "a good recipe for lasagna",
            "who won the football match?",
        ]
        assert [(await base.search(query)).is_covered for query in asked] == [True, True, False, False]


async def test_searches_run_beside_each_other_and_beside_the_event_loop(plan: IndexPlan, minilm: MiniLM) -> None:
    index(plan)
    async with open_knowledge_base(plan.home, build_embedder=lambda: minilm) as base, asyncio.TaskGroup() as group:
        searches = [group.create_task(base.search(f"refund number {number}")) for number in range(20)]
    assert {search.result().hits[0].passage.document for search in searches} == {"billing/refunds.md"}
