"""The Events API: what happened in a conversation. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from adapters.contract import IncomingMessage, Kind, Surface, Wish
from adapters.slack.addresses import Place, build_address, build_conversation_id
from adapters.slack.mentions import read_text
from adapters.slack.payloads import Myself, each, first, identity, part, timestamp, word

_Fields: TypeAlias = Mapping[str, object]

# Of the subtypes, these are words of somebody; the others are notes of Slack about the channel.
_SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message", "bot_message"})
_STOP_REACTION = "x"
_SLACKBOT = "USLACKBOT"


def build_message_id(team: str, channel: str, ts: str) -> str:
    """Return the identity of a post. Its copies, as a mention and as a message, come with the same `ts`."""
    return f"slack:{team}:{channel}:{ts}"


def read_event(body: _Fields, me: Myself) -> IncomingMessage | None:
    """Return what an event means, or None when it is nothing to us."""
    event = part(body, "event")
    read = _READERS.get(word(event, "type"))
    team = team_of(body)
    if read is None or not team:
        return None
    # Slack names the bot it delivers to; what we know ourselves is for bodies that don't.
    ours = first(body, "authorizations")
    user = identity(ours, "user_id") if ours.get("is_bot") is True else ""
    return read(event, _Reader(team, identity(body, "api_app_id"), user or me.user, me.bot))


def team_of(body: _Fields) -> str:
    """Return the workspace that an event was delivered to: in a shared channel not the author's."""
    return identity(first(body, "authorizations"), "team_id") or identity(body, "team_id")


def surface_of(channel: str, *, is_reply: bool) -> Surface:
    """Return who reads along."""
    if channel.startswith("D"):
        return Surface.DM
    return Surface.THREAD if is_reply else Surface.CHANNEL


def words_of(message: _Fields) -> str:
    """Return what a message says; the words of one without text stand in its attachments."""
    text = word(message, "text")
    if text.strip():
        return text
    return "\n\n".join(
        said for said in (word(one, "text") or word(one, "fallback") for one in each(message, "attachments")) if said
    )


class _Reader:
    """Who reads: the workspace, our app and the bot's two identities there."""

    __slots__ = ("app", "bot", "team", "user")

    def __init__(self, team: str, app: str, user: str, bot: str) -> None:
        self.team, self.app, self.user, self.bot = team, app, user, bot

    def is_own(self, message: _Fields) -> bool:
        """Whether this very app wrote a message."""
        apps = {identity(message, "app_id"), identity(message, "bot_profile", "app_id")} - {""}
        return (
            (bool(self.user) and identity(message, "user") == self.user)
            or (bool(self.bot) and identity(message, "bot_id") == self.bot)
            or self.app in apps
        )


def _read_message(event: _Fields, reader: _Reader) -> IncomingMessage | None:
    subtype = word(event, "subtype")
    if subtype == "message_changed":
        return _read_change(event, reader)
    if subtype == "message_deleted":
        gone = part(event, "previous_message")
        return _read_deletion(event, gone, timestamp(event, "deleted_ts") or timestamp(gone, "ts"), reader)
    if subtype not in _SPOKEN:
        return None
    return _read_post(event, identity(event, "channel"), reader)


def _read_mention(event: _Fields, reader: _Reader) -> IncomingMessage | None:
    return _read_post(event, identity(event, "channel"), reader, is_addressed=True)


def _read_post(
    message: _Fields, channel: str, reader: _Reader, *, is_addressed: bool = False
) -> IncomingMessage | None:
    ts, author = timestamp(message, "ts"), identity(message, "user") or identity(message, "bot_id")
    if not (channel and ts and author):
        return None
    thread = timestamp(message, "thread_ts") or ts
    said = read_text(words_of(message), reader.user)
    is_addressed = is_addressed or said.is_addressed
    surface = surface_of(channel, is_reply=thread != ts)
    starter = identity(message, "parent_user_id")
    return IncomingMessage(
        id=build_message_id(reader.team, channel, ts),
        conversation_id=build_conversation_id(reader.team, channel, thread),
        author=author,
        text=said.text,
        kind=_kind_of(surface, is_addressed=is_addressed),
        surface=surface,
        address=build_address(Place(reader.team, channel, thread)),
        workspace=reader.team,
        channel=channel,
        sent_at=float(ts),
        is_own=reader.is_own(message),
        is_from_bot=bool(identity(message, "bot_id")) or author == _SLACKBOT,
        is_addressed=is_addressed,
        mentions=said.mentions - {author},
        # A thread below a post of ours was begun by nobody else.
        thread_author=starter if starter and starter != reader.user else None,
    )


