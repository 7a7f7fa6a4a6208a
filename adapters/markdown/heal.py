"""Close unfinished Markdown, so that a frame of a stream never shows half of a construct.

For frames only: in a finished text a lone asterisk is an asterisk, and only a fence must still be closed.
"""

from adapters.markdown.blocks import Kind, Leaf, Outline, read_outline
from adapters.markdown.inline import read_inline

_MAX_ROUNDS = 8


def close_fence(text: str) -> str:
    """Return the text with a fence that is open at its end closed."""
    if "```" not in text and "~~~" not in text:
        return text
    outline = read_outline(text)
    leaf = find_open_fence(text, outline)
    if leaf is None:
        return text
    for indent in ("", " ", "  "):
        closed = _close(text, outline, leaf, indent)
        if find_open_fence(closed, read_outline(closed)) is None:
            return closed
    return text


def find_open_fence(text: str, outline: Outline) -> Leaf | None:
    """Return the fence that more text would still belong to: neither its end nor its container's end is there."""
    leaf = outline.leaves[-1] if outline.leaves else None
    if leaf is None or leaf.kind is not Kind.FENCE or leaf.is_closed:
        return None
    behind = text[outline.line_starts[leaf.last] :] if leaf.last < len(outline.line_starts) else ""
    return None if behind.strip() else leaf


def _close(text: str, outline: Outline, leaf: Leaf, indent: str) -> str:
    """Return the text with the fence's end; `indent` is for containers that stand closer than they count."""
    line_start = outline.line_starts[leaf.first]
    first_line = text[line_start:].partition("\n")[0].expandtabs(4)
    prefix = "".join(mark if mark == ">" else " " for mark in first_line[: first_line.index(leaf.markup)]) + indent
    last_line = text.rpartition("\n")[2].removeprefix(prefix)
    if outline.line_of(len(text)) > leaf.first and last_line and leaf.markup.startswith(last_line):
        return text + leaf.markup[len(last_line) :]
    return text + ("" if text.endswith("\n") else "\n") + prefix + leaf.markup


def heal(text: str) -> str:
    """Return the text with fences, code, emphasis, links and tables closed at its end. Idempotent."""
    healed = text
    for _ in range(_MAX_ROUNDS):
        after = _heal_once(healed)
        if after == healed:
            return healed
        healed = after
    # What closing doesn't close stays as it is: the next frame will know more.
    return text


def _heal_once(text: str) -> str:
    outline = read_outline(text)
    if not outline.leaves:
        return text
    leaf = outline.leaves[-1]
    if leaf.kind is Kind.FENCE:
        return close_fence(text)
    if leaf.kind is Kind.PARAGRAPH:
        with_head = _complete_table(text, outline, leaf)
        return with_head if with_head is not None else _heal_inline(text, leaf)
    return _heal_inline(text, leaf) if leaf.kind is Kind.HEADING else text


def _complete_table(text: str, outline: Outline, leaf: Leaf) -> str | None:
    """Return the text with the ruler that makes a table of its last line or two, or None."""
    lines = leaf.content.split("\n")
    head = lines[0].strip()
    if leaf.depth or len(lines) > 2 or not head.startswith("|") or head.count("|") < 2:
        return None
    if len(lines) == 2 and lines[1].strip("|:- "):
        return None
    if not head.endswith("|"):
        if len(lines) == 2:
            return None
        head += " |"
    columns = head.replace("\\|", "").count("|") - 1
    return f"{text[: outline.line_starts[leaf.first]]}{head}\n{'|---' * columns}|"


def _heal_inline(text: str, leaf: Leaf) -> str:
    body = text.rstrip()
    content = leaf.content.rstrip()
    if not content or not body.endswith(content.rpartition("\n")[2]):
        return text
    inline = read_inline(content)
    if inline.open_bracket is not None:
        return _hide_bracket(body, content, *inline.open_bracket)
    if inline.open_code is not None:
        offset, marker = inline.open_code
        at = len(body) - (len(content) - offset)
        return (
            body[:at].rstrip() if content.endswith(marker) and offset + len(marker) == len(content) else body + marker
        )
    if not inline.open_marks:
        return text
    return body + "".join(markup for _, markup in reversed(inline.open_marks))


def _hide_bracket(body: str, content: str, start: int, label_end: int | None) -> str:
    """Show the label of an unfinished link without its brackets, and nothing of an unfinished citation."""
    label = content[start + 1 : label_end]
    before = body[: len(body) - (len(content) - start)]
    return (before.rstrip() if label.strip(" ,0123456789") == "" else before + label.rstrip()).rstrip("![")
