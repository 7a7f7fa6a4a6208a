"""Plain text, which is read as Markdown: underlined headings and lists in it keep their meaning."""

from knowledge.loaders.content import Content, Source, decode


def load_text(source: Source) -> Content:
    """Take a short first line that stands alone as the title."""
    text = decode(source)
    first, _, rest = text.strip().partition("\n")
    stands_alone = len(first) <= 80 and rest.startswith(("\n", "\r\n"))
    return Content(text, title=first.strip("# \t\r") or None if stands_alone else None)
