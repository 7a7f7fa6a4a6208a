"""Indexing put together: which documents, which domains, which embedder, and what the classifier learns from."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from agents.domains import read_domains
from bot.settings import Settings
from knowledge.contract import Embedder, Example
from knowledge.errors import EmbedderUnavailable, NoSnapshot
from knowledge.indexing import IndexPlan, IndexReport, Progress, index
from knowledge.opened import CLASSIFIER
from knowledge.snapshot import Snapshots


def embedder_factory(settings: Settings) -> Callable[[], Embedder]:
    """Return what builds the configured embedder; it blocks, and raises EmbedderUnavailable."""
    provider, _, model = settings.documents.embedder.partition(":")
    match provider:
        case "openai":
            return partial(_build_openai_embedder, settings, model)
        case "bedrock":
            return partial(_build_titan_embedder, settings, model)
        case "none":
            return _refuse_embedder
        case _:
            return _build_minilm


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


def _build_minilm() -> Embedder:
    from knowledge.embedders.minilm import build_minilm  # noqa: PLC0415 - only the chosen one is imported

    return build_minilm()


def _build_openai_embedder(settings: Settings, model: str) -> Embedder:
    from knowledge.embedders.openai import build_openai_embedder  # noqa: PLC0415 - as above

    key = settings.openai.api_key
    return build_openai_embedder(
        api_key=key.get_secret_value() if key else "", base_url=settings.openai.base_url, model=model
    )


def _build_titan_embedder(settings: Settings, model: str) -> Embedder:
    from knowledge.embedders.titan import build_titan_embedder  # noqa: PLC0415 - as above

    aws = settings.aws
    if not aws.default_region:
        raise EmbedderUnavailable("Bedrock embeddings need a region: set AWS_DEFAULT_REGION")
    return build_titan_embedder(
        region=aws.default_region,
        access_key=aws.access_key_id.get_secret_value() if aws.access_key_id else None,
        secret_key=aws.secret_access_key.get_secret_value() if aws.secret_access_key else None,
        endpoint_url=aws.endpoint_url_bedrock_runtime,
        model=model,
    )


def _refuse_embedder() -> Embedder:
    """Take the place of an embedder where none is wanted."""
    raise EmbedderUnavailable("FIRSTLINE_EMBEDDER is none")
