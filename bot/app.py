"""The composition root: the only place that builds things, and closes them in the opposite order."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from agents.agent import AgentSettings, Chains, open_agent
from agents.contract import Agent
from agents.domains import Domains, read_domains
from agents.models.build import Models, open_models
from agents.models.chain import ModelChain, build_link
from agents.models.pieces import ChatModel
from agents.models.providers import LinkStatus
from agents.models.settings import Deadlines, ModelSettings
from agents.search_only import MODEL_NAME
from agents.supervisor import Routing
from bot.home import CHECKPOINTS
from bot.indexing import embedder_factory
from bot.settings import Settings
from knowledge.base import KnowledgeBase, open_knowledge_base

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class App:
    """The running parts."""

    settings: Settings
    knowledge: KnowledgeBase
    agent: Agent


@asynccontextmanager
async def open_app(
    settings: Settings, *, model: ChatModel | None = None, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[App]:
    """Open everything that answers. `model` takes the place of every configured model: the test seam.

    Raises NoSnapshot or SnapshotDamaged when there are no documents to answer from, and ConfigurationError for a
    mistake in the settings or in domains.toml.
    """
    domains = await asyncio.to_thread(read_domains, settings.documents.domains)
    async with AsyncExitStack() as stack:
        knowledge = await stack.enter_async_context(
            open_knowledge_base(settings.operation.home, build_embedder=embedder_factory(settings))
        )
        chains = await _open_chains(stack, settings, domains, model, clock)
        agent = await stack.enter_async_context(
            open_agent(
                domains,
                retriever=knowledge,
                classifier=knowledge,
                chains=chains,
                settings=_agent_settings(settings),
                checkpoints_path=settings.operation.home / CHECKPOINTS,
                clock=clock,
            )
        )
        yield App(settings, knowledge, agent)


async def _open_chains(
    stack: AsyncExitStack,
    settings: Settings,
    domains: Domains,
    model: ChatModel | None,
    clock: Callable[[], float],
) -> Chains:
    if model is not None:
        chain = ModelChain([build_link(model, clock=clock)], clock=clock)
        return Chains(chain, dict.fromkeys(domains.names, chain))
    models = await stack.enter_async_context(open_models(_model_settings(settings), clock=clock))
    route = await _build_chain(models, "routing", settings.answering.route_models, last="the local classifier")
    default = await _build_chain(models, "answers", settings.answering.answer_models, last=MODEL_NAME)
    answers = {
        domain.name: await _build_chain(models, f"answers of {domain.name}", domain.models, last=MODEL_NAME)
        if domain.models
        else default
        for domain in domains.domains
    }
    await _start(stack, models.warm_up())
    return Chains(route, answers)


async def _start(stack: AsyncExitStack, work: Coroutine[None, None, None]) -> None:
    """Do `work` in the background for as long as the app lives."""
    group = await asyncio.TaskGroup().__aenter__()
    # Left without the app's own exception, which the group would wrap in a group of exceptions.
    stack.push_async_callback(group.__aexit__, None, None, None)
    stack.callback(group.create_task(work).cancel)


async def _build_chain(models: Models, role: str, names: Iterable[str], *, last: str) -> ModelChain:
    """Build a chain, and say in one log line what is in it and why something is not."""
    chain, statuses = await models.build_chain(names)
    logger.info("models for %s: %s", role, ", then ".join([*map(_describe, statuses), last]))
    return chain


def _describe(status: LinkStatus) -> str:
    return f"{status.model} ({status.note})" if status.is_usable else f"not {status.model} ({status.note})"


def _agent_settings(settings: Settings) -> AgentSettings:
    return AgentSettings(
        company=settings.company_name,
        contact=settings.support_contact,
        routing=Routing(settings.answering.routing),
        cag_max_tokens=settings.answering.cag_max_tokens,
    )


def _model_settings(settings: Settings) -> ModelSettings:
    aws, openai = settings.aws, settings.openai
    return ModelSettings(
        openai_api_key=openai.api_key.get_secret_value() if openai.api_key else None,
        openai_base_url=openai.base_url,
        aws_access_key_id=aws.access_key_id.get_secret_value() if aws.access_key_id else None,
        aws_secret_access_key=aws.secret_access_key.get_secret_value() if aws.secret_access_key else None,
        aws_session_token=aws.session_token.get_secret_value() if aws.session_token else None,
        aws_region=aws.default_region,
        bedrock_endpoint_url=aws.endpoint_url_bedrock_runtime,
        prices=settings.answering.prices,
        deadlines=Deadlines(
            first_token_seconds=settings.answering.first_token_seconds,
            between_tokens_seconds=settings.answering.between_tokens_seconds,
        ),
    )
