"""Does the cited passage support the sentence? A cheap check of words and numbers after the answer is written.

It catches what does the most harm: a figure that stands in no source, and a citation that points to the wrong one.
It can't judge meaning, and in another language than the documents' it looks at figures alone.
"""

import re
from collections.abc import Callable, Mapping

_WORD = re.compile(r"[^\W\d_][\w'-]{2,}")
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
_CITED = re.compile(r"((?:\[\d{1,3}\])+)")
_MARK = re.compile(r"\[(\d{1,3})\]")
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


def supports(claim: str, source: str, *, same_language: bool) -> bool:
    """Tell whether `source` holds the figures of `claim` and, in the same language, enough of its words."""
    claim = _LIST_MARKER.sub("", _MARK.sub("", claim))
    if not _figures(claim) <= _figures(source) | _spelled(source):
        return False
    words = _words(claim)
    if not same_language or not words:
        return True
    shared = len(words & _words(source))
    return shared >= min(MIN_SHARED_WORDS, len(words)) and shared >= MIN_SHARED_SHARE * len(words)


def mend_citations(
    text: str,
    sources: Mapping[int, str],
    number: Callable[[int], int],
    shown: Mapping[int, int],
    *,
    same_language: bool,
) -> str:
    """Return `text` with citations only where a source supports the claim.

    `sources` are the passages' texts by passage number; `number` turns that into a number on screen and `shown`
    holds those given so far. A wrong citation is pointed to the passage that does support its claim, or removed.
    An answer without any citation gets them where the words of a passage carry the claim.
    """
    passage_of = {on_screen: passage for passage, on_screen in shown.items()}
    has_citations = _CITED.search(text) is not None

    def mend(found: re.Match[str]) -> str:
        claim = found[0]
        marks = [passage_of[int(n)] for n in _MARK.findall(claim) if int(n) in passage_of]
        if not marks and (has_citations or not same_language or len(_words(claim)) < 4):
            return claim
        together = "\n".join(sources[n] for n in marks)
        good = list(dict.fromkeys(marks))
        if not marks or not supports(claim, together, same_language=same_language):
            good = _best(claim, sources, same_language=same_language)
        return _cite(claim, "".join(f"[{number(n)}]" for n in good))

    parts = _FENCE.split(text)
    return "".join(part if part.startswith("```") else _CLAIM.sub(mend, part) for part in parts)


def _best(claim: str, sources: Mapping[int, str], *, same_language: bool) -> list[int]:
    words = _words(claim)
    able = [n for n, source in sources.items() if supports(claim, source, same_language=same_language)]
    if not same_language and not _figures(_LIST_MARKER.sub("", _MARK.sub("", claim))):
        return []
    return [max(able, key=lambda n: len(words & _words(sources[n])))] if able else []


def _cite(claim: str, marks: str) -> str:
    bare = _CITED.sub("", claim)
    bare = re.sub(r"[ \t]+([.!?,;:|]|\Z)", r"\1", bare) if _CITED.search(claim) else bare
    if not marks:
        return bare
    end = re.search(r"[.!?|\s]*\Z", bare)
    cut = end.start() if end else len(bare)
    return f"{bare[:cut]} {marks}{bare[cut:]}"


def _words(text: str) -> set[str]:
    # Five letters stand for the stem: "refunded" supports "refunds".
    return {word.lower()[:5] for word in _WORD.findall(text) if word.lower() not in _COMMON}


def _spelled(text: str) -> set[str]:
    return {_SPELLED[word] for word in map(str.lower, _WORD.findall(text)) if word in _SPELLED}


def _figures(text: str) -> set[str]:
    return {figure.replace(",", "") for figure in _FIGURE.findall(text)}
