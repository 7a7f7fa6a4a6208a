"""What the commands are built on. Tests put their own parts here; everything heavy is imported when it is used."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

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
    from bot.app import open_app

    return open_app(settings)


@dataclass(frozen=True, slots=True)
class Program:
    """The seam of the command."""

    open_app: "Callable[[Settings], AbstractAsyncContextManager[App]]" = _open_app
