"""Markdown with or without YAML front matter."""

import re
from collections.abc import Mapping

import yaml  # type: ignore[import-untyped]  # the package ships no types, and no stubs are in the lock
from frontmatter.default_handlers import YAMLHandler

from knowledge.loaders.content import Content, Source, decode

_LINE = re.compile(r"^(\w+):[ \t]*(.+)$", re.MULTILINE)


def load_markdown(source: Source) -> Content:
    """Read `title` and `url` from the front matter, if there is one."""
    text = decode(source).replace("\r\n", "\n")
    fields, body = _split(text)
    return Content(body, title=_text(fields.get("title")), url=_text(fields.get("url")))


def _split(text: str) -> tuple[Mapping[str, object], str]:
    handler = YAMLHandler()
    if not handler.detect(text):
        return {}, text
    try:
        raw, body = handler.split(text)
        fields = handler.load(raw)
    except yaml.YAMLError:
        # A colon in an unquoted title is the usual reason: read it line by line.
        return dict(_LINE.findall(raw)), body
    except ValueError:
        return {}, text  # one ruler alone opens no front matter
    return (fields, body) if isinstance(fields, dict) else ({}, text)


def _text(value: object) -> str | None:
    return str(value).strip() or None if isinstance(value, str | int | float) else None
