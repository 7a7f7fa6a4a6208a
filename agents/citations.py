"""Citations in a stream of text: checked and renumbered as they pass, never shown half."""

import re
from collections.abc import Container

_TOKEN = re.compile(r"`+|\n\s*\n|[ \t]*\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\](?!\()")
_UNFINISHED = re.compile(r"(?:`+|[ \t]*\[[\d\s,;]{0,24}\]?|[ \t]+|\n\s*)\Z")


class CitationFilter:
    """Let text through with every `[n]` pointing to a passage that exists.

    Numbers of passages become the numbers of sources, 1, 2, 3 in the order in which the answer first cites them.
    A citation of something that does not exist is removed with the space before it. Code stays as it is.
    """

    def __init__(self, valid: Container[int]) -> None:
        self._valid = valid
        self._held = ""
        self._fence = ""
        self.shown: dict[int, int] = {}
        """Passage number -> number on screen, in order of first use."""

    def feed(self, text: str) -> str:
        """Return what may be shown by now; an end that may yet become a citation is held back."""
        self._held += text
        tail = _UNFINISHED.search(self._held)
        cut = tail.start() if tail else len(self._held)
        ready, self._held = self._held[:cut], self._held[cut:]
        return _TOKEN.sub(self._replace, ready)

    def close(self) -> str:
        """Return the rest."""
        ready, self._held = self._held, ""
        return _TOKEN.sub(self._replace, ready)

    def number(self, passage_number: int) -> int:
        """Return the number on screen of a passage, giving it the next one at its first use."""
        return self.shown.setdefault(passage_number, len(self.shown) + 1)

    def _replace(self, token: re.Match[str]) -> str:
        found = token[0]
        if found[0] == "`":
            self._pass_backticks(found)
            return found
        if token[1] is None:
            # A blank line ends inline code that was never closed; a fence goes on.
            self._fence = self._fence if len(self._fence) >= 3 else ""
            return found
        if self._fence:
            return found
        cited = dict.fromkeys(int(n) for n in re.findall(r"\d+", token[1]))
        marks = dict.fromkeys(f"[{self.number(n)}]" for n in cited if n in self._valid)
        space = found[: len(found) - len(found.lstrip(" \t"))]
        return space + "".join(marks) if marks else ""

    def _pass_backticks(self, run: str) -> None:
        if not self._fence:
            self._fence = run
        elif run == self._fence or (len(self._fence) >= 3 and len(run) >= len(self._fence)):
            self._fence = ""