def _kind_of(surface: Surface, *, is_addressed: bool) -> Kind:
    if surface is Surface.DM:
        return Kind.DM
    if is_addressed:
        return Kind.MENTION
    return Kind.THREAD_REPLY if surface is Surface.THREAD else Kind.MESSAGE


def _read_change(event: _Fields, reader: _Reader) -> IncomingMessage | None:
    new, old = part(event, "message"), part(event, "previous_message")
    if reader.is_own(new) or reader.is_own(old):
        return None
    if word(new, "subtype") == "tombstone":  # what Slack leaves of a deleted message that has replies
        return _read_deletion(event, old, timestamp(new, "ts"), reader)
    # A link unfolded, a reply counted: the words are the same.
    if word(new, "subtype") not in _SPOKEN or (old and words_of(new) == words_of(old)):
        return None
    edited = _read_post(new, identity(event, "channel"), reader)
    if edited is None:
        return None
    at = timestamp(new, "edited", "ts") or timestamp(event, "event_ts")
    # Dated by the edit, not by the message: of two edits in the wrong order the later one counts.
    return replace(_about(edited, Kind.EDIT, f"{edited.id}:edit:{at}"), sent_at=float(at or edited.sent_at))


def _read_deletion(event: _Fields, gone: _Fields, ts: str, reader: _Reader) -> IncomingMessage | None:
    if reader.is_own(gone):
        return None
    left = {"user": identity(gone, "user") or "unknown", "ts": ts, "thread_ts": timestamp(gone, "thread_ts")}
    deleted = _read_post(left, identity(event, "channel"), reader)
    return _about(deleted, Kind.DELETE, f"{deleted.id}:deleted") if deleted is not None else None


def _about(message: IncomingMessage, kind: Kind, event_id: str) -> IncomingMessage:
    """Return what happened to a message, as an event of its own."""
    return replace(message, id=event_id, kind=kind, concerns=message.id)


def _read_reaction(event: _Fields, reader: _Reader) -> IncomingMessage | None:
    """Read the one reaction that asks for something: the asker's :x: on the question or on our answer.

    Which thread the message stands in is not said: `concerns` names it, ours by its `ts`, a person's by its identity.
    """
    channel, ts, author = identity(event, "item", "channel"), timestamp(event, "item", "ts"), identity(event, "user")
    if word(event, "reaction") != _STOP_REACTION or not (channel and ts and author):
        return None
    message_id = build_message_id(reader.team, channel, ts)
    is_on_ours = identity(event, "item_user") in {reader.user, ""}
    return IncomingMessage(
        id=f"{message_id}:{_STOP_REACTION}:{author}:{timestamp(event, 'event_ts')}",
        conversation_id=build_conversation_id(reader.team, channel, ts),
        author=author,
        text="",
        kind=Kind.REACTION,
        surface=surface_of(channel, is_reply=True),
        address=build_address(Place(reader.team, channel, ts)),
        workspace=reader.team,
        channel=channel,
        sent_at=float(timestamp(event, "event_ts") or ts),
        is_own=author == reader.user,
        concerns=ts if is_on_ours else message_id,
        wish=Wish.STOP,
    )


def _read_stop(event: _Fields, reader: _Reader) -> IncomingMessage | None:
    """Read a press of Slack's own stop button in an agent's thread."""
    channel = identity(event, "channel") or identity(event, "channel_id")
    author = identity(event, "user") or identity(event, "user_id")
    thread = timestamp(event, "thread_ts")
    if not (channel and author and thread):
        return None
    conversation_id, at = build_conversation_id(reader.team, channel, thread), timestamp(event, "event_ts")
    return IncomingMessage(
        id=f"{conversation_id}:stopped:{author}:{at}",
        conversation_id=conversation_id,
        author=author,
        text="",
        kind=Kind.BUTTON,
        surface=surface_of(channel, is_reply=True),
        address=build_address(Place(reader.team, channel, thread)),
        workspace=reader.team,
        channel=channel,
        sent_at=float(at or thread),
        wish=Wish.STOP,
    )


_READERS: dict[str, Callable[[_Fields, _Reader], IncomingMessage | None]] = {
    "message": _read_message,
    "app_mention": _read_mention,
    "reaction_added": _read_reaction,
    "agent_session_stopped": _read_stop,
}
