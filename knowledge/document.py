"""A document after loading: what every format becomes before it is cut into passages."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Document:
    """One readable document, as Markdown.

    `path` is POSIX, below the documents folder. `content_hash` covers all that decides its passages: bytes and domain.
    Where `keeps_sections`, each section is an answer of its own (an FAQ): sections are never merged.
    `section_urls` maps a section's anchor to a URL that replaces the document's own.
    """

    path: str
    domain: str
    title: str
    url: str | None
    markdown: str
    content_hash: str
    keeps_sections: bool = False
    section_urls: Mapping[str, str] = field(default_factory=dict)
