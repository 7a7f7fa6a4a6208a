"""Markdown as the search sees it: without link targets, tags and escapes, which are noise to words and vectors."""

import re

_LINK = re.compile(r'!?\[([^\[\]]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+"[^"]*")?\)')
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
_RULER = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+(?:[ \t]*:?-{2,}:?)?[ \t]*$\n?", re.MULTILINE)


def plain_text(markdown: str) -> str:
    """Return the text that a reader of the rendered Markdown would see, roughly: marks such as * and | stay."""
    without_rulers = _RULER.sub("", markdown)
    return _ESCAPE.sub(r"\1", _LINK.sub(r"\1", _TAG.sub("", without_rulers)))
