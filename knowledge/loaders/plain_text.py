"""Plain text, which is read as Markdown; where it has no headings of that kind, lines that stand alone become some."""

import re

from knowledge.blocks import BlockKind, parse_blocks
from knowledge.loaders.content import Content, Source, decode

_ALONE = re.compile(r"(?:\A|(?<=\n\n))(\w[^\n]{0,78}[^\n.,:;!?])(?=\n\n|\n?\Z)")


def load_text(source: Source) -> Content:
    """Take a first line that stands alone as the title and later ones as headings of sections."""
    text = "\n".join(line.rstrip() for line in decode(source).strip().splitlines())
    if any(block.kind is BlockKind.HEADING for block in parse_blocks(text)):
        return Content(text)
    first = _ALONE.match(text)
    title = first.group(1) if first else None
    body = text[first.end() :] if first and first.end() < len(text) else text
    return Content(_ALONE.sub(r"## \1", body), title=title)
