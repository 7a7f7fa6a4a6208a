"""PDF: headings where the type is larger than the body's, else one section for each page."""

import io
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, PyPdfError

from knowledge.errors import DocumentError
from knowledge.loaders.content import Content, Source

_BROKEN = (PyPdfError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, zlib.error)
"""What pypdf raises for damaged files; it lets Python's own errors through."""
_HEADING_SCALE = 1.15
_LONGEST_HEADING = 120


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: float
    page: int


def load_pdf(source: Source) -> Content:
    """Read the text of all pages; a section's anchor is its page, which viewers understand."""
    try:
        reader = PdfReader(io.BytesIO(source.content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError(source.path, "is encrypted: save it without a password")
        lines = [line for number, page in enumerate(reader.pages, start=1) for line in _lines(page, number)]
        title = reader.metadata.title if reader.metadata else None
    except DependencyError as error:  # a cipher that pypdf can't read by itself
        raise DocumentError(source.path, "is encrypted: save it without a password") from error
    except _BROKEN as error:
        raise DocumentError(source.path, "is a damaged PDF: export it again") from error
    if not any(line.text for line in lines):
        raise DocumentError(source.path, "holds no text, perhaps scanned pages: run text recognition (OCR) on it first")
    levels = _levels(lines)
    markdown = "\n".join(_by_headings(lines, levels) if levels else _by_pages(lines))
    return Content(markdown, title=title.strip() or None if isinstance(title, str) else None)


def _lines(page: PageObject, number: int) -> list[_Line]:
    """Return the page's lines, each with the size of most of its characters."""
    lines: list[_Line] = []
    text = ""
    sizes: Counter[float] = Counter()

    def visit(part: str, _cm: object, matrix: Sequence[float], _font: object, size: float) -> None:
        nonlocal text
        scale = abs(matrix[3]) or abs(matrix[1]) or 1.0
        for index, piece in enumerate(part.split("\n")):
            if index:
                end_line()
            text += piece
            sizes[round(abs(size * scale), 1)] += len(piece.strip())

    def end_line() -> None:
        nonlocal text
        size = sizes.most_common(1)[0][0] if sizes else 0.0
        lines.append(_Line(" ".join(text.split()), size, number))
        text = ""
        sizes.clear()

    page.extract_text(visitor_text=visit)
    end_line()
    return lines


def _levels(lines: Sequence[_Line]) -> dict[float, int]:
    """Return the heading level of each type size that is larger than the body's; at most four."""
    characters: Counter[float] = Counter()
    for line in lines:
        characters[line.size] += len(line.text)
    body = characters.most_common(1)[0][0]
    larger = {
        line.size for line in lines if line.size > body * _HEADING_SCALE and 0 < len(line.text) <= _LONGEST_HEADING
    }
    return {size: level for level, size in enumerate(sorted(larger, reverse=True)[:4], start=1)}


def _by_headings(lines: Sequence[_Line], levels: dict[float, int]) -> Iterator[str]:
    for index, line in enumerate(lines):
        level = levels.get(line.size) if 0 < len(line.text) <= _LONGEST_HEADING else None
        if level is None or (index and lines[index - 1].text and lines[index - 1].size == line.size):
            yield _body(line.text)
        else:
            yield f"\n{'#' * level} {line.text} {{#page={line.page}}}\n"


def _by_pages(lines: Sequence[_Line]) -> Iterator[str]:
    page = 0
    for line in lines:
        if line.page != page:
            page = line.page
            yield f"\n## Page {page} {{#page={page}}}\n"
        yield _body(line.text)


def _body(text: str) -> str:
    """Keep a line of text from being read as a heading."""
    return f"\\{text}" if text.startswith(("#", "=", "-", "~", "`", "<", ">")) else text
