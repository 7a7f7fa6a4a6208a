"""Where one message ends: the one decision of the splitter, as a pure function of the text that must be cut."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from adapters.markdown.blocks import Kind, Leaf, Outline, read_outline
from adapters.markdown.inline import Span, read_inline

# A message that is cut at a better place may be this much shorter than a full one.
_MIN_FILL = 0.4
_MAX_LANGUAGE = 20


@dataclass(frozen=True, slots=True)
class Opening:
    """What a message repeats so that it can stand alone: a fence's first line, a table's head, open emphasis.

    `shown` is put before the text. `parsed` is the same inside the list or quote that the text still belongs to,
    and `strip` the indentation or quote marks that its lines lose for standing outside of it.
    """

    shown: str = ""
    parsed: str = ""
    strip: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """End a message at `offset`, with `closer` behind it; the next begins with `opening`."""

    offset: int
    closer: str = ""
    opening: Opening = field(default_factory=Opening)


def find_cut(body: str, first: int, most: int) -> Cut:
    """Return the best place to end a message after offset `first` and at or before `most`.

    Blocks go before list items, these before lines, then rows and lines of code, sentences, words and graphemes.
    """
    outline = read_outline(body)
    least = first + int((most - first) * _MIN_FILL)
    ranks: dict[int, int] = {}
    for line in range(1, outline.line_of(most) + 1):
        offset = outline.line_starts[line]
        rank = _rank_line(outline, line, body) if first < offset <= most else None
        if rank is not None:
            ranks[rank] = offset
    for rank in range(4):
        if ranks.get(rank, -1) >= least:
            return _cut_at_line(body, outline, ranks[rank])
    inside = _cut_inside_line(body, outline, max(first + 1, least), most)
    if inside is not None:
        return inside
    if ranks:
        return _cut_at_line(body, outline, ranks[min(ranks)])
    return _cut_anywhere(body, outline, first, most)


def _rank_line(outline: Outline, line: int, body: str) -> int | None:
    """Return how well a message may end before a line: 0 is best, None is not at all."""
    leaf = outline.leaf_at(line)
    before = outline.leaf_at(line - 1)
    if leaf is not None and leaf is before:
        return _rank_inside(outline, leaf, line, body)
    if leaf is None and not body[outline.line_starts[line] :].strip("\n"):
        return 0
    if line in outline.tops:
        return 4 if is_leading(_leaf_above(outline, line)) else 0
    if line in outline.items:
        return 1
    return 2 if leaf is not None else None


def _leaf_above(outline: Outline, line: int) -> Leaf | None:
    above = [leaf for leaf in outline.leaves if leaf.first < line]
    return above[-1] if above else None


def is_leading(leaf: Leaf | None) -> bool:
    """Whether a block announces the next one, so that the two belong in one message."""
    if leaf is None:
        return False
    return leaf.kind is Kind.HEADING or (leaf.kind is Kind.PARAGRAPH and leaf.content.rstrip("*_ ").endswith(":"))


def _rank_inside(outline: Outline, leaf: Leaf, line: int, body: str) -> int | None:
    if leaf.kind is Kind.FENCE:
        is_end = leaf.is_closed and line == leaf.last - 1
        return None if line == leaf.first + 1 or is_end else 3
    if leaf.kind is Kind.TABLE:
        return 3 if line > leaf.first + 2 else None
    if leaf.kind is Kind.OTHER:
        return 3
    offset = outline.line_starts[line]
    is_free = not any(_is_inside(span, offset, _content_map(body, outline, leaf)) for span in _spans(leaf))
    return 2 if is_free and _starts_plainly(body, offset) else None


def _spans(leaf: Leaf) -> list[Span]:
    inline = read_inline(leaf.content)
    return inline.atoms + inline.marked


def _is_inside(span: Span, offset: int, to_body: Callable[[int], int]) -> bool:
    return to_body(span.start) < offset < to_body(span.end - 1) + 1


def _starts_plainly(body: str, offset: int) -> bool:
    """Whether text that began a message here would still be a plain paragraph, not a list, heading or fence."""
    end = body.find("\n", offset)
    leaves = read_outline(body[offset : end if end >= 0 else None].lstrip()[:200]).leaves
    return not leaves or (leaves[0].kind is Kind.PARAGRAPH and leaves[0].depth == 0)


def _content_map(body: str, outline: Outline, leaf: Leaf) -> Callable[[int], int]:
    """Return the function from offsets in a leaf's inline content to offsets in the body."""
    places: list[tuple[int, int]] = []
    at = 0
    for number, line in enumerate(leaf.content.split("\n")):
        start = outline.line_starts[min(leaf.first + number, len(outline.line_starts) - 1)]
        found = body.find(line, start)
        places.append((at, found if found >= 0 else start))
        at += len(line) + 1

    def to_body(offset: int) -> int:
        begins, place = next(pair for pair in reversed(places) if pair[0] <= offset)
        return place + offset - begins

    return to_body


