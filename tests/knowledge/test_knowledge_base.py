from pathlib import Path

import pytest

from knowledge.base import open_knowledge_base
from knowledge.embedders.minilm import MiniLM
from knowledge.errors import NoSnapshot
from knowledge.indexing import IndexPlan, index

REFUNDS = """---
title: Refunds
url: https://docs.example/refunds
---
# Refunds

Refunds are paid to the original payment method.

## How long it takes

A refund arrives within 5-10 business days after it was approved by the billing team.
"""
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
