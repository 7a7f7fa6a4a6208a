"""A FAQ as CSV: columns question and answer, and url if wanted; each row is a section."""

import csv
import io
from collections.abc import Iterator, Mapping

from knowledge.errors import DocumentError
from knowledge.loaders.content import Content, Source, decode


def load_faq(source: Source) -> Content:
    """Turn each row with both question and answer into a section of its own."""
    text = decode(source)
    try:
        rows = list(_rows(source, text))
    except csv.Error as error:
        raise DocumentError(source.path, f"is not readable as CSV: {error}") from error
    sections: list[str] = []
    urls: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        question, answer = " ".join(row["question"].split()), row["answer"].strip()
        if not question or not answer:
            continue
        anchor = f"faq-{number}"
        sections.append(f"## {question} {{#{anchor}}}\n\n{answer}")
        if url := row.get("url", "").strip():
            urls[anchor] = url
    if not sections:
        raise DocumentError(source.path, "has no row with both a question and an answer")
    return Content("\n\n".join(sections), keeps_sections=True, section_urls=urls)


def _rows(source: Source, text: str) -> Iterator[Mapping[str, str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text), restval="")
    names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    if "question" not in names or "answer" not in names:
        raise DocumentError(source.path, "needs a first line with the columns question and answer (and url if wanted)")
    reader.fieldnames = names
    for row in reader:
        yield {name: value for name, value in row.items() if isinstance(name, str) and isinstance(value, str)}


def _delimiter(text: str) -> str:
    """Spreadsheets of many countries separate with semicolons: the header line tells."""
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)
