"""What the commands are built on. Tests put their own parts here; everything heavy is imported when it is used."""

import importlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast
from uuid import uuid4

from agents.contract import Agent
from knowledge.contract import Retriever

if TYPE_CHECKING:
    from bot.settings import Settings


class App(Protocol):
    """What commands need of the running parts."""

    @property
    def agent(self) -> Agent:
        """Who answers."""
        ...

    @property
    def knowledge(self) -> Retriever:
        """What is searched."""
        ...


def _open_app(settings: "Settings") -> AbstractAsyncContextManager[App]:
    """Open the production app."""
    return cast("AbstractAsyncContextManager[App]", importlib.import_module("bot.app").open_app(settings))


def _new_id() -> str:
    """Return an id that no other message or turn has."""
    return uuid4().hex


@dataclass(frozen=True, slots=True)
class Program:
    """The seam of the command."""

    open_app: "Callable[[Settings], AbstractAsyncContextManager[App]]" = field(default=_open_app)
    new_id: Callable[[], str] = field(default=_new_id)
