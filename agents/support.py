"""Does the cited passage support the sentence? A cheap check of words and numbers after the answer is written.

It catches what does the most harm: a figure that stands in no source, and a citation that points to the wrong one.
It can't judge meaning, and in another language than the documents' it looks at figures alone.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_][\w'-]{2,}")
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
# `row[1]` in inline code is no citation.
_MARK = re.compile(r"`[^`\n]*`|\[(\d{1,3})\]")
_SPACED_MARK = re.compile(r"`[^`\n]*`|[ \t]*\[(\d{1,3})\]")
# A claim ends at a sentence's end or at a line's end; a list item or table row is a claim of its own.
_CLAIM = re.compile(r"[^\n]+?(?:[.!?](?=\s|\[|\Z)(?:[ \t]*\[\d{1,3}\])*|(?=\n)|\Z)")
_FENCE = re.compile(r"(```.*?(?:```|\Z))", re.DOTALL)
_COMMON = frozenset(
    """the and for are with that this you your can from not but has have will its was were they them then than when
    which what how who all any each also only more most other into over under after before about between may must
    should would could does did been being out our their there these those per via use used using""".split()  # noqa: SIM905 - prose reads better than 80 quoted words
)
_SPELLED = {word: str(n) for n, word in enumerate("zero one two three four five six seven eight nine ten".split())}  # noqa: SIM905 - as above
_LIST_MARKER = re.compile(r"\A\s*(?:\d{1,3}[.)]|[-*+])\s+")
MIN_SHARED_WORDS = 2
MIN_SHARED_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Content:
    """What a text says, as far as this check can see: its words' stems and its figures' digits."""

    words: frozenset[str]
    figures: frozenset[str]

    def supports(self, claim: "Content", *, same_language: bool) -> bool:
        """Tell whether this text holds the figures of `claim` and, in the same language, enough of its words."""
        if not claim.figures <= self.figures:
            return False
        if not same_language or not claim.words:
            return True
        shared = len(claim.words & self.words)
        return shared >= min(MIN_SHARED_WORDS, len(claim.words)) and shared >= MIN_SHARED_SHARE * len(claim.words)


def read_source(text: str) -> Content:
    """Return the content of a passage; a number that it spells out counts as a figure too."""
    words = [word.lower() for word in _WORD.findall(text)]
    spelled = {_SPELLED[word] for word in words if word in _SPELLED}
    return Content(_stems(words), _figures(text) | spelled)


def read_claim(text: str) -> Content:
    """Return the content of a sentence or list item, without its citations and its list number."""
    bare = _LIST_MARKER.sub("", _without_marks(text))
    return Content(_stems(word.lower() for word in _WORD.findall(bare)), _figures(bare))


@dataclass(frozen=True, slots=True)
class Support:
    """The passages' contents by passage number, against which an answer's claims are held.

    `number` turns a passage's number into one on screen and `shown` holds those given so far.
    """

    contents: Mapping[int, Content]
    number: Callable[[int], int]
    shown: Mapping[int, int]
    same_language: bool

    def mend_claim(self, claim: str, *, may_add: bool = False) -> str:
        """Return a claim with citations only where a source supports it.

        A wrong citation is pointed to the passage that does support the claim, or removed. `may_add` cites the
        passage whose words carry a claim that has no citation.
        """
        passage_of = {on_screen: passage for passage, on_screen in self.shown.items()}
        marks = list(dict.fromkeys(passage_of[n] for n in _marks(claim) if n in passage_of))
        content = read_claim(claim)
        if not marks and (not may_add or not self.same_language or len(content.words) < 4):
            return claim
        cited = _joined([self.contents[n] for n in marks])
        if marks and cited.supports(content, same_language=self.same_language):
            return claim  # as people have read it: what needs no mending must not move on the screen
        best = _best(content, self.contents, same_language=self.same_language)
        return _cite(claim, "".join(f"[{self.number(n)}]" for n in best))

    def mend(self, text: str, *, is_cited: bool = False) -> str:
        """Return a whole answer with its claims mended; one that never was cited gets citations where it can."""
        may_add = not is_cited and not _marks(text)

        def mend(found: re.Match[str]) -> str:
            return self.mend_claim(found[0], may_add=may_add)

        parts = _FENCE.split(text)
        return "".join(part if part.startswith("```") else _CLAIM.sub(mend, part) for part in parts)


def end_of_claim(text: str, start: int) -> int | None:
    """Return where the claim that begins at an offset ends, or None while what follows may still belong to it."""
    found = _CLAIM.match(text, start)
    is_whole = found is not None and text[found.end() :].strip(" \t") != ""
    return found.end() if found is not None and is_whole else None


def _best(claim: Content, contents: Mapping[int, Content], *, same_language: bool) -> list[int]:
    if not same_language and not claim.figures:
        return []
    able = [n for n, content in contents.items() if content.supports(claim, same_language=same_language)]
    return [max(able, key=lambda n: len(claim.words & contents[n].words))] if able else []


def _joined(contents: list[Content]) -> Content:
    return Content(
        frozenset().union(*(content.words for content in contents)),
        frozenset().union(*(content.figures for content in contents)),
    )


def _cite(claim: str, marks: str) -> str:
    """Put `marks` at the end of a claim, before its full stop, in place of those that it has."""
    bare = _SPACED_MARK.sub(lambda found: "" if found[1] else found[0], claim)
    if not marks:
        return bare
    end = re.search(r"[.!?|\s]*\Z", bare)
    cut = end.start() if end else len(bare)
    return f"{bare[:cut]} {marks}{bare[cut:]}"


def _marks(text: str) -> list[int]:
    return [int(found[1]) for found in _MARK.finditer(text) if found[1]]


def _without_marks(text: str) -> str:
    return _MARK.sub(lambda found: "" if found[1] else found[0], text)


def _stems(words: Iterable[str]) -> frozenset[str]:
    # Five letters stand for the stem: "refunded" supports "refunds".
    return frozenset(word[:5] for word in words if word not in _COMMON)


def _figures(text: str) -> frozenset[str]:
    # Digits alone: 10,000 and 10.000 are the same number, written for different readers.
    return frozenset(re.sub(r"\D", "", figure) for figure in _FIGURE.findall(text))
