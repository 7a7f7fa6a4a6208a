"""From names in the settings to chains. A model that several chains name has one client and one circuit."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial

from agents.errors import ConfigurationError, ModelError
from agents.models.attempt import Link
from agents.models.chain import ModelChain, build_link, prepare
from agents.models.deferred import Deferred
from agents.models.pricing import price_of
from agents.models.providers import LinkStatus, Provider, build_providers
from agents.models.settings import ModelSettings

logger = logging.getLogger(__name__)


class Models:
    """All models of a process, built as chains ask for them."""

    def __init__(
        self,
        settings: ModelSettings,
        providers: Mapping[str, Provider],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._clock = clock
        self._links: dict[str, Link] = {}
        self._building = asyncio.Lock()

    async def build_chain(self, names: Iterable[str]) -> tuple[ModelChain, list[LinkStatus]]:
        """Return a chain of the models that can be called, and what was found out about each.

        Raises ConfigurationError for a name that isn't `provider:model`.
        """
        statuses = [await self._provider_of(name).check(name) for name in dict.fromkeys(names)]
        links = [self._link(status.model) for status in statuses if status.is_usable]
        return ModelChain(links, deadlines=self._settings.deadlines, clock=self._clock), statuses

    async def warm_up(self) -> None:
        """Import and build the models of all chains, so that no question waits for it."""
        for link in self._links.values():
            try:
                await prepare(link.model, self._settings.deadlines)
            except ModelError as error:
                logger.warning("%s can't be used: %s", link.model.name, error)
                if permit := link.circuit.admit():
                    link.circuit.fail(permit, error)

    async def aclose(self) -> None:
        """Close every model that was built."""
        for link in self._links.values():
            await link.model.aclose()

    def _provider_of(self, name: str) -> Provider:
        provider, _, model = name.partition(":")
        if provider not in self._providers or not model:
            choices = " or ".join(f"{known}:MODEL" for known in self._providers)
            raise ConfigurationError(f"{name!r} is no model: write {choices}")
        return self._providers[provider]

    def _link(self, name: str) -> Link:
        if name not in self._links:
            build = partial(self._provider_of(name).build, name.partition(":")[2])
            self._links[name] = build_link(
                Deferred(name, build, self._building),
                price=price_of(name, self._settings.prices),
                limits=self._settings.circuit,
                clock=self._clock,
            )
        return self._links[name]


@asynccontextmanager
async def open_models(settings: ModelSettings, *, clock: Callable[[], float] = time.monotonic) -> AsyncIterator[Models]:
    """Open the models of a process: nothing is imported until a chain needs it."""
    models = Models(settings, build_providers(settings), clock=clock)
    try:
        yield models
    finally:
        await models.aclose()
