"""Replies that need no documents: greetings, thanks, what it can do, a wish for a person, other topics."""

from dataclasses import dataclass

from agents.contract import Outcome
from agents.domains import HUMAN, OFFTOPIC, Domains, split_label

_LANGUAGES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "ja": "Japanese",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "zh": "Chinese",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the bot may say of itself: for whom it speaks and how people reach a person."""

    company: str
    contact: str | None
    domains: Domains
    languages: tuple[str, ...] = ()

    def reply(self, label: str) -> tuple[str, Outcome]:
        """Return the reply to a message with this label (see `agents.domains.Intent.label`)."""
        name, kind = split_label(label)
        if name == HUMAN:
            return f"Of course. {self.person()}", Outcome.HANDOFF
        if name == OFFTOPIC:
            return f"I only answer questions about {self.company}. {self._fields()}", Outcome.ABSTAINED
        replies = {
            "thanks": "You're welcome! Ask again whenever something comes up.",
            "goodbye": "Goodbye! I'm here whenever you need me.",
            "capabilities": (
                f"I answer questions from {self.company}'s documents and show you where it says so. {self._fields()} "
                f"{self.person()}"
            ),
        }
        greeting = f"Hello! Ask me anything about {self.company}. {self._fields()}"
        return replies.get(kind or "", greeting), Outcome.SMALLTALK

    def abstain(self, said: str = "") -> str:
        """Return the honest answer when the documents don't hold one; `said` is a model's sentence for that."""
        said = said or f"I couldn't find that in {self.company}'s documents."
        return f"{said} {self.person()}"

    @property
    def languages_note(self) -> str:
        """Which languages can be searched while no model translates."""
        names = [_LANGUAGES.get(code, code) for code in self.languages[:3]] or ["the documents' language"]
        return f"Without a language model I can only search in {' and '.join(names)}."

    def person(self) -> str:
        """Return the way to reach a person, in one sentence."""
        if self.contact is None:
            return "If you need a person, please ask the support team directly."
        return f"You can reach a person here: {self.contact}."

    def _fields(self) -> str:
        titles = [domain.title.lower() for domain in self.domains.domains]
        listed = f"{', '.join(titles[:-1])} and {titles[-1]}" if len(titles) > 1 else titles[0]
        return f"I know about {listed}."
