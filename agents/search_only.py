"""The last link of every chain: an answer made of quotations, when no model can be asked.

It says that it quotes, never rewrites, and names its sources like any other answer. It is what a newcomer without
a key meets first, and what users get when every provider is down.
"""

import re
from collections.abc import Sequence

from agents.evidence import Evidence, number_passages
from knowledge.contract import Hit, Passage

MODEL_NAME = "search-only"
MAX_SOURCES = 2
MAX_SECOND_CHARS = 700
INTRODUCTION = "Here is what the documents say:"

_BLOCKS = re.compile(r"\n\s*\n")
_WORD = re.compile(r"\w{3,}")


def choose(hits: Sequence[Hit], *, is_covered: bool) -> Evidence:
    """Return the passages of the first two sources, numbered in the order of quotation."""
    links: list[str] = []
    chosen: list[Passage] = []
    for hit in hits:
        if hit.passage.link not in links:
            if len(links) == MAX_SOURCES:
                continue
            links.append(hit.passage.link)
            chosen.append(hit.passage)
    return number_passages(chosen, is_covered=is_covered)


def quote(query: str, evidence: Evidence) -> list[str]:
    """Return the answer as pieces of Markdown, one for each quoted passage, to be shown one after another."""
    pieces = [INTRODUCTION]
    for rank, (number, passage) in enumerate(zip(evidence.numbers, evidence.passages, strict=True)):
        text = passage.text if rank == 0 else excerpt(query, passage.text, MAX_SECOND_CHARS)
        quoted = "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())
        pieces.append(f"\n\n**{passage.breadcrumb}** [{number}]\n\n{quoted}")
    return pieces


def excerpt(query: str, text: str, max_chars: int) -> str:
    """Return the run of whole blocks, up to `max_chars`, that shares most words with the query; at least one block."""
    if len(text) <= max_chars:
        return text
    blocks = _whole_blocks(text)
    wanted = {word.lower() for word in _WORD.findall(query)}
    gain = [len(wanted & {word.lower() for word in _WORD.findall(block)}) for block in blocks]
    start = stop = max(range(len(blocks)), key=lambda i: (gain[i], -i))
    size = len(blocks[start])
    while True:
        after = len(blocks[stop + 1]) if stop + 1 < len(blocks) else max_chars
        before = len(blocks[start - 1]) if start else max_chars
        if size + after + 2 <= max_chars:
            stop, size = stop + 1, size + after + 2
        elif size + before + 2 <= max_chars:
            start, size = start - 1, size + before + 2
        else:
            break
    return "\n\n".join(["…"] * (start > 0) + blocks[start : stop + 1] + ["…"] * (stop + 1 < len(blocks)))


def _whole_blocks(text: str) -> list[str]:
    """Split at blank lines, except inside code fences."""
    blocks: list[str] = []
    is_open = False
    for block in _BLOCKS.split(text):
        if is_open:
            blocks[-1] += f"\n\n{block}"
        else:
            blocks.append(block)
        is_open ^= block.count("```") % 2 == 1
    return blocks
