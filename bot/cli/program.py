"""What the commands are built on. Tests put their own parts here; everything heavy is imported when it is used."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from agents.contract import Agent
from knowledge.contract import Retriever

if TYPE_CHECKING:
    from bot.settings import Settings
    from knowledge.indexing import IndexReport, Progress


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


class Indexing(Protocol):
    """What commands need of the indexer; the module `bot.indexing` is one. Everything here blocks."""

    def has_snapshot(self, settings: "Settings") -> bool:
        """Return whether something is indexed."""
        ...

    def index_documents(self, settings: "Settings", progress: "Callable[[Progress], None]") -> "IndexReport":
        """Index the documents folder."""
        ...

    def roll_back(self, settings: "Settings") -> str:
        """Go back to the snapshot before the current one; return its id."""
        ...


def _open_app(settings: "Settings") -> AbstractAsyncContextManager[App]:
    """Open the production app."""
    from bot.app import open_app

    return open_app(settings)


def _load_indexing() -> Indexing:
    """Import the production indexer."""
    from bot import indexing

    return indexing


def _new_id() -> str:
    """Return an id that no other message or turn has."""
    return uuid4().hex


@dataclass(frozen=True, slots=True)
class Program:
    """The seam of the command."""

    open_app: "Callable[[Settings], AbstractAsyncContextManager[App]]" = field(default=_open_app)
    load_indexing: Callable[[], Indexing] = field(default=_load_indexing)
    new_id: Callable[[], str] = field(default=_new_id)