def _cut_at_line(body: str, outline: Outline, offset: int) -> Cut:
    leaf = outline.leaf_at(outline.line_of(offset))
    if leaf is None or leaf is not outline.leaf_at(outline.line_of(offset) - 1):
        return Cut(offset)
    return Cut(offset, opening=_open_again(body, outline, leaf))


def _open_again(body: str, outline: Outline, leaf: Leaf) -> Opening:
    starts = outline.line_starts
    if leaf.kind is Kind.FENCE:
        line = body[starts[leaf.first] :].partition("\n")[0]
        prefix = line[: line.index(leaf.markup)]
        return _opening(prefix, leaf, f"{leaf.markup}{_language(leaf.info)}\n")
    if leaf.kind is Kind.TABLE:
        head, ruler = body[starts[leaf.first] : starts[leaf.first + 2]].splitlines()
        prefix = head[: len(head) - len(head.lstrip(" >"))]
        return _opening(prefix, leaf, f"{head[len(prefix) :]}\n{ruler[len(prefix) :]}\n")
    return Opening()


def _language(info: str) -> str:
    """Return the language of a fence: its first word, unless that is too long to be one."""
    word = (info.split() or [""])[0]
    return word if len(word) <= _MAX_LANGUAGE else ""


def _opening(prefix: str, leaf: Leaf, shown: str) -> Opening:
    if leaf.depth == 0:
        return Opening(shown, shown, prefix)
    inner = prefix.lstrip(" ")
    markers = _markers(len(prefix) - len(inner)) + inner
    strip = "".join(mark if mark == ">" else " " for mark in prefix)
    parsed = "".join(
        (markers if number == 0 else strip) + line for number, line in enumerate(shown.splitlines(keepends=True))
    )
    return Opening(shown, parsed, strip)


