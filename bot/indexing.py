"""Indexing put together: which documents, which domains, which embedder, and what the classifier learns from."""

from collections.abc import Callable

from knowledge.indexing import IndexReport, Progress, index
from knowledge.snapshot import Snapshots

from agents.domains import read_domains
from bot.settings import Settings
from knowledge.errors import NoSnapshot


def has_snapshot(settings: Settings) -> bool:
    """Return whether something is indexed."""
    try:
        Snapshots(settings.operation.home).current()
    except NoSnapshot:
        return False
    return True


def index_documents(settings: Settings, progress: Callable[[Progress], None]) -> IndexReport:
    """Bring the snapshot up to date with the documents folder; blocks. Raises KnowledgeError and ConfigurationError."""
    domains = read_domains(settings.documents.domains)
    return index(build_plan(settings, domains), progress=progress)


def roll_back(settings: Settings) -> str:
    """Go back to the snapshot before the current one; return its id. Raises NoSnapshot and IndexBusy."""
    return Snapshots(settings.operation.home).rollback()
