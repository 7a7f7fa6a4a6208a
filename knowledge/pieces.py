"""Cut the blocks of one long section into pieces that fit, without breaking what must stay whole."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from knowledge.blocks import Block, BlockKind

_SENTENCE = re.compile(r"(?<=[.!?:;])\s+")
_ITEM = re.compile(r"^ {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]", re.MULTILINE)
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")


def cut(blocks: Sequence[Block], *, max_chars: int, overlap: int) -> list[str]:
    """Return the section's text in pieces of at most `max_chars`; prose at a seam is repeated up to `overlap` chars."""
    pieces: list[str] = []
    current = ""
    tail = ""
    for block in blocks:
        for part in _parts(block, max_chars):
            joined = f"{current}\n\n{part}" if current else part
            if current and len(joined) > max_chars:
                pieces.append(current)
                joined = f"{tail}\n\n{part}" if tail and len(tail) + len(part) + 2 <= max_chars else part
            current = joined
            tail = _tail(part, block.kind, overlap)
    return [*pieces, current] if current else pieces


def _parts(block: Block, max_chars: int) -> Iterator[str]:
    if len(block.text) <= max_chars:
        yield block.text
    elif block.kind is BlockKind.TABLE:
        yield from _table(block.text, max_chars)
    elif block.kind is BlockKind.CODE:
        yield from _code(block.text, max_chars)
    elif block.kind is BlockKind.LIST:
        yield from _pack(_items(block), "\n", max_chars)
    else:
        yield from _pack(block.text.split("\n"), "\n", max_chars)


def _pack(units: Sequence[str], joint: str, max_chars: int) -> Iterator[str]:
    """Join units while they fit; a unit that is too long alone is cut at sentences, words, and at last anywhere."""
    current = ""
    for unit in units:
        for part in [unit] if len(unit) <= max_chars else _finer(unit, joint, max_chars):
            if current and len(current) + len(joint) + len(part) > max_chars:
                yield current
                current = part
            else:
                current = f"{current}{joint}{part}" if current else part
    if current:
        yield current


def _finer(unit: str, joint: str, max_chars: int) -> Iterator[str]:
    if joint == "\n":
        yield from _pack(_SENTENCE.split(unit), " ", max_chars)
    elif len(words := unit.split()) > 1:
        yield from _pack(words, " ", max_chars)
    else:
        yield from (unit[start : start + max_chars] for start in range(0, len(unit), max_chars))


def _items(block: Block) -> list[str]:
    lines = block.text.split("\n")
    bounds = [*block.items, len(lines)]
    return ["\n".join(lines[start:end]).rstrip() for start, end in pairwise(bounds)]


def _table(text: str, max_chars: int) -> Iterator[str]:
    """Repeat the header row on every piece: a row without it can't be read."""
    header, ruler, *rows = text.split("\n")
    head = f"{header}\n{ruler}\n"
    room = max_chars - len(head)
    if room < max_chars // 3:
        yield from _pack([header, *rows], "\n", max_chars)
        return
    for rows_text in _pack(rows, "\n", room):
        yield head + rows_text


def _code(text: str, max_chars: int) -> Iterator[str]:
    lines = text.split("\n")
    fence = _FENCE.match(text)
    if fence is None or len(lines[0]) > max_chars // 3:
        yield from _pack(lines, "\n", max_chars)
        return
    closed = len(lines) > 1 and lines[-1].strip().startswith(fence.group(1))
    body = lines[1:-1] if closed else lines[1:]
    room = max_chars - len(lines[0]) - len(fence.group(1)) - 2
    for part in _pack(body, "\n", room):
        yield f"{lines[0]}\n{part}\n{fence.group(1)}"


def _tail(part: str, kind: BlockKind, overlap: int) -> str:
    """Return the end of a part from where it can be read: a sentence or else a word; of a list the last item."""
    if kind is BlockKind.LIST:
        last = max((match.start() for match in _ITEM.finditer(part)), default=0)
        return part[last:] if len(part) - last <= overlap else ""
    if kind is not BlockKind.PROSE:
        return ""
    if len(part) <= overlap:
        return part
    tail = part[-overlap:]
    sentence = _SENTENCE.search(tail)
    if sentence and len(tail) - sentence.end() >= overlap // 3:
        return tail[sentence.end() :]
    _, blank, rest = tail.partition(" ")
    return rest if blank else ""
