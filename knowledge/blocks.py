"""Markdown as a flat list of blocks: the one place that knows markdown-it's tokens."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from markdown_it import MarkdownIt
from markdown_it.token import Token


class BlockKind(StrEnum):
    """How a block may be cut when it is too long."""

    HEADING = "heading"
    PROSE = "prose"
    LIST = "list"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the document's top level, as its source lines.

    `level`, `title` and `anchor` belong to headings; `items` are the starts of a list's items, in lines from 0.
    """

    kind: BlockKind
    text: str
    level: int = 0
    title: str = ""
    anchor: str = ""
    items: tuple[int, ...] = ()


_KINDS = {
    "heading_open": BlockKind.HEADING,
    "bullet_list_open": BlockKind.LIST,
    "ordered_list_open": BlockKind.LIST,
    "table_open": BlockKind.TABLE,
    "fence": BlockKind.CODE,
    "code_block": BlockKind.CODE,
}
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_GIVEN_ANCHOR = re.compile(r"\s*\{#([^\s{}]+)\}\s*$")
_NAMED_ANCHOR = re.compile(r"""<a\s+(?:name|id)\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


def parse_blocks(markdown: str) -> list[Block]:
    """Return the top-level blocks in order; every line that says something is in exactly one of them."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    lines = markdown.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    blocks: list[Block] = []
    done = 0
    for index, token in enumerate(tokens):
        if token.level != 0 or token.map is None or token.nesting < 0:
            continue
        start, end = token.map
        blocks.extend(_between(lines[done:start]))
        if block := _block(tokens, index, lines[start:end]):
            blocks.append(block)
        done = max(done, end)
    blocks.extend(_between(lines[done:]))
    return blocks


def _between(lines: Sequence[str]) -> Iterator[Block]:
    """Keep lines without a token of their own, such as link reference definitions."""
    text = "\n".join(lines).strip()
    if text:
        yield Block(BlockKind.PROSE, text)


def _block(tokens: Sequence[Token], index: int, lines: Sequence[str]) -> Block | None:
    token = tokens[index]
    text = "\n".join(lines).rstrip()
    if token.type == "html_block":
        text = _COMMENT.sub("", text)
    if not text.strip() or token.type == "hr":
        return None
    kind = _KINDS.get(token.type, BlockKind.PROSE)
    if kind is BlockKind.HEADING:
        return _heading(token, tokens[index + 1], text)
    return Block(kind, text, items=_item_starts(tokens, index) if kind is BlockKind.LIST else ())


def _item_starts(tokens: Sequence[Token], index: int) -> tuple[int, ...]:
    first = (tokens[index].map or [0])[0]
    starts = []
    for token in tokens[index + 1 :]:
        if token.level == 0:
            break
        if token.level == 1 and token.type == "list_item_open" and token.map:
            starts.append(token.map[0] - first)
    return tuple(starts)


def _heading(token: Token, inline: Token, text: str) -> Block:
    given = _GIVEN_ANCHOR.search(inline.content)
    named = _NAMED_ANCHOR.search(inline.content)
    title = _GIVEN_ANCHOR.sub("", _plain(inline)).strip()
    anchor = given.group(1) if given else named.group(1) if named else ""
    return Block(BlockKind.HEADING, text, level=int(token.tag[1:]), title=title, anchor=anchor)


def _plain(inline: Token) -> str:
    """Return a heading as people read it: no emphasis marks, no link targets, no tags."""
    parts = []
    for child in inline.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
        elif child.type != "html_inline":
            parts.append(child.content)
    return " ".join(_TAG.sub("", "".join(parts)).split())
