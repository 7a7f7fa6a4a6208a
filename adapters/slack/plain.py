"""A reply in a few plain words, for notifications and screen readers: Slack wants it beside the blocks."""

import re

MAX_CHARS = 150
# Only the beginning is looked at, so that a huge message costs no more than a small one.
_LOOKED_AT = 800

_FENCE_LINE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[^\n]*$", re.MULTILINE)
_LINE_START = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+|[-=|:][-=|: \t]*$)", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_MARKUP = re.compile(r"(?<!\\)(?:\*{1,3}|_{2,3}|~~|`+|(?<!\w)_|_(?!\w))")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def to_plain(markdown: str) -> str:
    """Return the beginning of a text without its markup, in one line of at most MAX_CHARS."""
    text = markdown[:_LOOKED_AT]
    for pattern, replacement in (
        (_FENCE_LINE, ""),
        (_LINE_START, ""),
        (_LINK, r"\1"),
        (_MARKUP, ""),
        (_ESCAPED, r"\1"),
    ):
        text = pattern.sub(replacement, text)
    return shorten(text, MAX_CHARS)


def shorten(text: str, most: int) -> str:
    """Return a text in one line, cut at a word where it is too long."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > most // 2 else cut) + "…"
