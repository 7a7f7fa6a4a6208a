"""Where conversations and replies are on Slack, as strings: what comes in and what goes out must agree on them."""

from dataclasses import dataclass

from adapters.contract import Address

PLATFORM = "slack"
# No timestamp begins with it, so that a private place is told from a thread.
_PRIVATE = "~"


@dataclass(frozen=True, slots=True)
class Place:
    """What an address of Slack means.

    `thread` is the timestamp of the message below which replies stand; empty for the channel itself. With a `user`
    replies are for their eyes alone, by `response_url` as long as Slack honours it (5 uses within 30 minutes).
    """

    team: str
    channel: str
    thread: str = ""
    user: str = ""
    response_url: str = ""

    @property
    def is_private(self) -> bool:
        """Whether only one person in the channel sees the replies."""
        return bool(self.user)


def build_address(place: Place) -> Address:
    """Return the address of a place."""
    thread = place.thread
    if place.is_private:
        thread = _PRIVATE.join(("", place.user, place.thread, place.response_url))
    return Address(PLATFORM, place.team, place.channel, thread)


def read_address(address: Address) -> Place:
    """Return what an address means; any string is understood."""
    if not address.thread.startswith(_PRIVATE):
        return Place(address.workspace, address.channel, address.thread)
    user, _, rest = address.thread[1:].partition(_PRIVATE)
    thread, _, response_url = rest.partition(_PRIVATE)
    return Place(address.workspace, address.channel, thread, user, response_url)


def build_conversation_id(team: str, channel: str, ts: str) -> str:
    """Return the id of a thread's conversation; `ts` is `thread_ts`, or the message's own where it has none."""
    return f"{PLATFORM}:{team}:{channel}:{ts}"


def build_private_conversation_id(team: str, channel: str, user: str) -> str:
    """Return the id of what one person asks in a channel by command, where no message stands for a thread."""
    return f"{PLATFORM}:{team}:{channel}:{_PRIVATE}{user}"
