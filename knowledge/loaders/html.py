"""HTML pages: the article without the frame around it, as Markdown."""

import re

from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter

from knowledge.errors import DocumentError
from knowledge.loaders.content import Content, Source, decode

_FRAME = ("nav", "header", "footer", "aside", "form", "dialog")
_NEVER_TEXT = (
    "head",
    "title",
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "iframe",
    "object",
    "img",
    "button",
    "input",
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)


def load_html(source: Source) -> Content:
    """Take <main> or <article>, else <body>; the title from its first <h1>, else from <title>."""
    declared = _CHARSET.search(source.content[:2048])
    text = decode(source, declared=declared.group(1).decode() if declared else None)
    soup = BeautifulSoup(text, "html.parser")
    article = _article(soup)
    heading = article.find("h1")
    title = _words(heading) or _words(soup.find("title"))
    return Content(to_markdown(article, source.path), title=title, url=_canonical(soup))


def to_markdown(tree: Tag, path: str) -> str:
    """Render a tree as Markdown with its headings' ids as anchors; raises DocumentError if it is nested too deep."""
    for tag in tree.find_all(_NEVER_TEXT):
        tag.decompose()
    for tag in tree.find_all(_HEADINGS):
        if anchor := tag.get("id"):
            tag.append(f" {{#{anchor}}}")
    try:
        markdown: str = MarkdownConverter(
            heading_style="ATX", bullets="-", escape_misc=False, escape_underscores=False
        ).convert_soup(tree)
    except RecursionError as error:
        raise DocumentError(path, "is nested too deeply to be read") from error
    return markdown.strip()


def _article(soup: BeautifulSoup) -> Tag:
    article = soup.find("main") or soup.find("article") or soup.find(role="main")
    if article is not None:
        frame = article.find_all("nav")
    else:
        article = soup.find("body") or soup
        frame = article.find_all(_FRAME)
    for tag in frame:
        tag.decompose()
    return article


def _words(tag: object) -> str | None:
    return " ".join(tag.get_text(" ").split()) or None if isinstance(tag, Tag) else None


def _canonical(soup: BeautifulSoup) -> str | None:
    link = soup.find("link", rel="canonical")
    href = link.get("href") if isinstance(link, Tag) else None
    return href if isinstance(href, str) and href.startswith(("http://", "https://")) else None
