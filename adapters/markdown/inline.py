"""What the inline markup of one paragraph spans, and what of it is still open at its end.

markdown-it gives no positions inside a paragraph, so its own rules are wrapped to note where they matched.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import (
    StateInline,
    autolink,
    backtick,
    emphasis,
    entity,
    escape,
    html_inline,
    image,
    link,
    strikethrough,
)
from markdown_it.rules_inline.state_inline import Delimiter


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets `start` to `end` (exclusive) that belong together; `markup` can be closed and opened again there."""

    start: int
    end: int
    markup: str = ""


@dataclass(slots=True)
class Inline:
    """The spans of one paragraph, and what its end leaves open.

    `atoms` are never cut: links, images, citations, escapes, entities. `marked` may be cut, closing and opening
    their markup again. `open_code` and `open_marks` are (offset, markup) without an end; `open_bracket` is where
    an unfinished link or citation begins, with the end of its label when that much is there.
    """

    atoms: list[Span] = field(default_factory=list)
    marked: list[Span] = field(default_factory=list)
    open_code: tuple[int, str] | None = None
    open_marks: list[tuple[int, str]] = field(default_factory=list)
    open_bracket: tuple[int, int | None] | None = None
    _delimiters: dict[int, int] = field(default_factory=dict)


_Rule = Callable[[StateInline, bool], bool]
_MAX_LABEL = 300


def _noted(state: StateInline) -> Inline:
    noted = state.env["inline"]
    assert isinstance(noted, Inline)
    return noted


def _as_atom(rule: _Rule) -> _Rule:
    def noting(state: StateInline, silent: bool) -> bool:
        start = state.pos
        matched = rule(state, silent)
        if matched and not silent:
            _noted(state).atoms.append(Span(start, state.pos))
        return matched

    return noting


def _noting_code(state: StateInline, silent: bool) -> bool:
    start, tokens = state.pos, len(state.tokens)
    matched = backtick(state, silent)
    if not matched or silent:
        return matched
    run = len(state.src[start:]) - len(state.src[start:].lstrip("`"))
    if len(state.tokens) > tokens:
        _noted(state).marked.append(Span(start, state.pos, "`" * run))
    elif _noted(state).open_code is None:
        _noted(state).open_code = (start, "`" * run)
    return matched


def _noting_brackets(state: StateInline, silent: bool) -> bool:
    start = state.pos
    matched = link(state, silent)
    if silent or state.src[start] != "[":
        return matched
    if matched:
        _noted(state).atoms.append(Span(start, state.pos))
        return matched
    label_end = state.md.helpers.parseLinkLabel(state, start)
    if label_end >= 0:
        _noted(state).atoms.append(Span(start, label_end + 1))
    if label_end < 0 or state.src.startswith("(", label_end + 1):
        label = state.src[start : label_end if label_end >= 0 else None]
        if len(label) <= _MAX_LABEL and "\n" not in label:
            _noted(state).open_bracket = (start, None if label_end < 0 else label_end)
    return matched


def _noting_marks(rule: _Rule) -> _Rule:
    def noting(state: StateInline, silent: bool) -> bool:
        start, before = state.pos, len(state.delimiters)
        matched = rule(state, silent)
        if matched and not silent:
            added = state.delimiters[before:]
            width = (state.pos - start) // max(1, len(added))
            for index, delimiter in enumerate(added):
                # A run of an odd number of tildes begins with one that belongs to no pair.
                _noted(state)._delimiters[id(delimiter)] = state.pos - width * (len(added) - index)
        return matched

    return noting


def _note_pairs(state: StateInline) -> None:
    noted = _noted(state)
    for delimiters in [state.delimiters, *(meta["delimiters"] for meta in state.tokens_meta if meta)]:
        for delimiter in delimiters:
            _note_pair(noted, delimiter, delimiters, is_outer=delimiters is state.delimiters)


def _note_pair(noted: Inline, delimiter: Delimiter, among: list[Delimiter], *, is_outer: bool) -> None:
    start = noted._delimiters[id(delimiter)]
    markup = chr(delimiter.marker) * (2 if delimiter.marker == ord("~") else 1)
    if delimiter.end >= 0:
        end = noted._delimiters[id(among[delimiter.end])] + len(markup)
        noted.marked.append(Span(start, end, markup))
    elif is_outer and delimiter.open:
        noted.open_marks.append((start, markup))


@cache
def _inline_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("strikethrough")
    rules = parser.inline.ruler
    rules.at("backticks", _noting_code)
    rules.at("link", _noting_brackets)
    rules.at("emphasis", _noting_marks(emphasis.tokenize))
    rules.at("strikethrough", _noting_marks(strikethrough.tokenize))
    atoms: dict[str, _Rule] = {
        "escape": escape,
        "image": image,
        "autolink": autolink,
        "html_inline": html_inline,
        "entity": entity,
    }
    for name, rule in atoms.items():
        rules.at(name, _as_atom(rule))
    parser.inline.ruler2.after("balance_pairs", "note_pairs", _note_pairs)
    return parser


def read_inline(content: str) -> Inline:
    """Parse the inline markup of one paragraph's content."""
    noted = Inline()
    parser = _inline_parser()
    parser.inline.parse(content, parser, {"inline": noted}, [])
    noted._delimiters.clear()
    return noted
