"""Where the blocks of a Markdown text begin and end.

Separate from `inline` because most questions (where may a message end, is a fence open) need no inline parse,
which is three times as slow.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token


class Kind(Enum):
    """What a leaf block is, as far as cutting and closing it differ."""

    PARAGRAPH = auto()
    HEADING = auto()
    FENCE = auto()
    TABLE = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Leaf:
    """A block that holds text: lines `first` to `last` (exclusive), `depth` containers deep.

    `content` is the inline source of a paragraph or heading and the code of a fence. `markup` is a fence's
    marker and `info` its language. A fence without its end is not `is_closed`.
    """

    kind: Kind
    first: int
    last: int
    depth: int
    content: str = ""
    markup: str = ""
    info: str = ""
    is_closed: bool = True


@dataclass(frozen=True, slots=True)
class Outline:
    """The leaves of a text in order, and the lines at which top-level blocks and list items begin."""

    leaves: tuple[Leaf, ...]
    tops: tuple[int, ...]
    items: tuple[int, ...]
    line_starts: tuple[int, ...]

    def line_of(self, offset: int) -> int:
        """Return the number of the line that holds an offset."""
        return bisect_right(self.line_starts, offset) - 1

    def leaf_at(self, line: int) -> Leaf | None:
        """Return the leaf that covers a line."""
        index = bisect_right(self.leaves, line, key=lambda leaf: leaf.first) - 1
        if index < 0 or self.leaves[index].last <= line:
            return None
        return self.leaves[index]


@cache
def _block_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["block"])
    return parser


_CONTAINERS = {"bullet_list", "ordered_list", "list_item", "blockquote"}


def find_line_starts(text: str) -> list[int]:
    """Return the offset at which each line begins; a text that ends in a newline has an empty last line."""
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts


def read_outline(text: str) -> Outline:
    """Parse the blocks of a text. Newlines must be plain line feeds."""
    tokens = _block_parser().parse(text)
    leaves: list[Leaf] = []
    tops: list[int] = []
    items: list[int] = []
    depth = 0
    for index, token in enumerate(tokens):
        if token.map is None or token.nesting < 0:
            depth -= token.type.removesuffix("_close") in _CONTAINERS and token.nesting < 0
            continue
        if token.level == 0:
            tops.append(token.map[0])
        if token.type == "list_item_open" and token.level == 1:
            items.append(token.map[0])
        depth += token.nesting > 0 and token.type.removesuffix("_open") in _CONTAINERS
        leaf = _read_leaf(tokens, index, depth)
        if leaf is not None:
            leaves.append(leaf)
    return Outline(tuple(leaves), tuple(tops), tuple(items), tuple(find_line_starts(text)))


_TEXT_BLOCKS = {"paragraph_open": Kind.PARAGRAPH, "heading_open": Kind.HEADING}


def _read_leaf(tokens: Sequence[Token], index: int, depth: int) -> Leaf | None:
    token = tokens[index]
    first, last = token.map or (0, 0)
    if token.type in _TEXT_BLOCKS:
        return Leaf(_TEXT_BLOCKS[token.type], first, last, depth, tokens[index + 1].content)
    if token.type == "table_open":
        return Leaf(Kind.TABLE, first, last, depth)
    if token.type == "fence":
        # The parser keeps no flag for a missing end: a closed fence has one line more than its code.
        code_lines = token.content.count("\n") + (not token.content.endswith("\n") and token.content != "")
        is_closed = last - first - 1 > code_lines
        return Leaf(Kind.FENCE, first, last, depth, token.content, token.markup, token.info, is_closed)
    if token.type in {"code_block", "html_block", "hr"}:
        return Leaf(Kind.OTHER, first, last, depth, token.content)
    return None
