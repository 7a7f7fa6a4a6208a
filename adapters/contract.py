"""The border of the adapters: messages come in, replies go out."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias, runtime_checkable

from adapters.limits import Action, Limits, Scope


@dataclass(frozen=True, slots=True)
class Address:
    """A place where replies go. Strings only, so that it can be stored; only its adapter looks inside.

    `workspace` and `channel` name what rate limits count together: a Discord thread is a channel of its own,
    a Slack thread is not.
    """

    platform: str
    workspace: str
    channel: str
    thread: str = ""


@dataclass(frozen=True, slots=True)
class MessageReference:
    """A message of ours that can be edited. `message` is the platform's own identity of it."""

    address: Address
    message: str


class Kind(StrEnum):
    """What happened on the platform."""

    MENTION = "mention"
    MESSAGE = "message"
    THREAD_REPLY = "thread reply"
    DM = "dm"
    COMMAND = "command"
    BUTTON = "button"
    REACTION = "reaction"
    EDIT = "edit"
    DELETE = "delete"


class Surface(StrEnum):
    """Who reads along."""

    CHANNEL = "channel"
    THREAD = "thread"
    DM = "dm"


class Wish(StrEnum):
    """What a button, a reaction or a sub-command asks for, when it isn't an answer."""

    STOP = "stop"
    HELPFUL = "helpful"
    UNHELPFUL = "unhelpful"
    PERSON = "person"
    GIVE_BACK = "give back"  # people return a conversation that they had taken over
    MUTE = "mute"
    UNMUTE = "unmute"
    NEW = "new"  # forget what was said before
    SHARE = "share"  # post a private answer for all, at the event's address


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One event of a platform, mostly a person's message.

    `id` is the platform's identity of the message: the same message has the same id for ever, and two copies of one
    post share it. `text` is Markdown without the mention of the bot. `sent_at` is the platform's, in epoch seconds.
    """

    id: str
    conversation_id: str
    author: str
    text: str
    kind: Kind = Kind.DM
    surface: Surface = Surface.DM
    address: Address = Address("", "", "")
    workspace: str = ""
    """Slack's workspace or Discord's guild; empty where there is none."""
    channel: str = ""
    sent_at: float = 0.0
    roles: frozenset[str] = frozenset()
    is_own: bool = False
    """It comes from this very bot."""
    is_from_bot: bool = False
    """It comes from another program."""
    is_addressed: bool = False
    """It mentions the bot."""
    mentions: frozenset[str] = frozenset()
    """The other people named in it."""
    thread_author: str | None = None
    """Who began the thread, where the platform says so."""
    concerns: str = ""
    """The message that an event is about: the one that is edited or deleted, the one under a button or a reaction.

    A person's message is named by its `id`. One of ours is named by its `MessageReference.message`, alone or as what
    follows the last colon. What stands in `channel` decides between channels that number their messages alike. From
    what a button or reaction concerns the bot finds the conversation, so that `conversation_id` may be empty there.
    """
    wish: Wish | None = None


@dataclass(frozen=True, slots=True)
class SourceLink:
    """A numbered source as people see it below an answer. `text` is the passage that is cited, as Markdown."""

    number: int
    title: str
    link: str
    document: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class RouteShown:
    """Which field of support answers."""

    domain: str
    title: str
    confidence: float
    decided_by: str
    query: str


@dataclass(frozen=True, slots=True)
class StatusShown:
    """What is being done now, in a few words."""

    text: str


@dataclass(frozen=True, slots=True)
class TextAdded:
    """More Markdown of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class TextReset:
    """Everything added so far is void."""

    reason: str


@dataclass(frozen=True, slots=True)
class SourcesShown:
    """The sources that the answer cites."""

    sources: tuple[SourceLink, ...]


@dataclass(frozen=True, slots=True)
class ReplyDone:
    """The reply is complete; `text` is the whole of it and wins over what was added.

    `cost_usd` is None when a model without a price took part.
    """

    text: str
    outcome: str
    model: str
    seconds: float
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    contact: str | None = None
    """The way to reach a person, when one is offered."""


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """No reply could be made. `message` is one honest sentence; `reference` finds the turn in the log."""

    message: str
    reference: str


ReplyEvent: TypeAlias = RouteShown | StatusShown | TextAdded | TextReset | SourcesShown | ReplyDone | ReplyFailed


