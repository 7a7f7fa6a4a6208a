"""`/support`: a question that only the asker sees answered, or one of a few words. Pure."""

from collections.abc import Mapping

from adapters.contract import IncomingMessage, Kind, Wish
from adapters.slack.addresses import Place, build_address, build_private_conversation_id
from adapters.slack.events import surface_of
from adapters.slack.mentions import read_text
from adapters.slack.payloads import Myself, identity, word

NAME = "/support"

WISHES = {
    "stop": Wish.STOP,
    "human": Wish.PERSON,
    "new": Wish.NEW,
    "resume": Wish.GIVE_BACK,
    "mute": Wish.MUTE,
    "unmute": Wish.UNMUTE,
}
_HELP = frozenset({"", "help", "?"})


def is_command(payload: Mapping[str, object]) -> bool:
    """Return whether this is a slash command; an operator may have renamed ours, so that any name will do."""
    return word(payload, "command").startswith("/")


def is_call_for_help(payload: Mapping[str, object]) -> bool:
    """Return whether a slash command asks what can be asked."""
    return is_command(payload) and _only_word(payload) in _HELP


def read_command(payload: Mapping[str, object], me: Myself, *, now: float) -> IncomingMessage | None:
    """Return the question or the wish of a command. Slack doesn't say when one was sent: it was `now`."""
    team, channel = identity(payload, "team_id"), identity(payload, "channel_id")
    author, trigger = identity(payload, "user_id"), identity(payload, "trigger_id")
    if is_call_for_help(payload) or not (team and channel and author and trigger):
        return None
    wish = WISHES.get(_only_word(payload))
    said = read_text(word(payload, "text"), me.user)
    return IncomingMessage(
        id=f"slack:{team}:{channel}:command:{trigger}",
        conversation_id=build_private_conversation_id(team, channel, author),
        author=author,
        text="" if wish else said.text,
        kind=Kind.COMMAND,
        surface=surface_of(channel, is_reply=False),
        address=build_address(Place(team, channel, "", author, word(payload, "response_url"))),
        workspace=team,
        channel=channel,
        sent_at=now,
        is_addressed=True,
        mentions=said.mentions - {author},
        wish=wish,
    )


def _only_word(payload: Mapping[str, object]) -> str:
    return word(payload, "text").strip(" \t\n.!").casefold()
