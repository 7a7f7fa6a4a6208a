"""What Slack accepts as blocks."""

import json
from collections.abc import Callable, Iterator

from tests.servers.slack.refusal import Refused
from tests.servers.slack.world import Json

MAX_BLOCKS = 50
MAX_MARKDOWN = 12_000
MAX_PAYLOAD_WITH_MARKDOWN = 13_200
"""Reported, not documented."""
MAX_ID = 255
KNOWN = frozenset(
    {
        "actions",
        "card",
        "context",
        "context_actions",
        "divider",
        "file",
        "header",
        "image",
        "input",
        "markdown",
        "plan",
        "rich_text",
        "section",
        "table",
        "task_card",
        "video",
    }
)


def check_blocks(blocks: list[Json], *, most: int = MAX_BLOCKS) -> None:
    """Refuse blocks that Slack would refuse."""
    problems = [*_count_problems(blocks, most)]
    for index, block in enumerate(blocks):
        problems += [f"{problem} [json-pointer:/blocks/{index}]" for problem in _problems(block)]
    if problems:
        messages = [f"[ERROR] {problem}" for problem in problems]
        raise Refused("invalid_blocks", errors=problems, response_metadata={"messages": messages})
    markdown = [str(block["text"]) for block in blocks if block["type"] == "markdown"]
    if sum(map(len, markdown)) > MAX_MARKDOWN:
        raise Refused("msg_too_long")
    if markdown and len(json.dumps(blocks, ensure_ascii=False)) > MAX_PAYLOAD_WITH_MARKDOWN:
        raise Refused("msg_blocks_too_long")


def _count_problems(blocks: list[Json], most: int) -> Iterator[str]:
    if len(blocks) > most:
        yield f"no more than {most} items allowed"
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    if len(ids) != len(set(ids)):
        yield "block_id already exists"


def _problems(block: Json) -> Iterator[str]:
    if block.get("type") not in KNOWN:
        yield f"unsupported type: {block.get('type')}"
        return
    if len(str(block.get("block_id", ""))) > MAX_ID:
        yield "block_id is too long"
    yield from _CHECKS.get(str(block["type"]), _anything)(block)


def _anything(_block: Json) -> Iterator[str]:
    return iter(())


def _markdown(block: Json) -> Iterator[str]:
    return _length(block.get("text"), 1, 10**9, "text")


def _header(block: Json) -> Iterator[str]:
    return _text(block.get("text"), 150, kinds={"plain_text"})


def _context(block: Json) -> Iterator[str]:
    yield from _elements(block, 10)
    for element in block.get("elements", []):
        if element.get("type") != "image":
            yield from _text(element, 3_000)


def _actions(block: Json) -> Iterator[str]:
    yield from _elements(block, 25)
    yield from _controls(block.get("elements", []))


def _context_actions(block: Json) -> Iterator[str]:
    yield from _elements(block, 5)
    yield from _feedback(block.get("elements", []))


def _section(block: Json) -> Iterator[str]:
    fields = block.get("fields") or []
    if block.get("text") is None and not fields:
        yield "missing required field: text"
    if block.get("text") is not None:
        yield from _text(block["text"], 3_000)
    if len(fields) > 10:
        yield "no more than 10 items allowed"
    for each in fields:
        yield from _text(each, 2_000)
    if block.get("accessory"):
        yield from _controls([block["accessory"]])


def _elements(block: Json, most: int) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        yield "must provide at least one element"
    elif len(elements) > most:
        yield f"no more than {most} items allowed"


def _controls(elements: list[Json]) -> Iterator[str]:
    ids = [element["action_id"] for element in elements if element.get("action_id")]
    if len(ids) != len(set(ids)):
        yield "action_id already exists"
    for element in elements:
        yield from _length(element.get("action_id", "x"), 1, MAX_ID, "action_id")
        if element.get("type") == "button":
            yield from _text(element.get("text"), 75, kinds={"plain_text"})
            yield from _length(element.get("value", "x"), 1, 2_000, "value")
            yield from _length(element.get("url", "x"), 1, 3_000, "url")
            if element.get("style") not in {None, "primary", "danger"}:
                yield "invalid style"


def _feedback(elements: list[Json]) -> Iterator[str]:
    for element in elements:
        if element.get("type") == "feedback_buttons":
            for name in ("positive_button", "negative_button"):
                button = element.get(name) or {}
                yield from _text(button.get("text"), 75, kinds={"plain_text"})
                yield from _length(button.get("value"), 1, 2_000, "value")
        elif element.get("type") != "icon_button":
            yield f"unsupported type: {element.get('type')}"


def _text(
    text: object, most: int, *, kinds: frozenset[str] | set[str] = frozenset({"plain_text", "mrkdwn"})
) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield "invalid text object"
    else:
        yield from _length(text.get("text"), 1, most, "text")


def _length(value: object, least: int, most: int, name: str) -> Iterator[str]:
    if not isinstance(value, str) or len(value) < least:
        yield f"must be more than {least - 1} characters: {name}"
    elif len(value) > most:
        yield f"must be less than {most + 1} characters: {name}"


_CHECKS: dict[str, Callable[[Json], Iterator[str]]] = {
    "actions": _actions,
    "context": _context,
    "context_actions": _context_actions,
    "header": _header,
    "markdown": _markdown,
    "section": _section,
}


def with_ids(blocks: list[Json]) -> list[Json]:
    """Return the blocks as Slack stores them: each with an id."""
    return [{"block_id": f"block-{number}", **block} for number, block in enumerate(blocks, 1)]
