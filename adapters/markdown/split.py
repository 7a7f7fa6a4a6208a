"""The one splitter, for previews and finals: text that grows becomes messages that fit.

What was cut stays cut, so a stream of 60,000 characters parses each of them a bounded number of times.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from adapters.markdown.blocks import Kind, Outline, read_outline
from adapters.markdown.cut import Opening, find_cut, is_leading
from adapters.markdown.heal import close_fence, heal
from adapters.markdown.lines import map_lines

# Room for what closes a message: a newline and a fence's marker, or a few marks of emphasis.
_RESERVE = 24
# A cut looks this far beyond the message, since a table or heading shows only on its next line.
_LOOKAHEAD = 400
# A table's head that takes more of a message than one in so many is not repeated.
_MAX_OPENING_SHARE = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """One message's part of the text: offsets `start` to `end`, opened and closed so that it stands alone."""

    start: int
    end: int
    opening: Opening = field(default_factory=Opening)
    closer: str = ""


class Pages:
    """A text that grows, as the messages that will show it."""

    def __init__(self, measure: Callable[[str], int], max_size: int) -> None:
        self._measure = measure
        self._max_size = max_size
        self.text = ""
        self.closed: list[Piece] = []
        self._start = 0
        self._opening = Opening()
        self._break_read_at = -1
        self._break = 0
        self._breaks: set[int] = set()
        self._tail_block = 0

    @property
    def open_start(self) -> int:
        """Where the last message's text begins."""
        return self._start

    @property
    def has_open(self) -> bool:
        """Whether there is text behind the last message that was closed."""
        return not self.text[self._start : self._start + 50].isspace() and len(self.text) > self._start

    @property
    def count(self) -> int:
        """How many messages the text needs by now."""
        return len(self.closed) + self.has_open

    def add(self, text: str) -> None:
        """Append text; newlines must be plain line feeds."""
        if text:
            self.text += text
            self._cut_overflow()

    def _cut_overflow(self) -> None:
        while not self._fits(len(self.text)):
            self._cut_once()

    def _fits(self, end: int) -> bool:
        room = self._max_size - _RESERVE
        # An escaped character takes at most six units: short texts need no measuring.
        if (end - self._start + len(self._opening.shown)) * 6 <= room:
            return True
        return self._measure(self._opening.shown + self.text[self._start : end].rstrip("\n")) <= room

    def _cut_once(self) -> None:
        most = self._largest_end()
        while True:
            opening = self._opening.parsed
            body = opening + self.text[self._start : most + _LOOKAHEAD]
            cut = find_cut(body, len(opening), len(opening) + most - self._start)
            end = self._start + cut.offset - len(opening)
            piece = Piece(self._start, end, self._opening, cut.closer)
            if self._measure(self._shown(piece)) <= self._max_size or most <= self._start + 1:
                break
            most = self._start + max(1, (most - self._start) * 9 // 10)
        self._close(piece, cut.opening)

    def _largest_end(self) -> int:
        low, high = self._start + 1, min(len(self.text), self._start + self._max_size)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self._fits(middle) else (low, middle - 1)
        while low < len(self.text) and self.text[low] == "\n":
            low += 1
        return low

    def _close(self, piece: Piece, opening: Opening) -> None:
        self.closed.append(piece)
        if self._measure(opening.shown) > self._max_size // _MAX_OPENING_SHARE:
            opening = Opening()
        start = piece.end
        if not opening.shown.endswith("\n"):
            while start < len(self.text) and self.text[start].isspace():
                start += 1
        self._start, self._opening, self._break_read_at = start, opening, -1
        self._tail_block = start

    def break_at(self, offset: int) -> None:
        """End the last message at the end of a block, though it isn't full."""
        self._close(Piece(self._start, offset, self._opening), Opening())

    def replace(self, text: str) -> int:
        """Make this the whole text; messages that were closed end where they did. Return how much is the same.

        People have read these messages: a word that changes in one must not move the text of the others.
        """
        common = common_length(self.text, text)
        begins = [*[piece.start for piece in self.closed[1:]], self._start]
        # A message ends as it did where the next one's first character is still the same.
        kept = [piece for piece, begin in zip(self.closed, begins, strict=False) if begin <= common]
        if len(kept) < len(self.closed):
            self._start, self._opening = self.closed[len(kept)].start, self.closed[len(kept)].opening
            changed, self.closed = self.closed[len(kept) :], kept
            old, self.text = self.text, text
            self._close_again(changed, map_lines(old, text))
            self._tail_block = self._start
        self._break = min(self._break, common)
        self._tail_block = min(self._tail_block, self._start) if common < len(self.text) else self._tail_block
        self._break_read_at = -1
        self.text = text
        self._cut_overflow()
        return common

    def _close_again(self, pieces: list[Piece], places: Mapping[int, int]) -> None:
        """Close messages at the ends that they had before the text changed, while these can be found again."""
        ends = {self._start + offset for offset in _ends_of_blocks(read_outline(self.text[self._start :]))}
        for piece in pieces:
            end = places.get(piece.end)
            is_plain = not piece.closer and not piece.opening.shown and not self._opening.shown
            if end not in ends or not is_plain or not self.text[self._start : end].strip():
                return
            if not self._fits(end) or not self.text[end:].strip():
                return
            self._close(Piece(self._start, end, self._opening), Opening())

    def is_break(self, offset: int) -> bool:
        """Whether a block ends at an offset."""
        return offset in self._breaks

    def last_break(self) -> int:
        """Return the latest end of a block where the last message might end, or where it begins if there is none."""
        read_at, self._break_read_at = self._break_read_at, len(self.text)
        # No block ends without a line's end: the parser need not look at every word.
        if read_at >= 0 and "\n" not in self.text[max(0, read_at - 1) :]:
            return max(self._break, self._start)
        self._break = self._start if self._opening.parsed else self._find_break()
        return self._break

    def _find_break(self) -> int:
        base = self._tail_block
        body = self.text[base:]
        outline = read_outline(body)
        found = max(self._start, min(self._break, len(self.text)))
        for place in _ends_of_blocks(outline, is_whole=body.endswith("\n\n")):
            found = base + place
            self._breaks.add(found)
        self._tail_block = base + _last_settled(outline)
        return found

    def show(self, *, is_final: bool, until: int | None = None) -> list[str]:
        """Return what every message shows; `until` hides what the last one holds behind an offset."""
        count = len(self.closed) + bool(self.text[self._start : until].strip())
        return [self.show_piece(index, is_final=is_final, until=until) for index in range(count)]

    def show_piece(self, index: int, *, is_final: bool, until: int | None = None) -> str:
        """Return what one message shows: the last one healed, unless it is final or healing makes it too large."""
        if index < len(self.closed):
            return self._shown(self.closed[index])
        end = len(self.text) if until is None else until
        if is_final:
            return self._shown(Piece(self._start, end, self._opening))
        if not self._opening.shown and self._start < self._tail_block < end:
            # What stands before the last block is settled: only that one can be unfinished.
            settled, tail = self.text[self._start : self._tail_block], self.text[self._tail_block : end].rstrip()
            text, healed = settled + tail, (settled + heal(tail)).rstrip()
        else:
            text = self._shown(Piece(self._start, end, self._opening))
            healed = heal(text)
        return healed if self._measure(healed) <= self._max_size else text

    def _shown(self, piece: Piece) -> str:
        source = self.text[piece.start : piece.end]
        if piece.opening.strip:
            source = _strip_lines(piece.opening, source)
        source = source.rstrip() if piece.closer or not piece.opening.shown else source.rstrip("\n ")
        text = piece.opening.shown + source
        closed = close_fence(text)
        return closed if closed != text else text + piece.closer


def common_length(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _ends_of_blocks(outline: Outline, *, is_whole: bool = False) -> Iterator[int]:
    """Yield the offsets where a message might end; `is_whole` adds the text's own end, behind its last block."""
    places = [outline.line_starts[line] for line in sorted({*outline.tops, *outline.items}) if line]
    if is_whole and outline.leaves and outline.leaves[-1].depth == 0:
        places.append(outline.line_starts[-1])
    for place in places:
        above = [leaf for leaf in outline.leaves if leaf.first < outline.line_of(max(0, place - 1)) + 1]
        is_open = bool(above) and above[-1].kind is Kind.FENCE and not above[-1].is_closed
        if not is_open and not is_leading(above[-1] if above else None):
            yield place


def _last_settled(outline: Outline) -> int:
    """Return the offset of the last top-level block: what stands before it can't change any more."""
    return outline.line_starts[outline.tops[-1]] if outline.tops else 0


def _strip_lines(opening: Opening, source: str) -> str:
    """Take the container's marks from the lines of the block that a message opens again."""
    outline = read_outline(opening.parsed + source)
    repeated = opening.parsed.count("\n")
    lines = source.split("\n")
    until = outline.leaves[0].last - repeated if outline.leaves else 0
    if len(outline.leaves) == 1 and not outline.leaves[0].is_closed:
        until = len(lines)
    # A line that was cut in two lost its marks with its first half.
    begins = 0 if opening.parsed.endswith("\n") else 1
    return "\n".join(_strip_line(line, opening.strip) if begins <= n < until else line for n, line in enumerate(lines))


def _strip_line(line: str, strip: str) -> str:
    if line.startswith(strip):
        return line[len(strip) :]
    if strip.isspace():
        return line.lstrip(" ") if len(line) - len(line.lstrip(" ")) < len(strip) else line
    return line.removeprefix(strip.rstrip())


def split(text: str, measure: Callable[[str], int], max_size: int) -> list[str]:
    """Return the messages that show a whole text."""
    pages = Pages(measure, max_size)
    pages.add(normalise(text))
    return pages.show(is_final=True)


def normalise(text: str) -> str:
    """Return the text with plain line feeds and without the character that no parser takes."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
