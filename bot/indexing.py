"""Indexing put together: which documents, which domains, which embedder, and what the classifier learns from."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from agents.domains import read_domains
from bot.errors import SettingsInvalid
from bot.settings import Settings
from knowledge.contract import Embedder, Example
from knowledge.errors import EmbedderUnavailable, NoSnapshot
from knowledge.indexing import IndexPlan, IndexReport, Progress, index
from knowledge.opened import CLASSIFIER
from knowledge.snapshot import Snapshots


def embedder_factory(settings: Settings) -> Callable[[], Embedder]:
    """Return what builds the configured embedder; it blocks, and raises EmbedderUnavailable.

    Raises SettingsInvalid for one that isn't there.
    """
    if settings.documents.embedder == "none":
        return _refuse_embedder
    if settings.documents.embedder != "minilm":
        raise SettingsInvalid("FIRSTLINE_EMBEDDER: only minilm and none can be used in this version")
    from knowledge.embedders.minilm import build_minilm  # noqa: PLC0415 - only the chosen one is imported

    return build_minilm


def has_snapshot(settings: Settings) -> bool:
    """Return whether something is indexed."""
    try:
        Snapshots(settings.operation.home).current()
    except NoSnapshot:
        return False
    return True


def index_documents(settings: Settings, progress: Callable[[Progress], None]) -> IndexReport:
    """Bring the snapshot up to date with the documents folder; blocks. Raises KnowledgeError and ConfigurationError."""
    return index(build_plan(settings), progress=progress)


def build_plan(settings: Settings) -> IndexPlan:
    """Return what to index. Without an embedder, search goes by words and routing has no local classifier."""
    from knowledge.classifier import VERSION  # noqa: PLC0415 - numpy is not for start-up

    domains = read_domains(settings.documents.domains)
    return IndexPlan(
        home=settings.operation.home,
        documents=settings.documents.documents,
        domains=domains.names,
        embedder=open_embedder(settings),
        examples=domains.examples(),
        configuration=f"{domains.fingerprint} {VERSION}",
        attachments=partial(_fit_classifier, domains.examples()),
    )


def _fit_classifier(examples: Sequence[Example], embedder: Embedder) -> Mapping[str, bytes]:
    """Return what routes without a model, fitted to the domains' examples."""
    from knowledge.classifier import fit  # noqa: PLC0415 - numpy is not for start-up

    vectors = embedder.embed([example.text for example in examples])
    return {CLASSIFIER: fit(examples, vectors).to_bytes()}


def open_embedder(settings: Settings) -> Embedder | None:
    """Return the configured embedder, or None where none is wanted. Raises EmbedderUnavailable; blocks."""
    return None if settings.documents.embedder == "none" else embedder_factory(settings)()


def roll_back(settings: Settings) -> str:
    """Go back to the snapshot before the current one; return its id. Raises NoSnapshot and IndexBusy."""
    return Snapshots(settings.operation.home).rollback()


def _refuse_embedder() -> Embedder:
    """Take the place of an embedder where none is wanted."""
    raise EmbedderUnavailable("FIRSTLINE_EMBEDDER is none")
