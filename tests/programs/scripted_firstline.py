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
from typing import TYPE_CHECKING, NoReturn

from agents.contract import Agent, AgentEvent, Reset, StatusChanged, TextDelta, TurnFailed, TurnRequest
from bot.cli import main
from bot.cli.program import Program
from bot.settings import Settings
from knowledge.contract import Retriever
from tests.fakes.agent import ROUTED, Hang, Script, ScriptedAgent, saying
from tests.fakes.memory_knowledge import MemoryKnowledge, passage

if TYPE_CHECKING:
    from knowledge.indexing import Progress

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
        if text == "break":
            raise ZeroDivisionError("sk-secret-1")
        if text == "where":
            script = saying(request.conversation_id)
        else:
            script = SCRIPTS.get(text, saying("You asked: ", f"**{text}**"))
        self._scripts = iter([script])
        async with aclosing(super().answer(request)) as events:
            async for event in events:
                yield event
                await asyncio.sleep(0)


@dataclass(frozen=True)
class ScriptedApp:
    agent: Agent
    knowledge: Retriever


@asynccontextmanager
async def open_scripted_app(settings: Settings) -> AsyncIterator[ScriptedApp]:
    told = f"Refunds of {settings.company_name} are paid within 5-10 business days."
    yield ScriptedApp(ProgramAgent(), MemoryKnowledge([passage("billing/refunds.md", told, section="When")]))


class IndexedAlready:
    """Nothing has to be indexed."""

    def has_snapshot(self, settings: Settings) -> bool:
        return settings.operation.home.exists()

    def index_documents(self, settings: Settings, progress: "Callable[[Progress], None]") -> NoReturn:
        raise AssertionError(f"{settings.documents.documents} has to be indexed, and {progress} told")

    def roll_back(self, settings: Settings) -> str:
        return f"the one before in {settings.operation.home.name}"


def scripted_program() -> Program:
    numbers = itertools.count(1)
    new_id: Callable[[], str] = lambda: f"id{next(numbers)}"  # noqa: E731 - a name would say no more
    return Program(open_scripted_app, IndexedAlready, new_id)


if __name__ == "__main__":
    main(program=scripted_program())
