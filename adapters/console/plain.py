"""Replies as plain Markdown, for pipes and files, which never load the terminal's library."""

import re
from collections.abc import Sequence

from adapters.contract import ReplyDone, RouteShown, SourceLink

# All control characters but line feed and tab, and the marks that turn the direction of what follows: documents and
# models are material, and must not move a cursor, rename a window or disguise a link.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_DECIDERS = {"local": "local classifier", "model": "model", "rule": "rule"}


def to_printable(text: str) -> str:
    """Return text without anything that a terminal would obey. Cutting a text and joining it changes nothing."""
    return _UNPRINTABLE.sub("", text)


def describe_route(route: RouteShown, question: str) -> str:
    """Return a route in one line; the search query is told when it is not the question itself."""
    decider = _DECIDERS.get(route.decided_by, route.decided_by)
    line = f"{route.title} ({route.confidence:.0%}, {decider})"
    if " ".join(route.query.split()).casefold() != " ".join(question.split()).casefold() and route.query:
        line += f", searched for: {route.query}"
    return to_printable(line).replace("\n", " ")


def describe_cost(done: ReplyDone) -> str:
    """Return in one line who answered, how long it took and what it cost."""
    parts = [done.model, f"{done.seconds:.1f} s"]
    if tokens := done.input_tokens + done.output_tokens:
        parts.append(f"{tokens:,} tokens")
    if done.cost_usd:
        parts.append(f"${done.cost_usd:.5f}")
    return to_printable(" · ".join(parts))


def describe_contact(done: ReplyDone) -> str | None:
    """Return how to reach a person, where one is offered and the answer does not say it already."""
    if not done.contact or done.contact in done.text:
        return None
    return to_printable(f"You can reach a person here: {done.contact}")


def source_lines(sources: Sequence[SourceLink]) -> list[str]:
    """Return the numbered sources; the brackets are those of the citations in the text."""
    return [to_printable(f"[{source.number}] {source.title}: {source.link}") for source in sources]


def to_markdown(route: str | None, done: ReplyDone, sources: Sequence[SourceLink]) -> str:
    """Return a whole reply, ended by a blank line."""
    parts = [f"*{route}*"] if route else []
    parts.append(to_printable(done.text).strip())
    if sources:
        parts.append("\n".join(["Sources:", "", *(f"- {line}" for line in source_lines(sources))]))
    if contact := describe_contact(done):
        parts.append(contact)
    return "\n\n".join(parts) + "\n\n"
