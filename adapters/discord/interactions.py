"""What an interaction means: a command, a press of a button, or the beginning of a question. Pure and total.

Where and how the answer appears is decided here too, because it must be known before the question is accepted:

- in a guild's channel or thread where the bot may speak, publicly: the response shows the question, and the answer
  goes to the thread that is opened on it, or to the thread where it was asked;
- everywhere else (in direct messages, in guilds where only the user has installed the bot, without the permission to
  open threads) and for questions in private: the answer is the response to the interaction.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, TypeAlias

from adapters.contract import Address, IncomingMessage, Kind, Wish
from adapters.discord.actions import ButtonAction, read_custom_id
from adapters.discord.addresses import Interaction, build_address, build_conversation_id
from adapters.discord.anchors import Anchor, build_anchored
from adapters.discord.attachments import Attachment, read_attachments
from adapters.discord.parse import Identity, clean
from adapters.discord.payload import (
    Payload,
    as_snowflake,
    is_set,
    number,
    part,
    parts,
    snowflake,
    snowflakes,
    text,
    time_of,
)
from adapters.discord.permissions import FOR_CHANNELS, FOR_THREADS, missing_of, read_permissions
from adapters.discord.places import Place, PlaceKind, read_place
from adapters.discord.render import EPHEMERAL

_COMMAND, _COMPONENT, _AUTOCOMPLETE = 2, 3, 4  # the types of an interaction
_WISHES: Final = {
    ButtonAction.STOP: Wish.STOP,
    ButtonAction.HELPFUL: Wish.HELPFUL,
    ButtonAction.UNHELPFUL: Wish.UNHELPFUL,
    ButtonAction.PERSON: Wish.PERSON,
    ButtonAction.SHARE: Wish.SHARE,
    ButtonAction.RESUME: Wish.GIVE_BACK,
}


class Names(StrEnum):
    """The commands by the names under which Discord offers them."""

    ASK = "support"
    NEW = "support-new"
    PERSON = "support-human"
    ASK_ABOUT = "Ask Firstline"


class Form(StrEnum):
    """How the response to a question looks."""

    PRIVATE = "private"  # the answer, for the asker's eyes alone
    HERE = "here"  # the answer, for everybody
    QUOTED = "quoted"  # the question; the answer goes where the message's address says


_DEEDS: Final[dict[str, Wish]] = {Names.NEW: Wish.NEW, Names.PERSON: Wish.PERSON}


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an interaction is answered by, within 3 seconds first and for 15 minutes then."""

    id: str
    application: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. `attachments` are still to be read into it."""

    ticket: Ticket
    message: IncomingMessage
    form: Form
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Wished:
    """Something to be done; what came of it is said in private."""

    ticket: Ticket
    message: IncomingMessage


@dataclass(frozen=True, slots=True)
class Begun:
    """The beginning of a question, for which suggestions are wanted."""

    ticket: Ticket
    words: str


Request: TypeAlias = Asked | Wished | Begun


def place_of(payload: Payload) -> Place:
    """Return where an interaction happened, as far as it says so itself."""
    guild = snowflake(payload, "guild_id")
    channel = part(payload, "channel") or {"id": payload.get("channel_id"), "type": 0 if guild else 1}
    return read_place(channel, guild=guild)


def parse_interaction(payload: Payload, place: Place, me: Identity) -> Request | None:
    """Return what somebody wants, or None for what the bot knows nothing of."""
    ticket = Ticket(snowflake(payload, "id"), snowflake(payload, "application_id"), text(payload, "token"))
    if not (ticket.id and ticket.application and ticket.token and place.channel and _user(payload)):
        return None
    type_, name = number(payload, "type"), text(part(payload, "data"), "name")
    if type_ == _COMMAND and name in _DEEDS:
        return Wished(ticket, _event(payload, place, ticket, wish=_DEEDS[name]))
    if type_ == _COMMAND and name in {Names.ASK, Names.ASK_ABOUT}:
        return _asked(payload, place, ticket, me)
    if type_ == _COMPONENT:
        return _pressed(payload, place, ticket)
    if type_ == _AUTOCOMPLETE and name == Names.ASK:
        return Begun(ticket, text(_options(payload).get("question", {}), "value"))
    return None


def _asked(payload: Payload, place: Place, ticket: Ticket, me: Identity) -> Asked:
    """Return a question that was typed, or that somebody's message holds; the latter is answered in private."""
    data, options = part(payload, "data"), _options(payload)
    target = part(data, "resolved", "messages", snowflake(data, "target_id"))
    if target:
        words, attached, form = clean(text(target, "content"), target, me), parts(target, "attachments"), Form.PRIVATE
    else:
        words = text(options.get("question", {}), "value").strip()
        chosen = as_snowflake(options.get("attachment", {}).get("value"))
        attached = iter([part(data, "resolved", "attachments", chosen)])
        is_private = is_set(options.get("private", {}), "value")
        form = Form.PRIVATE if is_private else _public_form(payload, place)
    event = _event(payload, place, ticket, words=words, form=form)
    return Asked(ticket, event, form, read_attachments(attached))


