"""Any payload of Slack, as an IncomingMessage or as nothing. Pure, and it never raises, whatever JSON comes in."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.contract import IncomingMessage
from adapters.slack.commands import is_command, read_command
from adapters.slack.events import read_event, team_of
from adapters.slack.interactions import read_press, read_shortcut
from adapters.slack.payloads import Myself, identity, part, word


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody opened a tab of the app: `home`, or `messages` in the talk that is `channel`."""

    team: str
    user: str
    tab: str
    channel: str = ""


def parse(payload: object, me: Myself, *, now: float) -> IncomingMessage | None:
    """Return what a payload asks of the bot; `now`, in epoch seconds, dates what Slack doesn't."""
    body = part(payload)
    kind = word(body, "type")
    if kind == "event_callback":
        return read_event(body, me)
    if kind == "block_actions":
        return read_press(body)
    if kind == "message_action":
        return read_shortcut(body, me)
    return read_command(body, me, now=now) if is_command(body) else None


def parse_opening(payload: object) -> Opening | None:
    """Return the tab that somebody opened, when that is what a payload tells."""
    body = part(payload)
    event = part(body, "event")
    if word(body, "type") != "event_callback" or word(event, "type") != "app_home_opened":
        return None
    opening = Opening(team_of(body), identity(event, "user"), word(event, "tab"), identity(event, "channel"))
    return opening if opening.team and opening.user else None


def event_type(payload: Mapping[str, object]) -> str:
    """Return the type of an event of the Events API, or an empty text for anything else."""
    return word(payload, "event", "type") if word(payload, "type") == "event_callback" else ""
