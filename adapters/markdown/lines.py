"""Where the lines of a text are found again once it has changed here and there, in a time that grows with its length.

Not difflib: between texts of many equal lines it takes minutes, in which no other answer moves on. Lines that occur
once in both texts tell where the texts correspond; what stands between two of them is compared from both its ends.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TypeAlias

_Lines: TypeAlias = Sequence[str]


def map_lines(old: str, new: str) -> dict[int, int]:
    """Return where the lines of an old text begin in a new one, for those that can be told: offset by offset."""
    lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
    starts = [list(accumulate(map(len, each), initial=0)) for each in lines]
    return {starts[0][one]: starts[1][other] for one, other in _pairs(*lines)}


def _pairs(old: _Lines, new: _Lines) -> Iterator[tuple[int, int]]:
    """Yield the numbers of lines that correspond, rising on both sides; the last pair is the texts' ends."""
    at, to = 0, 0
    for old_anchor, new_anchor in [*_anchors(old, new), (len(old), len(new))]:
        if old_anchor < at:
            continue  # passed in a run of equal lines
        while at < old_anchor and to < new_anchor and old[at] == new[to]:
            yield at, to
            at, to = at + 1, to + 1
        end, until = old_anchor, new_anchor
        while end > at and until > to and old[end - 1] == new[until - 1]:
            end, until = end - 1, until - 1
        # What differs corresponds line by line where it has as many lines, and else by where it begins.
        yield from zip(range(at, end), range(to, until), strict=True) if end - at == until - to else [(at, to)]
        yield from zip(range(end, old_anchor), range(until, new_anchor), strict=True)
        at, to = old_anchor, new_anchor
    yield at, to


def _anchors(old: _Lines, new: _Lines) -> list[tuple[int, int]]:
    """Return the most lines that occur once in both texts and stand in the same order there."""
    counts, places = Counter(old), {line: number for number, line in enumerate(new)}
    once = {line for line, count in Counter(new).items() if count == 1 == counts[line]}
    candidates = [(number, places[line]) for number, line in enumerate(old) if line in once]
    # The longest rising sequence: `tails` are the least ends of those of each length, `before` links them.
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(candidates):
        length = bisect_left(tails, place)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [place]
        ends[length : length + 1] = [index]
    found = []
    index = ends[-1] if ends else -1
    while index >= 0:
        found.append(candidates[index])
        index = before[index]
    return found[::-1]
