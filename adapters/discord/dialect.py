"""What Markdown has and Discord doesn't show, said in what it does show. Pure, and nothing of the words is lost.

Discord knows three levels of headings and neither tables nor images. It is part of the limits, so that a text is
measured as it will be sent.
"""

import re
from collections.abc import Iterator

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_DEEP_HEADING = re.compile(r" {0,3}#{4,6}[ \t]+(.*?)[ \t]*#*[ \t]*")
_DELIMITERS = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_IMAGE = re.compile(r"!(\[[^\]\n]*\]\()")
_SIGNS = ("|", "####", "![")
_TABLE_FENCE = "```"


def to_discord(text: str) -> str:
    """Return the text with deep headings bold, images as links, and tables as code, which keeps columns in line."""
    if not any(sign in text for sign in _SIGNS):
        return text
    return "\n".join(_rewrite(text.split("\n")))


def _rewrite(lines: list[str]) -> Iterator[str]:
    fence = ""
    at = 0
    while at < len(lines):
        line = lines[at]
        rows = 0 if fence else _count_rows(lines, at)
        if rows:
            yield from (_TABLE_FENCE, *lines[at : at + rows], _TABLE_FENCE)
            at += rows
            continue
        is_code, fence = bool(fence), _follow(line, fence)
        yield line if is_code or fence else _rewrite_line(line)
        at += 1


def _follow(line: str, fence: str) -> str:
    """Return the marker of the code that is open after a line, or nothing."""
    found = _FENCE.match(line)
    if not found:
        return fence
    marker = found[1]
    if not fence:
        return marker
    is_end = marker.startswith(fence) and not line[found.end() :].strip()
    return "" if is_end else fence


def _rewrite_line(line: str) -> str:
    heading = _DEEP_HEADING.fullmatch(line)
    if heading and heading[1]:
        line = f"**{heading[1].replace('**', '')}**"
    return _IMAGE.sub(r"\1", line)


def _count_rows(lines: list[str], at: int) -> int:
    """Return how many lines a table has that begins here, or 0. One that holds a fence of its own stays as it is."""
    if at + 1 >= len(lines) or "|" not in lines[at] or "|" not in lines[at + 1]:
        return 0
    if not _DELIMITERS.fullmatch(lines[at + 1]):
        return 0
    end = at + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    return 0 if any(_TABLE_FENCE in line for line in lines[at:end]) else end - at
