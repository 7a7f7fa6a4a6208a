"""What exists on the loopback Discord. Plain records: their JSON is in wire.py, their rules are elsewhere."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeAlias

Payload: TypeAlias = dict[str, Any]


class ChannelKind(IntEnum):
    """The types of channel that a support bot meets, by Discord's numbers."""

    TEXT = 0
    DM = 1
    GROUP = 3
    ANNOUNCEMENT = 5
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15


class MessageKind(IntEnum):
    """The types of message, by Discord's numbers."""

    DEFAULT = 0
    PINNED = 6
    JOIN = 7
    THREAD_CREATED = 18
    REPLY = 19
    COMMAND = 20
    THREAD_STARTER = 21
    CONTEXT_MENU = 23


SUPPRESS_EMBEDS = 1 << 2
HAS_THREAD = 1 << 5
EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_NOTIFICATIONS = 1 << 12


@dataclass(slots=True, eq=False)
class User:
    """A person or a bot."""

    id: int
    name: str
    is_bot: bool = False
    discriminator: str = "0"

    @property
    def mention(self) -> str:
        """What people type to mention this user."""
        return f"<@{self.id}>"


@dataclass(slots=True, eq=False)
class Role:
    """A role of one guild; the one with the guild's id is @everyone."""

    id: int
    name: str
    permissions: int = 0
    is_mentionable: bool = False


@dataclass(slots=True)
class Member:
    """A user in a guild."""

    user: User
    roles: list[int] = field(default_factory=list)
    joined_at: float = 0.0


@dataclass(slots=True)
class Overwrite:
    """What a channel allows or denies to one role or member."""

    allow: int = 0
    deny: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Guild:
    """A server. The bot is in it if it is among its members; a user install works without."""

    id: int
    name: str
    owner: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    is_unavailable: bool = False


@dataclass(slots=True)
class Tag:
    """A tag of a forum."""

    id: int
    name: str
    is_moderated: bool = False


@dataclass(slots=True, eq=False)
class Channel:
    """A channel, a thread, a forum or a DM."""

    id: int
    kind: ChannelKind
    name: str = ""
    guild: Guild | None = None
    parent: "Channel | None" = None
    recipients: list[User] = field(default_factory=list)
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    owner: int = 0
    created_at: float = 0.0
    is_archived: bool = False
    is_locked: bool = False
    archived_at: float = 0.0
    auto_archive_minutes: int = 1440
    tags: list[Tag] = field(default_factory=list)
    applied_tags: list[int] = field(default_factory=list)
    needs_tag: bool = False
    joined: set[int] = field(default_factory=set)
    is_gone: bool = False
    last_message: int | None = None
    message_count: int = 0
    history: "list[Message]" = field(default_factory=list, repr=False)
    """All that was ever posted here, what is deleted too."""

    @property
    def is_thread(self) -> bool:
        """Whether this is a thread or a forum post."""
        return self.kind in {ChannelKind.PUBLIC_THREAD, ChannelKind.PRIVATE_THREAD}

    @property
    def is_private(self) -> bool:
        """Whether this is a DM or a group of people."""
        return self.kind in {ChannelKind.DM, ChannelKind.GROUP}


@dataclass(slots=True)
class Attachment:
    """A file that was uploaded."""

    id: int
    name: str
    data: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Button:
    """A button as people see it."""

    label: str
    custom_id: str = ""
    url: str = ""
    style: int = 2
    is_disabled: bool = False
    emoji: str = ""


@dataclass(frozen=True, slots=True)
class Pings:
    """Whom a message notified when it was created."""

    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    everyone: bool = False

    def __bool__(self) -> bool:
        return bool(self.users or self.roles or self.everyone)


@dataclass(slots=True, eq=False)
class Message:
    """A message. `past` holds (time, content) of what it showed before its edits.

    `seen_only_by` is the one who sees an ephemeral message.
    """

    id: int
    channel: Channel
    author: User
    content: str
    created_at: float
    kind: MessageKind = MessageKind.DEFAULT
    flags: int = 0
    embeds: list[Payload] = field(default_factory=list)
    components: list[Payload] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    nonce: str | None = None
    reply_to: int | None = None
    edited_at: float | None = None
    past: list[tuple[float, str]] = field(default_factory=list)
    reactions: dict[str, list[int]] = field(default_factory=dict)
    pings: Pings = Pings()
    mentions: tuple[int, ...] = ()
    interaction: "Interaction | None" = None
    seen_only_by: User | None = None
    is_deleted: bool = False
    is_from_webhook: bool = False

    @property
    def is_ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def is_loading(self) -> bool:
        """Whether it shows that the bot is thinking."""
        return bool(self.flags & LOADING)

    @property
    def buttons(self) -> list[Button]:
        """The buttons in it and below it, in order."""
        return [_button(part) for part in parts_of(self.components) if part["type"] == 2]


@dataclass(slots=True, eq=False)
class Interaction:
    """One use of a command, a button or a modal, and what became of it.

    `original` is the first response's message; `answer` is the callback's type and data.
    """

    id: int
    token: str
    kind: int
    user: User
    channel: Channel
    created_at: float
    data: Payload
    name: str = ""
    message: Message | None = None
    answer: tuple[int, Payload] | None = None
    answered_at: float | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    is_ephemeral: bool = False
    by_user_install: bool = False

    @property
    def choices(self) -> list[Payload]:
        """What an autocomplete was answered with."""
        return list(self.answer[1].get("choices", [])) if self.answer and self.answer[0] == 8 else []

    @property
    def modal(self) -> Payload | None:
        """The form that was opened, if that was the answer."""
        return self.answer[1] if self.answer and self.answer[0] == 9 else None


def parts_of(components: list[Payload]) -> list[Payload]:
    """Return every component, those inside others too."""
    found: list[Payload] = []
    for part in components:
        found.append(part)
        found += parts_of(part.get("components") or [])
        found += parts_of([part["accessory"]] if part.get("accessory") else [])
    return found


def _button(part: Payload) -> Button:
    return Button(
        label=part.get("label", ""),
        custom_id=part.get("custom_id", ""),
        url=part.get("url", ""),
        style=part.get("style", 2),
        is_disabled=bool(part.get("disabled", False)),
        emoji=(part.get("emoji") or {}).get("name") or "",
    )
