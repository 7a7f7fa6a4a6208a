"""What people see of the app's work: text as it is rendered, buttons, small print, and whom it would notify."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.servers.slack.core import Slack
from tests.servers.slack.world import Ephemeral, Json, Message, User, Where, Who, id_of

_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_EVERYONE = re.compile(r"<!(here|channel|everyone|group)(?:\|[^>]*)?>")
_GROUP = re.compile(r"<!subteam\^(S[A-Z0-9]+)(?:\|[^>]*)?>")
_CHANNEL = re.compile(r"<#([CG][A-Z0-9]+)(?:\|([^>]*))?>")
_LINK = re.compile(r"<((?:https?|mailto):[^|>]+)(?:\|([^>]*))?>")


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press."""

    text: str
    action_id: str
    value: str
    block_id: str
    kind: str = "button"
    style: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as one sees it. `text` is everything but the small print, the buttons and the files."""

    ts: str
    channel: str
    thread_ts: str
    author: str
    is_from_app: bool
    text: str
    context: tuple[str, ...]
    buttons: tuple[Button, ...]
    files: tuple[tuple[str, str], ...]
    edits: int
    is_ephemeral: bool
    metadata: Json
    raw_text: str
    raw_blocks: tuple[Json, ...]

    def button(self, name: str, value: str | None = None) -> Button:
        """Return the button with this action id or label."""
        return find_button(self.buttons, name, value)


def find_button(buttons: Sequence[Button], name: str, value: str | None = None) -> Button:
    """Return the button with this action id or label; `value` tells apart what else looks alike."""
    for button in buttons:
        if name in {button.action_id, button.text} and value in {None, button.value}:
            return button
    raise AssertionError(f"no button {name!r}, but {[(each.text, each.action_id) for each in buttons]}")


@dataclass(frozen=True, slots=True)
class Ping:
    """Someone is notified: a user's or a group's id, or here, channel, everyone."""

    target: str
    channel: str
    ts: str
    method: str


class Screen(Slack):
    """Reading what is on people's screens."""

    def messages(self, where: Where, thread_ts: str | None = None) -> list[Shown]:
        """Return a thread with its root, or what stands in the channel itself; oldest first."""
        stored = self.channel(where).messages.values()
        if thread_ts is None:
            return [self.shown(each) for each in stored if not each.is_reply]
        return [self.shown(each) for each in stored if thread_ts in {each.ts, each.thread_ts}]

    def replies(self, where: Where, thread_ts: str) -> list[Shown]:
        """Return what the app wrote below a message."""
        return [each for each in self.messages(where, thread_ts) if each.is_from_app and each.ts != thread_ts]

    def ephemerals(self, user: Who) -> list[Shown]:
        """Return what only this person sees, oldest first."""
        return [self._private(each) for each in self.team_of(user).ephemerals if each.user == id_of(user)]

    def home(self, user: Who) -> str:
        """Return the text of a person's Home tab, empty when there is none."""
        view = self.team_of(user).views.get(id_of(user), {})
        return "\n".join(block_texts(view.get("blocks", []), self.world.users))

    def status(self, where: Where, thread_ts: str) -> str:
        """Return the status line of a thread; Slack takes it away after two minutes."""
        text, since = self.statuses.get((id_of(where), thread_ts), ("", 0.0))
        return text if self.clock() - since < 120 else ""

    def pings(self) -> list[Ping]:
        """Return everyone whom anything that the app made public would notify, be it a post, an edit or a file."""
        found = []
        for each in self.notices:
            found += [Ping(target, each.channel, each.ts, each.method) for target in pinged_by(each.text, each.blocks)]
        return found

    def shown(self, message: Message) -> Shown:
        """Return a message as people see it."""
        files = tuple((str(each["title"]), str(each.get("content", ""))) for each in message.files)
        return _shown(
            message,
            self.world.users,
            files,
            message.edits,
            message.metadata or {},
            is_from_app=bool(message.app_id == self.world.app_id),
        )

    def _private(self, ephemeral: Ephemeral) -> Shown:
        return _shown(ephemeral, self.world.users, (), 0, {}, is_from_app=True)


