"""An answer that is begun while its asker may still be writing, so that waiting for the rest of a burst costs no time.

It goes as far as its first text. Nothing of it is shown, and nothing of it is remembered, before the questions are
known to stay as they are.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from agents.contract import Agent, AgentEvent, Question, TextDelta, TurnRequest


class Rehearsal:
    """One attempt at an answer, in a task of its own, that may turn out to be in vain."""

    def __init__(self, agent: Agent, request: TurnRequest, tasks: asyncio.TaskGroup) -> None:
        self.request = request
        self._agent = agent
        self._ready: asyncio.Queue[AgentEvent | Exception | None] = asyncio.Queue()
        self._may_go_on = asyncio.Event()
        self._is_ended = False
        self._task = tasks.create_task(self._run())

    def is_of(self, questions: tuple[Question, ...]) -> bool:
        """Return whether it answers exactly these questions."""
        return self.request.questions == questions

    async def events(self) -> AsyncIterator[AgentEvent]:
        """Go on, and yield the events from the first one; raises what the agent raised."""
        self._may_go_on.set()
        while (event := await self._ready.get()) is not None:
            if isinstance(event, Exception):
                raise event
            yield event

    async def end(self) -> None:
        """End what isn't through. What had been allowed to go on keeps its partial text; of the rest nothing stays."""
        if self._is_ended:
            return  # by now the turn may have an answer that is to be remembered
        self._is_ended = True
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._may_go_on.is_set():
            await self._agent.forget_turn(self.request)

    async def _run(self) -> None:
        try:
            async with aclosing(self._agent.answer(self.request)) as events:
                async for event in events:
                    self._ready.put_nowait(event)
                    if isinstance(event, TextDelta):
                        await self._may_go_on.wait()
        except Exception as error:  # noqa: BLE001 - raised again in `events`, where it is a failed attempt
            self._ready.put_nowait(error)
        self._ready.put_nowait(None)
