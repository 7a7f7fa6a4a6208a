"""The laws of split and heal, as checks that the tests and the benchmark share."""

import random

from adapters.limits import Limits
from adapters.markdown.blocks import Kind, read_outline
from adapters.markdown.heal import find_open_fence, heal
from adapters.markdown.split import Pages, normalise


def bare(text: str) -> str:
    """Return the text without white space and quote marks, which a cut may drop or repeat."""
    return "".join(character for character in text if not character.isspace() and character != ">")


def code_of(texts: list[str]) -> str:
    """Return all code in fences, without white space."""
    leaves = [leaf for text in texts for leaf in read_outline(text).leaves if leaf.kind is Kind.FENCE]
    return "".join("".join(leaf.content.split()) for leaf in leaves)


def has_open_fence(text: str) -> bool:
    """Whether what follows a text would still be code."""
    return find_open_fence(text, read_outline(text)) is not None


def is_subsequence(part: str, whole: str) -> bool:
    """Whether the characters of `part` stand in `whole` in the same order."""
    rest = iter(whole)
    return all(character in rest for character in part)


def feed(text: str, limits: Limits, max_size: int, rng: random.Random, *, whole: bool = False) -> Pages:
    """Lay a text out as it would stream in."""
    pages = Pages(limits.measure, max_size)
    at = 0
    while at < len(text):
        step = len(text) if whole else rng.randint(1, max(2, len(text) // 8))
        pages.add(text[at : at + step])
        at += step
    return pages


def check_split(text: str, pages: Pages, limits: Limits, max_size: int) -> list[str]:
    """Return the laws that a layout breaks."""
    broken = []
    shown = pages.show(is_final=True)
    source = normalise(text)
    if any(limits.measure(piece) > max_size for piece in shown):
        broken.append("fits")
    if any(has_open_fence(piece) for piece in shown):
        broken.append("fences balance")
    if not is_subsequence(bare(source), bare("".join(shown))):
        broken.append("nothing lost")
    at = 0
    for piece in pages.closed:
        if source[at : piece.start].strip():
            broken.append("contiguous")
        at = piece.end
    if source[at : pages.open_start].strip():
        broken.append("contiguous at the end")
    return broken


def check_frame(frame: str, source: str) -> list[str]:
    """Return the laws that a frame of a stream breaks."""
    broken = []
    if has_open_fence(frame):
        broken.append("fence open in a frame")
    if heal(frame) != frame:
        broken.append("idempotent")
    if source and len(frame) > 2 * len(source) + 100:
        broken.append("grows")
    return broken
