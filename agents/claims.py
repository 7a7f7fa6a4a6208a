"""Claims in a stream of text: their citations are checked as each claim ends, before anybody reads them.

What is mended after the answer is whole costs an edit of a message that people have read, and edits are few.
"""

import re

from agents.support import Support, end_of_claim

# What may be a claim's end, and can't be judged before the next word.
_UNDECIDED = re.compile(r"(?:(?:[ \t]*\[\d{1,3}\])+[.!?]?|[.!?](?:[ \t]*\[\d{1,3}\])*)[ \t]*\Z")


class ClaimFilter:
    """Let text through with each citation checked; one in the middle of its claim is passed on as it is."""

    def __init__(self, support: Support) -> None:
        self._support = support
        self._claim = ""
        self._shown = 0
        self._fences = 0

    def feed(self, text: str) -> str:
        """Return what may be shown by now."""
        self._claim += text
        ready = []
        while self._claim:
            blank = len(self._claim) - len(self._claim.lstrip("\n"))
            end = blank or end_of_claim(self._claim, 0)
            if end is None:
                break
            ready.append(self._pass_on(end))
        tail = _UNDECIDED.search(self._claim)
        until = max(self._shown, tail.start() if tail else len(self._claim))
        ready.append(self._claim[self._shown : until])
        self._shown = until
        return "".join(ready)

    def close(self) -> str:
        """Return the rest."""
        return self._pass_on(len(self._claim))

    def _pass_on(self, end: int) -> str:
        """Return what is to be shown of a claim that is whole, mended where people haven't read it yet."""
        claim, shown = self._claim[:end], self._claim[: self._shown]
        self._claim, self._shown = self._claim[end:], max(0, self._shown - end)
        is_code = self._fences % 2 == 1 or "```" in claim
        self._fences += claim.count("```")
        mended = claim if is_code else self._support.mend_claim(claim)
        return (mended if mended.startswith(shown) else claim)[len(shown) :]
