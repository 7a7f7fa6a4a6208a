import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import KnowledgeError
from knowledge.evaluation import evaluate_folder, ndcg, recall, reciprocal_rank
from tests.fakes.hashing_embedder import HashingEmbedder

_RANKED = st.lists(st.sampled_from("abcdefghijkl"), unique=True)
_RELEVANT = st.dictionaries(st.sampled_from("abcdefghijkl"), st.sampled_from([0.0, 1.0, 2.0]))


def test_the_metrics_agree_with_figures_worked_out_by_hand() -> None:
    ranked, relevant = ["x", "a", "y", "b"], {"a": 1.0, "b": 1.0, "c": 1.0}
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(ranked, relevant) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert recall(ranked, relevant) == pytest.approx(2 / 3)
    assert reciprocal_rank(ranked, relevant) == 1 / 2


def test_a_better_judged_document_counts_for_more() -> None:
    assert ndcg(["a", "b"], {"a": 2, "b": 1}) == 1
    assert ndcg(["b", "a"], {"a": 2, "b": 1}) < 1


def test_what_comes_after_the_depth_counts_nothing() -> None:
    ranked = [*"0123456789", "a"]
    assert (ndcg(ranked, {"a": 1}), recall(ranked, {"a": 1}), reciprocal_rank(ranked, {"a": 1})) == (0, 0, 0)


@given(_RANKED, _RELEVANT)
def test_every_metric_lies_between_0_and_1(ranked: list[str], relevant: dict[str, float]) -> None:
    for metric in (ndcg, recall, reciprocal_rank):
        assert 0 <= metric(ranked, relevant) <= 1 + 1e-9


@given(_RANKED, _RELEVANT)
def test_a_ranking_by_relevance_is_perfect(ranked: list[str], relevant: dict[str, float]) -> None:
    best = sorted({*ranked, *relevant}, key=lambda name: -relevant.get(name, 0))
    assert ndcg(best, relevant) == (pytest.approx(1) if any(relevant.values()) else 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    corpus = {"refunds.md": "Money back within ten days.", "keys.md": "Create an API key.", "empty.md": ""}
    queries = {"q1": "money back", "q2": "API key", "q3": "nothing judges this"}
    rows = [{"_id": key, "title": key, "text": text} for key, text in corpus.items()]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "queries.jsonl").write_text(
        "\n".join(json.dumps({"_id": k, "text": v}) for k, v in queries.items()) + "\n"
    )
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\trefunds.md\t1\nq2\trefunds.md\t1\n")
    return tmp_path


@pytest.mark.parametrize("embedder", [None, HashingEmbedder()])
def test_a_folder_is_indexed_and_its_judged_queries_asked(folder: Path, embedder: HashingEmbedder | None) -> None:
    report = evaluate_folder(folder, embedder)
    assert (report.queries, report.documents) == (2, 2)
    assert report.cpu_ms_per_query > 0
    ((miss,), expected) = report.misses, ("refunds.md",)
    assert (miss.query, miss.text, miss.expected, miss.found[0]) == ("q2", "API key", expected, "keys.md")
    second = 0 if embedder is None else 1 / math.log2(3)
    assert report.ndcg_at_10 == pytest.approx((1 + second) / 2)
    assert miss.rank == (None if embedder is None else 2)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("corpus.jsonl", None),
        ("corpus.jsonl", "{not json"),
        ("corpus.jsonl", '{"title": "no id"}'),
        ("queries.jsonl", "[1, 2]"),
        ("qrels.tsv", "head\nq1 refunds.md 1\n"),
        ("qrels.tsv", "head\nq9\trefunds.md\t1\n"),
    ],
)
def test_a_folder_of_another_form_is_an_error(folder: Path, name: str, content: str | None) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content)
    with pytest.raises(KnowledgeError, match=r"test set|judges none"):
        evaluate_folder(folder, None)
