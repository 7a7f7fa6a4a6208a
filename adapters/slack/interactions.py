"""Buttons and the message shortcut: what people ask for with a click. Pure."""

from collections.abc import Mapping

from adapters.contract import IncomingMessage, Kind, Wish
from adapters.slack import actions
from adapters.slack.addresses import Place, build_address, build_conversation_id, build_private_conversation_id
from adapters.slack.events import build_message_id, surface_of, words_of
from adapters.slack.mentions import read_text
from adapters.slack.payloads import Myself, each, identity, part, timestamp, word

ASK_SHORTCUT = "firstline_ask"
"""The callback id of "Ask Firstline about this" in the menu of a message."""

WISHES = {
    actions.STOP: Wish.STOP,
    actions.HELPFUL: Wish.HELPFUL,
    actions.UNHELPFUL: Wish.UNHELPFUL,
    actions.PERSON: Wish.PERSON,
    actions.SHARE: Wish.SHARE,
    actions.RESUME: Wish.GIVE_BACK,
}


def read_press(payload: Mapping[str, object]) -> IncomingMessage | None:
    """Return what a press of one of our buttons asks for."""
    pressed = next((one for one in each(payload, "actions") if word(one, "action_id") in WISHES), None)
    team, author, place = _team_of(payload), identity(payload, "user", "id"), part(payload, "container")
    channel = identity(payload, "channel", "id") or identity(place, "channel_id")
    ts = timestamp(place, "message_ts") or timestamp(payload, "message", "ts")
    if pressed is None or not (team and author and channel and ts):
        return None
    action, at = word(pressed, "action_id"), timestamp(pressed, "action_ts")
    wish = WISHES[action]
    is_private = place.get("is_ephemeral") is True
    thread = timestamp(payload, "message", "thread_ts") or timestamp(place, "thread_ts")
    where = Place(team, channel, thread or ("" if is_private else ts))
    if is_private:
        conversation_id = build_private_conversation_id(team, channel, author)
    else:
        conversation_id = build_conversation_id(team, channel, where.thread)
    if is_private and wish is not Wish.SHARE:
        where = Place(team, channel, thread, author, word(payload, "response_url"))
    return IncomingMessage(
        id=f"{build_message_id(team, channel, ts)}:{action}:{author}:{at}",
        conversation_id=conversation_id,
        author=author,
        text="",
        kind=Kind.BUTTON,
        surface=surface_of(channel, is_reply=not is_private),
        address=build_address(where),
        workspace=team,
        channel=channel,
        sent_at=float(at or ts),
        concerns=(word(pressed, "value") or ts) if is_private else ts,
        wish=wish,
    )


def read_shortcut(payload: Mapping[str, object], me: Myself) -> IncomingMessage | None:
    """Return the question that somebody makes of a message: its words, asked by whoever chose the shortcut."""
    team, author, channel = _team_of(payload), identity(payload, "user", "id"), identity(payload, "channel", "id")
    message, trigger = part(payload, "message"), identity(payload, "trigger_id")
    ts = timestamp(message, "ts") or timestamp(payload, "message_ts")
    if word(payload, "callback_id") != ASK_SHORTCUT or not (team and author and channel and ts and trigger):
        return None
    thread = timestamp(message, "thread_ts") or ts
    return IncomingMessage(
        id=f"{build_message_id(team, channel, ts)}:ask:{trigger}",
        conversation_id=build_conversation_id(team, channel, thread),
        author=author,
        text=read_text(words_of(message), me.user).text,
        kind=Kind.COMMAND,
        surface=surface_of(channel, is_reply=True),
        address=build_address(Place(team, channel, thread)),
        workspace=team,
        channel=channel,
        sent_at=float(timestamp(payload, "action_ts") or ts),
        is_addressed=True,
    )


def _team_of(payload: Mapping[str, object]) -> str:
    # An installation for a whole organisation leaves `team` empty.
    return identity(payload, "team", "id") or identity(payload, "user", "team_id")