def _shown(
    message: Message | Ephemeral,
    users: Mapping[str, User],
    files: tuple[tuple[str, str], ...],
    edits: int,
    metadata: Json,
    *,
    is_from_app: bool,
) -> Shown:
    texts = block_texts(message.blocks, users) if message.blocks else [rendered(message.text, users)]
    return Shown(
        ts=message.ts,
        channel=message.channel,
        thread_ts=message.thread_ts,
        author=message.user,
        is_from_app=is_from_app,
        text="\n".join(texts),
        context=tuple(_small_print(message.blocks, users)),
        buttons=tuple(read_buttons(message.blocks)),
        files=files,
        edits=edits,
        is_ephemeral=isinstance(message, Ephemeral),
        metadata=metadata,
        raw_text=message.text,
        raw_blocks=tuple(message.blocks),
    )


def rendered(text: str, users: Mapping[str, User]) -> str:
    """Return mrkdwn with its mentions, links and entities as people see them; emphasis stays as it is."""
    text = _PERSON.sub(lambda match: f"@{users[match[1]].name if match[1] in users else match[1]}", text)
    text = _EVERYONE.sub(r"@\1", text)
    text = _GROUP.sub(r"@\1", text)
    text = _CHANNEL.sub(lambda match: f"#{match[2] or match[1]}", text)
    return html.unescape(_LINK.sub(lambda match: match[2] or match[1], text))


def block_texts(blocks: Sequence[Json], users: Mapping[str, User]) -> list[str]:
    """Return the texts of the blocks that hold a message's body."""
    found = []
    for block in blocks:
        match block["type"]:
            case "markdown":
                found.append(rendered(str(block["text"]), users))
            case "header" | "section":
                parts = [block["text"]] if block.get("text") else []
                found += [_text_object(each, users) for each in [*parts, *(block.get("fields") or [])]]
            case "rich_text":
                found.append("".join(str(each.get("text", "")) for each in _rich_elements(block)))
    return found


def _small_print(blocks: Sequence[Json], users: Mapping[str, User]) -> Iterator[str]:
    for block in blocks:
        if block["type"] == "context":
            for element in block["elements"]:
                yield str(element["alt_text"]) if element["type"] == "image" else _text_object(element, users)


def _text_object(text: Json, users: Mapping[str, User]) -> str:
    return str(text["text"]) if text["type"] == "plain_text" else rendered(str(text["text"]), users)


def read_buttons(blocks: Sequence[Json]) -> list[Button]:
    """Return everything in the blocks that can be pressed, in order."""
    found: list[Button] = []
    for block in blocks:
        elements = list(block.get("elements", [])) if block["type"] in {"actions", "context_actions"} else []
        if block.get("accessory"):
            elements.append(block["accessory"])
        for element in elements:
            found += _pressable(element, str(block.get("block_id", "")))
    return found


def _pressable(element: Json, block_id: str) -> Iterator[Button]:
    action = str(element.get("action_id", ""))
    match element["type"]:
        case "button":
            style, url = str(element.get("style", "")), str(element.get("url", ""))
            label, value = str(element["text"]["text"]), str(element.get("value", ""))
            yield Button(label, action, value, block_id, style=style, url=url)
        case "feedback_buttons":
            for name in ("positive_button", "negative_button"):
                half = element[name]
                yield Button(str(half["text"]["text"]), action, str(half["value"]), block_id, "feedback_buttons")
        case "icon_button":
            yield Button(str(element["text"]["text"]), action, str(element.get("value", "")), block_id, "icon_button")


def _rich_elements(block: Json) -> Iterator[Json]:
    for element in block.get("elements", []):
        if "elements" in element:
            yield from _rich_elements(element)
        else:
            yield element


def _ping_texts(part: Any) -> Iterator[str]:
    """Yield every text in which a mention counts; plain_text never notifies anyone."""
    if isinstance(part, dict):
        if part.get("type") == "plain_text":
            return
        yield from _rich_pings(part)
        for value in part.values():
            if isinstance(value, str):
                yield value
            else:
                yield from _ping_texts(value)
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _ping_texts(each)


def _rich_pings(part: Json) -> Iterator[str]:
    match part.get("type"):
        case "user":
            yield f"<@{part['user_id']}>"
        case "usergroup":
            yield f"<!subteam^{part['usergroup_id']}>"
        case "broadcast":
            yield f"<!{part['range']}>"


def pinged_by(text: str, blocks: Sequence[Json]) -> list[str]:
    """Return whom a message would notify."""
    return list(dict.fromkeys(target for each in [text, *_ping_texts(blocks)] for target in _targets(each)))


def _targets(text: str) -> Iterator[str]:
    for pattern in (_PERSON, _EVERYONE, _GROUP):
        yield from pattern.findall(text)