def _markers(indent: int) -> str:
    """Return list markers that indent what follows by exactly this much."""
    if indent < 2:
        return " " * indent
    return "- " * (indent // 2) if indent % 2 == 0 else "-  " + "- " * ((indent - 3) // 2)


def _cut_inside_line(body: str, outline: Outline, least: int, most: int) -> Cut | None:
    leaf = outline.leaf_at(outline.line_of(most))
    if leaf is None or leaf.kind not in {Kind.PARAGRAPH, Kind.HEADING}:
        return None
    inline, to_body = read_inline(leaf.content), _content_map(body, outline, leaf)
    places = [
        place
        for place in range(most, least - 1, -1)
        if body[place - 1 : place].isspace()
        and not body[place : place + 1].isspace()
        and body[place : place + 1] != "["
    ] + [
        place
        for place in range(most, least - 1, -1)
        # Before the end of a mark, opening it again would make a fence of `~~` and `~~`.
        if body[place - 1 : place] in _IDEOGRAPHIC_ENDS and _is_between_marks(body, place)
    ]
    atoms = _in_body(inline.atoms, to_body)
    marked = _in_body(inline.marked, to_body)
    sentences = (place for place in places if _ends_sentence(body, place) and not _holding(marked, place))
    words = (place for place in places if not _holding(marked, place))
    for candidates in (sentences, words, iter(places)):
        for place in candidates:
            if not _holding(atoms, place) and _starts_plainly(body, place):
                return _cut_marked(body, outline, leaf, place, _holding(marked, place))
    return None


# The full stop of Chinese and Japanese, and their wide exclamation mark, question mark and semicolon.
_IDEOGRAPHIC_ENDS = {"\u3002", "\uff01", "\uff1f", "\uff1b"}
_SENTENCE_ENDS = (".", "!", "?", ".)", '."', "]", ":", *_IDEOGRAPHIC_ENDS)


def _ends_sentence(body: str, place: int) -> bool:
    return body[max(0, place - 4) : place].rstrip().endswith(_SENTENCE_ENDS)


def _in_body(spans: list[Span], to_body: Callable[[int], int]) -> list[Span]:
    return [Span(to_body(span.start), to_body(span.end - 1) + 1, span.markup) for span in spans]


def _holding(spans: list[Span], place: int) -> list[Span]:
    return [span for span in spans if span.start < place < span.end]


def _cut_marked(body: str, outline: Outline, leaf: Leaf, place: int, marked: list[Span]) -> Cut:
    outer_first = sorted(marked, key=lambda span: (span.start, -span.end))
    opened = "".join(span.markup for span in outer_first)
    closed = "".join(span.markup for span in reversed(outer_first))
    line = body[outline.line_starts[outline.line_of(place)] :]
    prefix = line[: len(line) - len(line.lstrip(" >"))]
    quote = prefix if ">" in prefix and leaf.depth else ""
    return Cut(place, closed, Opening(quote + opened, quote + opened))


def _cut_anywhere(body: str, outline: Outline, first: int, most: int) -> Cut:
    """Cut where nothing better exists: between two graphemes, and outside of links if any such place is left."""
    leaf = outline.leaf_at(outline.line_of(most))
    places = list(_graphemes_back(body, first, most))
    if leaf is None or leaf.kind in {Kind.OTHER, Kind.TABLE}:
        return Cut(places[0])
    if leaf.kind is Kind.FENCE:
        opening = _open_again(body, outline, leaf)
        return Cut(
            places[0], "", replace(opening, parsed=opening.parsed + opening.strip if leaf.depth else opening.parsed)
        )
    inline, to_body = read_inline(leaf.content), _content_map(body, outline, leaf)
    atoms, marked = _in_body(inline.atoms, to_body), _in_body(inline.marked, to_body)
    for place in places:
        if not _holding(atoms, place) and _is_between_marks(body, place):
            return _cut_marked(body, outline, leaf, place, _holding(marked, place))
    return Cut(places[0])


def _is_between_marks(body: str, place: int) -> bool:
    return body[place - 1] not in "*_~`\\" and body[place : place + 1] not in {"*", "_", "~", "`"}


def _graphemes_back(body: str, first: int, most: int) -> Iterator[int]:
    for place in range(most, first, -1):
        if not is_joined(body, place):
            yield place
    yield most


def is_joined(text: str, place: int) -> bool:
    """Whether the characters around a place form one grapheme: marks, emoji sequences, flags, Hangul syllables."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if unicodedata.category(after) in {"Mn", "Mc", "Me"} or after == "\u200d" or before == "\u200d":
        return True
    if 0x1F3FB <= ord(after) <= 0x1F3FF or 0xE0020 <= ord(after) <= 0xE007F or 0x1160 <= ord(after) <= 0x11FF:
        return True
    if not _is_flag_letter(before) or not _is_flag_letter(after):
        return False
    run = place
    while run > 0 and _is_flag_letter(text[run - 1]):
        run -= 1
    return (place - run) % 2 == 1


def _is_flag_letter(character: str) -> bool:
    return 0x1F1E6 <= ord(character) <= 0x1F1FF
