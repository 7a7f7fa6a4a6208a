"""The text of one answer while a model writes it: what may be shown by now, and what it comes to in the end."""

from agents.citations import CitationFilter
from agents.claims import ClaimFilter
from agents.evidence import Evidence
from agents.support import Support, read_source

REFUSAL = "NOT_IN_DOCUMENTS"
"""What a model is told to begin with when the passages don't hold the answer."""


class Draft:
    """Collect a model's text, holding back a refusal and any citation until it is checked.

    `same_language` tells whether the answer is in the language of the documents.
    """

    def __init__(self, evidence: Evidence, *, same_language: bool = True) -> None:
        self._citations = CitationFilter(frozenset(evidence.numbers))
        contents = {number: read_source(text) for number, text in evidence.by_number.items()}
        self._support = Support(contents, self._citations.number, self._citations.shown, same_language)
        self._claims = ClaimFilter(self._support)
        self._start = ""
        self._is_open = False
        self._shown: list[str] = []
        self.is_refusal = False

    @property
    def shown(self) -> str:
        """The text that has been let through."""
        return "".join(self._shown)

    def feed(self, text: str) -> str:
        """Return what may be shown now."""
        if self._is_open:
            return self._show(self._claims.feed(self._citations.feed(text)))
        self._start += text
        start = self._start.lstrip(" \n*`")
        if REFUSAL.startswith(start[: len(REFUSAL)]):
            self.is_refusal = start.startswith(REFUSAL)
            return ""
        self._is_open = True
        return self._show(self._claims.feed(self._citations.feed(self._start.lstrip())))

    def close(self) -> str:
        """Return the rest that may be shown."""
        rest = ""
        if not self._is_open and not self.is_refusal:
            self._is_open = True
            rest = self._citations.feed(self._start.lstrip())
        rest = self._claims.feed(rest + self._citations.close())
        return self._show(rest + self._claims.close())

    @property
    def refusal(self) -> str:
        """The sentence that the model added to its refusal, in the asker's language; perhaps empty."""
        _, _, said = self._start.partition(REFUSAL)
        return " ".join(said.strip(" \n:*`").split())[:400]

    def mended(self) -> str:
        """Return the whole text with its citations checked against the passages."""
        return self._support.mend(self.shown.strip(), is_cited=bool(self._citations.shown))

    def numbers_in(self, text: str) -> dict[int, int]:
        """Return passage number -> number on screen for the citations that `text` holds."""
        return {passage: shown for passage, shown in self._citations.shown.items() if f"[{shown}]" in text}

    def _show(self, text: str) -> str:
        if text:
            self._shown.append(text)
        return text
