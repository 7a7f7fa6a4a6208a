"""Documents into passages along their headings: pure, and the same passages for the same document every time."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from knowledge.blocks import Block, BlockKind, parse_blocks
from knowledge.contract import Passage
from knowledge.document import Document
from knowledge.pieces import cut

CHUNKING_VERSION = 5
"""Part of a snapshot's fingerprint: raise it when the same document would give other passages."""

_LONGEST_CRUMB = 150
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class ChunkSizes:
    """In characters. A section shorter than `small` joins a neighbour while both fit into `merged` together."""

    longest: int = 1200
    merged: int = 1200
    small: int = 150
    overlap: int = 180


@dataclass(slots=True)
class _Section:
    """The blocks under one heading. `path` leads from the page's title to the heading, which is its last item.

    `above` are the headings right before it that have no text of their own.
    """

    path: tuple[str, ...]
    anchor: str
    heading: str
    blocks: list[Block] = field(default_factory=list)
    size: int = 0
    above: "tuple[_Section, ...]" = ()

    def add(self, block: Block) -> None:
        self.blocks.append(block)
        self.size += len(block.text) + 2


@dataclass(slots=True)
class _Slugs:
    """Anchors as GitHub makes them: a repeated heading gets -1, -2 and so on."""

    seen: dict[str, int] = field(default_factory=dict)

    def of(self, title: str) -> str:
        slug = _NOT_IN_SLUG.sub("", title.lower()).replace(" ", "-")
        count = self.seen.get(slug, 0)
        self.seen[slug] = count + 1
        return f"{slug}-{count}" if count else slug


def chunk(document: Document, sizes: ChunkSizes | None = None) -> list[Passage]:
    """Cut a document into passages; all its text is in them, in order, and no two of them are equal."""
    sizes = sizes or ChunkSizes()
    groups = [[section] for section in _filled(_sections(document))]
    if not document.keeps_sections:
        groups = _merged(groups, sizes)
    passages: dict[str, Passage] = {}
    for group in groups:
        for passage in _passages(document, group, sizes):
            passages.setdefault(passage.id, replace(passage, position=len(passages)))
    return list(passages.values())


def _sections(document: Document) -> Iterator[_Section]:
    """Yield what stands under each heading, be it nothing."""
    slugs = _Slugs()
    stack: list[tuple[int, str]] = []
    section = _Section((_crumb(document.title),), "", "")
    for block in parse_blocks(document.markdown):
        if block.kind is not BlockKind.HEADING:
            section.add(block)
            continue
        yield section
        stack = [entry for entry in stack if entry[0] < block.level]
        is_title = not stack and block.title == document.title
        if not is_title:
            stack.append((block.level, _crumb(block.title)))
        path = (_crumb(document.title), *(title for _, title in stack))
        section = _Section(path, block.anchor or slugs.of(block.title), "" if is_title else block.text)
        if len(block.title) > _LONGEST_CRUMB:
            section.add(Block(BlockKind.PROSE, block.text))  # the breadcrumb can't hold all of it
    yield section


def _filled(sections: Iterable[_Section]) -> Iterator[_Section]:
    """Hand headings without text down to the section below them, whose breadcrumb holds them."""
    above: tuple[_Section, ...] = ()
    known = list(sections)
    parents_of_next = [section.path[:-1] for section in known[1:]]
    for section, parents in zip(known, [*parents_of_next, ()], strict=True):
        has_below = parents[: len(section.path)] == section.path
        if section.blocks or (section.heading and not has_below):
            section.above = above
            yield section
            above = ()
        elif section.heading:
            above = (*above, section)


def _crumb(title: str) -> str:
    return title if len(title) <= _LONGEST_CRUMB else f"{title[: _LONGEST_CRUMB - 1].rstrip()}…"


def _merged(groups: list[list[_Section]], sizes: ChunkSizes) -> list[list[_Section]]:
    merged: list[list[_Section]] = []
    for group in groups:
        if merged and _may_join(merged[-1], group[0], sizes):
            merged[-1].extend(group)
        else:
            merged.append(group)
    return merged


def _may_join(group: Sequence[_Section], section: _Section, sizes: ChunkSizes) -> bool:
    first = group[0]
    size = sum(member.size + len(member.heading) for member in group)
    is_small = size < sizes.small or section.size < sizes.small
    is_near = section.path[: len(first.path)] == first.path or section.path[:-1] == first.path[:-1]
    return is_small and is_near and size + section.size + len(section.heading) <= sizes.merged


def _passages(document: Document, group: Sequence[_Section], sizes: ChunkSizes) -> Iterator[Passage]:
    path = _common([section.path for section in group])
    blocks: list[Block] = []
    for section in group:
        lost = [member for member in (*section.above, section) if path[: len(member.path)] != member.path]
        shown = lost or ([] if section.blocks else [section])  # a passage is never empty
        blocks.extend(Block(BlockKind.PROSE, member.heading) for member in shown if member.heading)
        blocks.extend(section.blocks)
    breadcrumb = " > ".join(path)
    anchor = group[0].anchor
    link = document.section_urls.get(anchor) or _link(document, anchor)
    for text in cut(blocks, max_chars=sizes.longest, overlap=sizes.overlap):
        passage_id = sha256("\0".join((document.path, breadcrumb, text)).encode()).hexdigest()[:24]
        yield Passage(passage_id, document.path, document.domain, document.title, breadcrumb, text, link, 0)


def _link(document: Document, anchor: str) -> str:
    base = document.url or document.path
    return f"{base}#{anchor}" if anchor and "#" not in base else base


def _common(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    shortest = min(paths, key=len)
    for depth, title in enumerate(shortest):
        if any(path[depth] != title for path in paths):
            return shortest[:depth]
    return shortest
