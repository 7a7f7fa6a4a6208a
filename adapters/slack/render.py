"""What Slack shows of a reply: Content becomes blocks and a short text beside them. Pure, so that its laws are tested.

A text may ping only the ids of `Content.may_ping`, and only where it says `<@ID>`: a user's id (`U…`, `W…`) stays
as it is, a user group's (`S…`) becomes `<!subteam^ID>`. A mention at the very beginning moves into a section of its
own, where Slack is documented to notify; blocks of Markdown promise nothing.
"""

import re
from collections.abc import Sequence
from urllib.parse import quote

from adapters.contract import Content, Controls, SourceLink
from adapters.markdown.neutralise import PingRule, neutralise
from adapters.slack import actions
from adapters.slack.calls import write_json
from adapters.slack.plain import shorten, to_plain

PING_RULE = PingRule()
# Refused near 13,200 characters, all blocks together; what the call adds (channel, times, metadata) has 500 of them.
MAX_PAYLOAD_BYTES = 12_500
_MAX_ELEMENTS = 10
_MAX_SOURCES_BYTES = 2_800
_MAX_TITLE = 120
_MAX_LINK = 1_000
_MAX_VALUE = 2_000
_EMPTY = "…"

_LEADING_MENTIONS = re.compile(r"(?:\s*<@[A-Z0-9]+>)+[ \t]*")
_MENTION = re.compile(r"<@([A-Z0-9]+)>")

Block = dict[str, object]


def render(content: Content, *, subject: str = "", is_private: bool = False) -> dict[str, object]:
    """Return the `text` and `blocks` of a message. `subject` is what its buttons are about: a turn's id, if known."""
    text = clean(content.text)
    mentions, body = _split_mentions(text, content.may_ping)
    blocks: list[Block] = [_section(mentions)] if mentions else []
    if body.strip() or not blocks:
        blocks.append({"type": "markdown", "text": body if body.strip() else _EMPTY})
    payload: dict[str, object] = {"text": _summary(text), "blocks": blocks}
    buttons = _buttons(content, subject, is_private)
    if content.is_last and not content.is_live:
        room = MAX_PAYLOAD_BYTES - _size([payload, buttons])
        blocks.extend(_footer(content.route, content.sources, min(room, _MAX_SOURCES_BYTES)))
    blocks.extend(buttons)
    return payload


def render_bare(content: Content) -> dict[str, object]:
    """Return a message with nothing but its words, for when Slack finds the blocks invalid."""
    return {"text": escape(neutralise(clean(content.text), PING_RULE)) or _EMPTY, "blocks": []}


def clean(text: str) -> str:
    """Return a text that can be sent: no half characters and no NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def escape(text: str) -> str:
    """Return a text for the places that read Slack's own markup, where three signs mean something."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def measure_text(text: str) -> str:
    """Return a text as the payload holds it, so that its size can be counted."""
    return write_json(text)[1:-1]


def _size(value: object) -> int:
    return len(write_json(value).encode())


def _summary(text: str) -> str:
    plain = to_plain(_MENTION.sub("", text))
    return escape(neutralise(plain, PING_RULE)) or _EMPTY


def _split_mentions(text: str, may_ping: frozenset[str]) -> tuple[str, str]:
    """Return the mentions at the text's beginning, and the rest; both as Slack writes them."""
    text = neutralise(text, PING_RULE, may_ping)
    leading = _LEADING_MENTIONS.match(text) if may_ping else None
    at = leading.end() if leading else 0
    return _spell_groups(text[:at], may_ping).strip(), _spell_groups(text[at:], may_ping)


def _spell_groups(text: str, may_ping: frozenset[str]) -> str:
    def spelled(match: re.Match[str]) -> str:
        is_group = match[1].startswith("S") and match[1] in may_ping
        return f"<!subteam^{match[1]}>" if is_group else match[0]

    return _MENTION.sub(spelled, text) if may_ping else text


def _section(mrkdwn: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn}}


# Below the last message: where the answer comes from.


def _footer(route: str, sources: Sequence[SourceLink], room: int) -> list[Block]:
    """Return the block of route and sources, as many of these as there is room for."""
    labels = [_label(source) for source in sources]
    heads = [escape(neutralise(shorten(clean(route), _MAX_TITLE), PING_RULE))] if route.strip() else []
    for count in range(len(labels), -1, -1):
        texts = heads + _pack(labels[:count], len(labels) - count, _MAX_ELEMENTS - len(heads))
        block: Block = {"type": "context", "elements": [{"type": "mrkdwn", "text": text} for text in texts]}
        if texts and _size(block) <= room:
            return [block]
    return []


def _pack(labels: Sequence[str], left_out: int, slots: int) -> list[str]:
    more = [f"and {left_out} more"] if left_out else []
    slots -= len(more)
    each = max(1, -(-len(labels) // slots))
    return [" · ".join(labels[at : at + each]) for at in range(0, len(labels), each)] + more


def _label(source: SourceLink) -> str:
    """Return one source: a link, or its title where it has none that can be opened."""
    title = shorten(clean(source.title or source.document), _MAX_TITLE)
    shown = escape(neutralise(f"[{source.number}] {title}".strip(), PING_RULE))
    link = _link(source.link)
    return f"<{link}|{shown}>" if link else shown


def _link(link: str) -> str:
    """Return a link that ends where it should: what would close it, or ping, is written as its code."""
    if not re.match(r"https?://[^\s/]", link, re.IGNORECASE) or len(link) > _MAX_LINK:
        return ""
    safe = quote(clean(link), safe="!#$%&'()*+,/:;=?@[]~")
    if neutralise(safe, PING_RULE) != safe:
        safe = safe.replace("@", "%40")
    return escape(safe)


# Below the newest message: what can be done.


def _buttons(content: Content, subject: str, is_private: bool) -> list[Block]:
    if content.controls is Controls.GIVE_BACK and content.is_last:
        shown = [(actions.RESUME, "Give back to the bot")]
    elif content.controls is not Controls.ANSWER:
        return []
    elif content.is_live:
        shown = [(actions.STOP, "Stop")]
    elif content.is_last:
        shown = [(actions.SHARE, "Share with the channel")] if is_private else []
        shown += [
            (actions.HELPFUL, "👍 Helpful"),
            (actions.UNHELPFUL, "👎 Not helpful"),
            (actions.PERSON, "Talk to a person"),
        ]
    else:
        return []
    return [{"type": "actions", "elements": [_button(action, label, subject) for action, label in shown]}]


def _button(action: str, label: str, subject: str) -> Block:
    button: Block = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": label, "emoji": True},
    }
    return button | ({"value": subject[:_MAX_VALUE]} if subject else {})
