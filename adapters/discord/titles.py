"""The title of a thread, from the question that it is about. Pure."""

import re

_MAX_UNITS = 90  # of Discord's 100, so that nothing depends on how it counts
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)|<?https?://\S+>?")
_MENTION = re.compile(r"<[@#&!:/a-z][^>]{0,80}>", re.IGNORECASE)
_DRESS = re.compile(r"```\w*|[`*_~|>#\\]+")
FALLBACK = "Question"


def title_of(question: str) -> str:
    """Return the first words of a question as plain text: no links, no mentions, no Markdown."""
    words = _LINK.sub(lambda found: found[1] or "link", question)
    words = _DRESS.sub(" ", _MENTION.sub(" ", words)).replace("@", "")
    words = " ".join("".join(char if char.isprintable() else " " for char in words).split())
    return _cut(words) or FALLBACK


def _cut(words: str) -> str:
    """Cut at a word's end where there is one near."""
    if _units(words) <= _MAX_UNITS:
        return words
    while _units(words) >= _MAX_UNITS:
        words = words[:-1]
    head, _, tail = words.rpartition(" ")
    return f"{(head if head and len(tail) < 20 else words).rstrip()}…"


def _units(words: str) -> int:
    return len(words.encode("utf-16-le", "surrogatepass")) // 2
