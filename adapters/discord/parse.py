"""What a gateway event about a message means. Pure and total: any JSON gives an IncomingMessage or nothing.

Dropped here is only what no rule of the bot could ever answer, so that a busy server costs no look into the store:
system messages, and what people say to each other in a channel outside of threads.
"""

import re
from dataclasses import dataclass
from typing import Final

from adapters.contract import Address, IncomingMessage, Kind, Wish
from adapters.discord.addresses import build_address, build_conversation_id
from adapters.discord.anchors import Anchor, build_anchored
from adapters.discord.payload import Payload, is_set, number, part, parts, snowflake, snowflakes, text, time_of
from adapters.discord.places import Place, PlaceKind

_WRITTEN_BY_PEOPLE: Final = frozenset({0, 19})  # a message, a reply; all other types are the system's or a program's
_WISHES: Final = {
    "❌": Wish.STOP,
    "🛑": Wish.STOP,
    "👍": Wish.HELPFUL,
    "👎": Wish.UNHELPFUL,
}
_EMOJI = re.compile(r"<a?(:\w{2,32}:)\d{1,20}>")
_USER = re.compile(r"<@!?(\d{1,20})>")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is there. `roles` are those that Discord made for it, by which people mention it too."""

    user: str
    roles: frozenset[str] = frozenset()


def parse_message(payload: Payload, place: Place, me: Identity, *, continues: str = "") -> IncomingMessage | None:
    """Return what a message says, or None when it can be for nobody here.

    The first message of a forum post is a question to the bot, under the post's title. `continues` is the message that
    began a paste of which this one is a further part.
    """
    id_, author = snowflake(payload, "id"), snowflake(part(payload, "author"), "id")
    if not id_ or not author or number(payload, "type") not in _WRITTEN_BY_PEOPLE:
        return None
    is_mention = _is_addressed(payload, me) or bool(continues)
    opens_post = place.kind is PlaceKind.FORUM_POST and id_ == place.channel
    if is_withheld(payload, place, me) or not (is_mention or place.is_thread or place.kind is PlaceKind.DM):
        return None
    conversation, address = _whereabouts(place, continues or id_)
    return IncomingMessage(
        id=id_,
        conversation_id=conversation,
        author=author,
        text=_question(payload, me, title=place.title if opens_post else ""),
        kind=_kind(place, is_mention=is_mention or opens_post),
        surface=place.surface,
        address=address,
        workspace=place.guild,
        channel=place.listed,
        sent_at=time_of(id_),
        roles=snowflakes(part(payload, "member"), "roles"),
        is_own=author == me.user,
        is_from_bot=is_set(part(payload, "author"), "bot") or bool(snowflake(payload, "webhook_id")),
        is_addressed=is_mention or opens_post,
        mentions=snowflakes(payload, "mentions") - {me.user, author},
        thread_author=_thread_author(place, me),
    )


def parse_edit(payload: Payload, place: Place, me: Identity) -> IncomingMessage | None:
    """Return the new words of a message, or None for a change that no person made, such as a link's preview."""
    if not text(payload, "edited_timestamp"):
        return None
    message = parse_message(payload, place, me)
    if message is None or message.is_own or message.is_from_bot:
        return None
    stamp = text(payload, "edited_timestamp")
    return _about(message.id, Kind.EDIT, place, author=message.author, text=message.text, id_=f"{message.id}:{stamp}")


def parse_deletions(payload: Payload, place: Place) -> tuple[IncomingMessage, ...]:
    """Return the messages that were deleted, one by one or together."""
    ids = snowflakes(payload, "ids") | ({snowflake(payload, "id")} - {""})
    return tuple(_about(id_, Kind.DELETE, place) for id_ in sorted(ids))


def parse_reaction(payload: Payload, place: Place, me: Identity) -> IncomingMessage | None:
    """Return what a reaction wishes, or None for one that has no meaning to the bot.

    Only stopping may be asked for on the question as well: a thumb there is meant for the person.
    """
    id_, author = snowflake(payload, "message_id"), snowflake(payload, "user_id")
    wish = _WISHES.get(text(part(payload, "emoji"), "name"))
    if wish is None or not id_ or not author:
        return None
    if wish is not Wish.STOP and snowflake(payload, "message_author_id") != me.user:
        return None
    roles = snowflakes(part(payload, "member"), "roles")
    event = f"{id_}:{author}:{wish}"
    return _about(id_, Kind.REACTION, place, author=author, id_=event, wish=wish, roles=roles)


