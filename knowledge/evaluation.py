"""How good is the search: the field's metrics, and a run over a folder in the form of the BEIR benchmark."""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from knowledge.chunking import chunk
from knowledge.contract import Embedder
from knowledge.document import Document
from knowledge.errors import KnowledgeError
from knowledge.opened import OpenSnapshot, open_snapshot
from knowledge.snapshot import Manifest, write_manifest
from knowledge.writing import SnapshotWriter

_HITS = 100
"""Passages searched for each query: enough for ten different documents."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A query whose first document is not a right one. `rank` counts from 1; None means not among the found."""

    query: str
    text: str
    expected: tuple[str, ...]
    found: tuple[str, ...]
    rank: int | None


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """Means over all queries, from 0 to 1. A document's score is that of its best passage."""

    ndcg_at_10: float
    recall_at_5: float
    mrr_at_10: float
    cpu_ms_per_query: float
    queries: int
    documents: int
    passages: int
    misses: tuple[Miss, ...]


def ndcg(ranked: Sequence[str], relevant: Mapping[str, float], *, depth: int = 10) -> float:
    """Return the normalised discounted cumulative gain with linear gains, as trec_eval does."""
    gained = sum(relevant.get(name, 0.0) / math.log2(rank + 1) for rank, name in enumerate(ranked[:depth], start=1))
    ideal = sorted((gain for gain in relevant.values() if gain > 0), reverse=True)[:depth]
    best = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(ideal, start=1))
    return gained / best if best else 0.0


def recall(ranked: Sequence[str], relevant: Mapping[str, float], *, depth: int = 5) -> float:
    """Return the share of the relevant documents that are among the first `depth`."""
    wanted = {name for name, gain in relevant.items() if gain > 0}
    return len(wanted & set(ranked[:depth])) / len(wanted) if wanted else 0.0


def reciprocal_rank(ranked: Sequence[str], relevant: Mapping[str, float], *, depth: int = 10) -> float:
    """Return 1 / rank of the first relevant document, or 0 if it comes after `depth`."""
    rank = _first_rank(ranked[:depth], relevant)
    return 1 / rank if rank else 0.0


def evaluate_folder(
    folder: Path, embedder: Embedder | None, *, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> RetrievalReport:
    """Index `corpus.jsonl` into a temporary snapshot and ask every query of `queries.jsonl` that `qrels.tsv` judges.

    Raises KnowledgeError when a file is missing or not of that form.
    """
    try:
        corpus = [_document(row) for row in _rows(folder / "corpus.jsonl")]
        queries = {str(row["_id"]): str(row["text"]) for row in _rows(folder / "queries.jsonl")}
        judged = _judgements(folder / "qrels.tsv")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KnowledgeError(
            f"{folder} is no test set of corpus.jsonl, queries.jsonl and qrels.tsv: {error}"
        ) from error
    asked = {key: text for key, text in queries.items() if key in judged}
    if not asked:
        raise KnowledgeError(f"{folder}: qrels.tsv judges none of the queries")
    with TemporaryDirectory(prefix="firstline-eval-") as temporary:
        snapshot = build_temporary(corpus, embedder, Path(temporary), progress=progress)
        with closing(snapshot):
            return evaluate(snapshot, embedder, asked, judged)


def build_temporary(
    documents: Sequence[Document],
    embedder: Embedder | None,
    folder: Path,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> OpenSnapshot:
    """Build a snapshot of documents in memory inside `folder` and open it; the caller closes it."""
    passages = [passage for document in documents for passage in chunk(document)]
    with closing(SnapshotWriter.open(folder, embedder)) as writer:
        writer.add(passages, lambda done: progress(done, len(passages)))
        writer.check(expected=len(passages))
    model = embedder.model if embedder else None
    write_manifest(folder, Manifest(folder.name, "", model, len(passages), fingerprint="", versions=""))
    return open_snapshot(folder)


def evaluate(
    snapshot: OpenSnapshot,
    embedder: Embedder | None,
    queries: Mapping[str, str],
    judged: Mapping[str, Mapping[str, float]],
) -> RetrievalReport:
    """Ask each query and compare the documents found with those judged relevant."""
    started = time.process_time()
    ranked = {key: rank_documents(snapshot, embedder, text) for key, text in queries.items()}
    seconds = time.process_time() - started
    count = len(queries)
    return RetrievalReport(
        ndcg_at_10=sum(ndcg(ranked[key], judged[key]) for key in queries) / count,
        recall_at_5=sum(recall(ranked[key], judged[key]) for key in queries) / count,
        mrr_at_10=sum(reciprocal_rank(ranked[key], judged[key]) for key in queries) / count,
        cpu_ms_per_query=seconds / count * 1000,
        queries=count,
        documents=snapshot.passages.count_documents(),
        passages=snapshot.manifest.passages,
        misses=tuple(_misses(queries, ranked, judged)),
    )


def rank_documents(snapshot: OpenSnapshot, embedder: Embedder | None, query: str) -> list[str]:
    """Return the documents found, each at the rank of its best passage."""
    hits = snapshot.search(query, embedder, domain=None, limit=_HITS).hits
    return list(dict.fromkeys(hit.passage.document for hit in hits))


def _misses(
    queries: Mapping[str, str], ranked: Mapping[str, Sequence[str]], judged: Mapping[str, Mapping[str, float]]
) -> list[Miss]:
    return [
        Miss(key, text, tuple(judged[key]), tuple(ranked[key][:5]), rank)
        for key, text in queries.items()
        if (rank := _first_rank(ranked[key], judged[key])) != 1
    ]


def _first_rank(ranked: Sequence[str], relevant: Mapping[str, float]) -> int | None:
    return next((rank for rank, name in enumerate(ranked, start=1) if relevant.get(name, 0) > 0), None)


def _rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _document(row: Mapping[str, object]) -> Document:
    path, title, text = str(row["_id"]), str(row.get("title") or ""), str(row["text"])
    return Document(path, "general", title or path, None, text, sha256(text.encode()).hexdigest())


def _judgements(path: Path) -> dict[str, dict[str, float]]:
    judged: dict[str, dict[str, float]] = {}
    for line in path.read_text("utf-8").splitlines()[1:]:
        if line.strip():
            query, document, score = line.split("\t")
            judged.setdefault(query, {})[document] = float(score)
    return judged
