"""The command with a scripted agent behind it: what tests start as a process of its own.

The question chooses the script: "hang" never ends, "long" is many paragraphs, "fail" fails, "switch" begins anew with
another model, and everything else is repeated.
"""

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from agents.contract import AgentEvent, Reset, StatusChanged, TextDelta, TurnFailed, TurnRequest
from bot.cli import main
from bot.cli.program import Program
from bot.settings import Settings
from knowledge.contract import Passage, SearchResult
from tests.fakes.agent import ROUTED, Hang, Script, ScriptedAgent, saying

LONG = tuple(f"Paragraph {number} of the long answer.\n\n" for number in range(100))
SCRIPTS: dict[str, Script] = {
    "hang": (ROUTED, StatusChanged("Searching"), TextDelta("The first half "), Hang()),
    "long": saying(*LONG),
    "fail": (ROUTED, TextDelta("Half"), TurnFailed("ab12", 0.5)),
    "switch": (ROUTED, TextDelta("Wrong"), Reset("stalled"), *saying("Right.")[1:]),
}


class ProgramAgent(ScriptedAgent):
    """Choose the script by the question, and log what a careless library might."""

    async def answer(self, request: TurnRequest) -> AsyncGenerator[AgentEvent, None]:
        text = request.questions[-1].text
        logging.getLogger("agents.test").warning("turn %s\nkey sk-secret-1", request.turn_id)
        if text == "where":
            script = saying(request.conversation_id)
        else:
            script = SCRIPTS.get(text, saying("You asked: ", f"**{text}**"))
        self._scripts = iter([script])
        async with aclosing(super().answer(request)) as events:
            async for event in events:
                yield event
                await asyncio.sleep(0)


class NoPassages:
    """Nothing is known."""

    async def search(self, query: str, *, domain: str | None = None, limit: int = 6) -> SearchResult:
        return SearchResult((), is_covered=False, snapshot="none")

    async def neighbours(self, passage: Passage) -> tuple[Passage, ...]:
        return ()

    async def load_domain(self, domain: str) -> tuple[Passage, ...]:
        return ()


@dataclass(frozen=True)
class ScriptedApp:
    agent: ProgramAgent
    knowledge: NoPassages


@asynccontextmanager
async def open_scripted_app(settings: Settings) -> AsyncIterator[ScriptedApp]:
    yield ScriptedApp(ProgramAgent(), NoPassages())


class IndexedAlready:
    """Nothing has to be indexed."""

    def has_snapshot(self, settings: Settings) -> bool:
        return True

    def index_documents(self, settings: Settings, progress: object) -> object:
        raise AssertionError("nothing has to be indexed")

    def roll_back(self, settings: Settings) -> str:
        return "the one before"


def scripted_program() -> Program:
    numbers = itertools.count(1)
    new_id: Callable[[], str] = lambda: f"id{next(numbers)}"  # noqa: E731 - a name would say no more
    return Program(open_scripted_app, IndexedAlready, new_id)


if __name__ == "__main__":
    main(program=scripted_program())
