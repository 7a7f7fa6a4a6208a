"""What is asked of a model: the same value for every provider, so that a failover can ask the next one the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # langchain-core takes most of a second to import, and `firstline --help` asks no model
    from langchain_core.messages import BaseMessage


@dataclass(frozen=True, slots=True)
class Prompt:
    """Instructions, documents and the conversation, whose first and last messages are a person's.

    `system` is short. `prefix` is long text that stays the same from call to call (whole documents): providers
    put it where their prompt cache finds it again. `max_tokens` limits the answer.
    """

    system: str
    messages: "Sequence[BaseMessage]"
    prefix: str | None = None
    max_tokens: int = 1024

    @property
    def length(self) -> int:
        """Characters of the whole prompt, for an estimate of its tokens."""
        return len(self.system) + len(self.prefix or "") + sum(len(message.text) for message in self.messages)