def is_withheld(payload: Payload, place: Place, me: Identity) -> bool:
    """Return whether Discord kept the words back: this is how a message without the privileged intent looks."""
    is_exempt = place.kind is PlaceKind.DM or _is_addressed(payload, me)
    is_blank = not text(payload, "content") and not any(
        payload.get(key)
        for key in ("attachments", "embeds", "components", "sticker_items", "message_snapshots", "poll")
    )
    return is_blank and not is_exempt


def clean(words: str, payload: Payload, me: Identity) -> str:
    """Return words as Markdown without the mention of the bot, with the other people's names for their ids."""
    ours = "|".join([f"@!?{re.escape(me.user)}", *(f"@&{re.escape(role)}" for role in sorted(me.roles))])
    words = re.sub(rf"\s*<(?:{ours})>[,:]?", "", words)
    names = {snowflake(each, "id"): _name(each) for each in parts(payload, "mentions")}
    words = _USER.sub(lambda found: f"@{names.get(found[1]) or 'someone'}", words)
    return _EMOJI.sub(r"\1", words).strip()


def _is_addressed(payload: Payload, me: Identity) -> bool:
    """Return whether a message mentions the bot or replies to it; a reply's ping is a mention as well."""
    is_mentioned = me.user in snowflakes(payload, "mentions") or bool(me.roles & snowflakes(payload, "mention_roles"))
    return is_mentioned or snowflake(part(payload, "referenced_message", "author"), "id") == me.user


def _question(payload: Payload, me: Identity, *, title: str) -> str:
    """Return what a person says, with what they forward; a post's title is often the question itself."""
    forwarded = (part(each, "message") for each in parts(payload, "message_snapshots"))
    words = [title, clean(text(payload, "content"), payload, me)]
    words += [_quote(clean(text(each, "content"), each, me)) for each in forwarded]
    return "\n\n".join(each for each in words if each)


def _quote(words: str) -> str:
    return "\n".join(f"> {line}" for line in words.splitlines())


def _name(user: Payload) -> str:
    return text(part(user, "member"), "nick") or text(user, "global_name") or text(user, "username")


def _kind(place: Place, *, is_mention: bool) -> Kind:
    if place.kind is PlaceKind.DM:
        return Kind.DM
    if is_mention:
        return Kind.MENTION
    return Kind.THREAD_REPLY if place.is_thread else Kind.MESSAGE


def _whereabouts(place: Place, message: str) -> tuple[str, Address]:
    """Return the conversation that a message belongs to, and where it is answered.

    A thread that is opened on a message gets that message's id, so both are known before there is a thread.
    """
    if place.kind is PlaceKind.CHANNEL:
        anchored = build_anchored(Anchor(place.guild, place.channel, message))
        return build_conversation_id(place.guild, message), anchored
    root = message if place.kind is PlaceKind.FLAT else place.root or place.channel
    return build_conversation_id(place.guild, root), build_address(place.guild, place.channel)


def _thread_author(place: Place, me: Identity) -> str | None:
    """Return who began a thread; one that the bot opened to answer somebody was begun by nobody else."""
    return place.owner if place.is_thread and place.owner not in {"", me.user} else None


def _about(
    concerns: str,
    kind: Kind,
    place: Place,
    *,
    author: str = "",
    text: str = "",
    id_: str = "",
    wish: Wish | None = None,
    roles: frozenset[str] = frozenset(),
) -> IncomingMessage:
    """Return an event that concerns another message."""
    conversation, address = _whereabouts(place, concerns)
    return IncomingMessage(
        id=id_ or f"{concerns}:{kind}",
        conversation_id=conversation,
        author=author,
        text=text,
        kind=kind,
        surface=place.surface,
        address=address,
        workspace=place.guild,
        channel=place.listed,
        roles=roles,
        concerns=concerns,
        wish=wish,
    )
