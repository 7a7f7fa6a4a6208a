"""Links to files beside a document lead nowhere from a chat: there only their words are kept."""

import re

_FENCE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)
_RELATIVE_LINK = re.compile(r"!?\[([^\[\]\n]+)\]\((?![a-zA-Z][\w+.-]*:|//)[^()\s]+\)")


def without_dead_links(markdown: str) -> str:
    """Return the text with the words of relative links in their place; code stays as it is."""
    parts = _FENCE.split(markdown)
    return "".join(part if part.startswith("`") else _RELATIVE_LINK.sub(r"\1", part) for part in parts)