def _pressed(payload: Payload, place: Place, ticket: Ticket) -> Wished | None:
    press, message = read_custom_id(text(part(payload, "data"), "custom_id")), part(payload, "message")
    if press is None or not snowflake(message, "id"):
        return None
    form = _form_of(message, place)
    event = _event(payload, place, ticket, wish=_WISHES[press.action], form=form)
    if press.action is ButtonAction.SHARE:
        event = replace(event, address=_in_public(payload, place, ticket))
    return Wished(ticket, replace(event, kind=Kind.BUTTON, concerns=snowflake(message, "id")))


def _event(
    payload: Payload,
    place: Place,
    ticket: Ticket,
    *,
    words: str = "",
    wish: Wish | None = None,
    form: Form | None = None,
) -> IncomingMessage:
    """Return an event of whoever called; without a `form` it belongs to the talk that goes on in its place."""
    conversation, address = _whereabouts(payload, place, ticket, form or _form_of({}, place))
    return IncomingMessage(
        id=ticket.id,
        conversation_id=conversation,
        author=_user(payload),
        text=words,
        kind=Kind.COMMAND,
        surface=place.surface,
        address=address,
        workspace=place.guild,
        channel=place.listed,
        sent_at=time_of(ticket.id),
        roles=snowflakes(part(payload, "member"), "roles"),
        is_addressed=True,
        wish=wish,
    )


def _whereabouts(payload: Payload, place: Place, ticket: Ticket, form: Form) -> tuple[str, Address]:
    """Return a conversation, and where it is answered.

    In a guild's channel, what is answered in the response to one person is that person's own talk.
    """
    guild, channel = place.guild, place.root or place.channel
    if form is Form.QUOTED and place.is_thread:
        return build_conversation_id(guild, channel), build_address(guild, place.channel)
    if form is Form.QUOTED:
        # The thread will stand on the response, which has no id yet: the interaction names the conversation.
        anchor = Anchor(guild, place.channel, interaction=_interaction(payload, ticket, Form.HERE))
        return build_conversation_id(guild, ticket.id), build_anchored(anchor)
    talker = "" if place.kind is PlaceKind.DM else _talker(payload)
    address = build_address(guild, place.channel, _interaction(payload, ticket, form))
    return build_conversation_id(guild, place.channel, private_to=talker), address


def _public_form(payload: Payload, place: Place) -> Form:
    """Return how a public question is answered: in the response where the bot couldn't speak otherwise."""
    is_placed = place.is_thread or place.kind is PlaceKind.CHANNEL
    return Form.QUOTED if is_placed and _may_speak(payload, place) else Form.HERE


def _form_of(message: Payload, place: Place) -> Form:
    """Return in which form a message of ours was said: it tells whose conversation its buttons are about."""
    is_ephemeral = not message or bool(max(number(message, "flags"), 0) & EPHEMERAL)
    if place.is_thread and not (message and is_ephemeral):
        return Form.QUOTED
    return Form.PRIVATE if is_ephemeral else Form.HERE


def _may_speak(payload: Payload, place: Place) -> bool:
    """Return whether the bot is a member here, with the permissions that an answer in a thread takes."""
    is_member = "0" in part(payload, "authorizing_integration_owners")
    granted = read_permissions(payload, "app_permissions")
    return is_member and not missing_of(granted, FOR_THREADS if place.is_thread else FOR_CHANNELS)


def _in_public(payload: Payload, place: Place, ticket: Ticket) -> Address:
    """Return where a private answer can be shown to all."""
    may_speak = place.kind is not PlaceKind.DM and _may_speak(payload, place)
    return build_address(place.guild, place.channel, None if may_speak else _interaction(payload, ticket, Form.HERE))


def _interaction(payload: Payload, ticket: Ticket, form: Form) -> Interaction:
    is_ephemeral = form is Form.PRIVATE
    return Interaction(ticket.id, ticket.application, _user(payload), ticket.token, is_ephemeral=is_ephemeral)


def _user(payload: Payload) -> str:
    """Return who called: a member in a guild, a user elsewhere."""
    return snowflake(part(payload, "member", "user"), "id") or snowflake(part(payload, "user"), "id")


def _talker(payload: Payload) -> str:
    """Return whose talk it is: a button's message remembers who had asked for it."""
    return snowflake(part(payload, "message", "interaction_metadata", "user"), "id") or _user(payload)


def _options(payload: Payload) -> dict[str, Payload]:
    """Return a command's options by name."""
    return {text(option, "name"): option for option in parts(part(payload, "data"), "options")}
