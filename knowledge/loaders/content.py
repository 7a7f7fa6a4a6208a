"""What a loader is given and what it gives back, and the reading of bytes as text."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.errors import DocumentError


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read. `path` is POSIX, below the documents folder."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """What was found in a file. `title` and `url` are None where the file names none."""

    markdown: str
    title: str | None = None
    url: str | None = None
    keeps_sections: bool = False
    section_urls: Mapping[str, str] = field(default_factory=dict)


_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode(source: Source, *, declared: str | None = None) -> str:
    """Return a file's text: UTF-8, UTF-16 with a byte order mark, or the encoding that the file itself declares."""
    marked = next((encoding for mark, encoding in _MARKS if source.content.startswith(mark)), None)
    text = _decoded(source.content, marked or "utf-8")
    if text is None and declared and not marked:
        text = _decoded(source.content, declared)
    if text is None:
        raise DocumentError(source.path, "is not UTF-8 text: save it with the encoding UTF-8")
    if "\0" in text:
        raise DocumentError(source.path, "is not text, though its name says so")
    return text


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
