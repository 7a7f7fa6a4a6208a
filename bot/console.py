"""The answering side of a console: conversations by name, which last from run to run."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Final

from adapters.contract import IncomingMessage, ReplyEvent
from agents.contract import Agent
from bot.home import read_json, write_json
from bot.translate import to_reply_event, to_turn_request

_FILE: Final = "conversations.json"
NAME: Final = re.compile(r"[\w.@-]{1,100}")
PREFIX: Final = "console:"


class NamedConversation:
    """The conversation that goes by a name. `/new` gives the name to a fresh one: `default`, `default.2`, ..."""

    def __init__(self, home: Path, name: str) -> None:
        self._file = home / _FILE
        self._name = name
        self._number = self._numbers().get(name, 0)

    @property
    def id(self) -> str:
        """The conversation's id."""
        return f"{PREFIX}{self._name}" if self._number < 2 else f"{PREFIX}{self._name}.{self._number}"

    @property
    def is_begun(self) -> bool:
        """Whether something was asked in it, in this run or before."""
        return self._number > 0

    def begin(self) -> None:
        """Remember that something is asked in it."""
        if not self.is_begun:
            self._keep(1)

    def renew(self) -> None:
        """Give the name to a fresh conversation; one in which nothing was asked is fresh already."""
        if self.is_begun:
            self._keep(self._number + 1)

    def _keep(self, number: int) -> None:
        """Store the number, beside those that other runs stored meanwhile."""
        self._number = number
        write_json(self._file, {**self._numbers(), self._name: number})

    def _numbers(self) -> dict[str, int]:
        """Return the stored numbers."""
        stored = read_json(self._file)
        if not isinstance(stored, dict):
            return {}
        return {name: number for name, number in stored.items() if isinstance(number, int) and number > 0}


class ConsoleDesk:
    """Let an agent answer a console's messages: `adapters.console.adapter.Desk`."""

    def __init__(
        self, agent: Agent, conversation: NamedConversation, *, contact: str | None, new_id: Callable[[], str]
    ) -> None:
        self._agent = agent
        self._conversation = conversation
        self._contact = contact
        self._new_id = new_id

    @property
    def conversation_id(self) -> str:
        """The conversation that goes on."""
        return self._conversation.id

    def begin_conversation(self) -> str:
        """Begin a fresh conversation; return its id."""
        self._conversation.renew()
        return self._conversation.id

    async def answer(self, message: IncomingMessage) -> AsyncGenerator[ReplyEvent, None]:
        """Yield the reply to a message."""
        self._conversation.begin()
        async with aclosing(answer_with(self._agent, message, turn_id=self._new_id(), contact=self._contact)) as events:
            async for event in events:
                yield event


async def answer_with(
    agent: Agent, message: IncomingMessage, *, turn_id: str, contact: str | None
) -> AsyncGenerator[ReplyEvent, None]:
    """Yield an agent's answer to one message as people see it; closing it early stops the agent."""
    events = agent.answer(to_turn_request([message], turn_id))
    try:
        async for event in events:
            yield to_reply_event(event, contact=contact)
    finally:
        if isinstance(events, AsyncGenerator):
            await events.aclose()