class Controls(StrEnum):
    """Which buttons belong below a message."""

    ANSWER = "answer"
    """Stop while it is live; at its end helpful, not helpful, a person, and share where the answer is private."""
    GIVE_BACK = "give back"
    """The one with which people return the conversation that the message is about."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Content:
    """What one message shows.

    `text` is healed and neutralised Markdown within the platform's limits. While `is_live`, more is to come: the
    adapter may offer to stop. `is_last` marks the message below which sources and feedback belong.
    `may_ping` holds the only ids that the text can notify, people and groups alike: each where the text says `<@id>`,
    which the adapter turns into the platform's own form.
    """

    text: str
    is_live: bool = False
    is_last: bool = True
    sources: tuple[SourceLink, ...] = ()
    may_ping: frozenset[str] = frozenset()
    controls: Controls = Controls.ANSWER
    route: str = ""
    """The field of support that has answered, shown quietly beside the sources."""
    settled: int = 0
    """How much of the text, while it is live, is as it will be: what follows was closed for this frame alone."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a platform says is left of one budget: `remaining` calls, whole again in `reset_after` seconds."""

    action: Action
    scope: Scope
    remaining: int
    reset_after: float


@dataclass(frozen=True, slots=True)
class Receipt:
    """A call was done on this message; `allowance` is what the response told of the rate limit, if it did."""

    reference: MessageReference
    allowance: Allowance | None = None


class Platform(Protocol):
    """Put messages on people's screens: every failure is one of adapters.errors, and only the scheduler retries."""

    @property
    def limits(self) -> Limits:
        """The documented limits, from which the budget starts."""
        ...

    async def post(self, address: Address, content: Content, *, key: str) -> Receipt:
        """Post a message. `key` names this post for good, so that it can be looked up or recognised as a repeat."""
        ...

    async def edit(self, reference: MessageReference, content: Content) -> Receipt:
        """Replace what a message shows."""
        ...

    async def upload(self, address: Address, name: str, text: str, *, key: str) -> None:
        """Attach a text file, below the messages that are there."""
        ...


@runtime_checkable
class FindsPosts(Protocol):
    """Optional: look up a post whose response was lost. Without it a repeated key must be harmless."""

    async def find(self, address: Address, key: str) -> MessageReference | None:
        """Return the message that was posted under this key, or None when there is none."""
        ...


@runtime_checkable
class DeletesMessages(Protocol):
    """Optional: take a message of ours away again."""

    async def delete(self, reference: MessageReference) -> None:
        """Delete a message; one that is gone already is no error."""
        ...


@runtime_checkable
class ShowsStatus(Protocol):
    """Optional: show a few words, or that we are typing, where no text is yet."""

    async def show_status(self, address: Address, text: str) -> None:
        """Show a status; an empty text takes it away."""
        ...


@runtime_checkable
class LimitsEditing(Protocol):
    """Optional: there are places where messages can't be edited. Replies go out whole there, once they are complete."""

    def may_edit(self, address: Address) -> bool:
        """Whether a message that is posted there can be edited."""
        ...


@runtime_checkable
class CountsCalls(Protocol):
    """Optional: replies share a limit with calls that no reply accounts for, such as those that open threads."""

    def calls_left(self) -> int:
        """Return how many calls made now would go out at once."""
        ...


@runtime_checkable
class PlacesSources(Protocol):
    """Optional: sources stand in a message's own text and take room there."""

    def footer_size(self, content: Content) -> int:
        """Return the room that the sources of a last message take, in the unit of the limits."""
        ...


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """A message that stood in a thread before the bot was asked. `name` is how people there see the author."""

    author: str
    name: str
    text: str


@runtime_checkable
class ReadsThreads(Protocol):
    """Optional: read what people said in a thread before the bot was pulled in."""

    async def read_thread(self, address: Address, *, before: str) -> tuple[ThreadMessage, ...]:
        """Return what stood before the message with this `id`, oldest first: at most the last 50, none of ours."""
        ...


@runtime_checkable
class LinksMessages(Protocol):
    """Optional: point to a message."""

    async def link_to(self, reference: MessageReference) -> str:
        """Return a link that opens the message for those who may read it."""
        ...


@runtime_checkable
class NamesPeople(Protocol):
    """Optional: name a person in a text without notifying them."""

    def name_person(self, person: str, *, workspace: str) -> str:
        """Return Markdown that people read as this person, such as a link to their profile."""
        ...
