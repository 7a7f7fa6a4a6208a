"""The world in motion: what happens in a channel, and what the app is told of it."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tests.servers.slack.deliveries import EVENT, Deliveries, Delivery
from tests.servers.slack.faults import Faults
from tests.servers.slack.limits import RateLimits
from tests.servers.slack.manifest import OUR_EVENTS, OUR_SCOPES
from tests.servers.slack.shapes import (
    changed_event,
    deleted_event,
    event_subscription,
    mention_event,
    message_event,
    message_json,
)
from tests.servers.slack.world import (
    Channel,
    Ephemeral,
    Json,
    Kind,
    Message,
    Team,
    User,
    Where,
    Who,
    World,
    id_of,
)

T = TypeVar("T")

MENTION, MESSAGE = "app_mention", "message"


@dataclass(slots=True)
class Call:
    """A call of the app. `outcome` is "ok", an error's name, "http 429", "reset", "lost" or "under way"."""

    method: str
    arguments: Json
    team: str
    at: float
    outcome: str = "under way"
    response: Json = field(default_factory=dict)


@dataclass(slots=True)
class Upload:
    """A file between its first step and its last."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Text that the app made public, with what named it: where a ping would come from."""

    method: str
    channel: str
    ts: str
    text: str
    blocks: Sequence[Json]


class Slack:
    """The state of the loopback Slack, and how it changes. One workspace exists from the start: `team`.

    `copies` is the order in which the two events of a mention are sent; `subscriptions` are the app's bot events.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time, scopes: Iterable[str] = OUR_SCOPES) -> None:
        self.clock = clock
        self.world = World(clock)
        self.team = self.world.add_team("Acme", scopes=scopes)
        self.limits = RateLimits(clock)
        self.faults = Faults()
        self.deliveries = Deliveries(self.changed)
        self.calls: list[Call] = []
        self.notices: list[Notice] = []
        self.statuses: dict[tuple[str, str], tuple[str, float]] = {}
        self.prompts: dict[tuple[str, str], list[str]] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self.sessions: dict[tuple[str, str], str] = {}
        self.triggers: dict[str, tuple[str, float]] = {}
        self.uploads: dict[str, Upload] = {}
        self.codes: dict[str, tuple[Team, str]] = {}
        self.client_id, self.client_secret = "1.2", "client-secret"
        self.read_lag_seconds = 0.0
        """How long what the app writes is missing from what it reads back."""
        self.max_page = 999
        """How many messages one read returns; 15 for apps that are distributed outside the Marketplace."""
        self.copies: tuple[str, ...] = (MESSAGE, MENTION)
        self.subscriptions: frozenset[str] = OUR_EVENTS
        self._change = asyncio.Event()

    def changed(self) -> None:
        """Wake those who wait for something to happen."""
        self._change.set()
        self._change = asyncio.Event()

    async def until(self, predicate: Callable[[], T], timeout: float = 30.0) -> T:  # noqa: ASYNC109 - tests name their own patience
        """Return the predicate's value once it is true; it is asked again after every change.

        Raises TimeoutError, which tells what happened last.
        """
        try:
            async with asyncio.timeout(timeout):
                while not (value := predicate()):
                    await self._change.wait()
        except TimeoutError:
            raise TimeoutError(f"not within {timeout:g} s; {self._summary()}") from None
        return value

    def _summary(self) -> str:
        calls = ", ".join(f"{call.method} {call.outcome}" for call in self.calls[-8:])
        waiting = ", ".join(f"{each.event_type} {each.state}" for each in self.deliveries.unsettled[-8:])
        return f"the last calls: {calls or 'none'}; not received: {waiting or 'none'}"

    def add_user(self, name: str, *, team: Team | None = None, is_bot: bool = False, locale: str = "en-US") -> User:
        """Create a person, or another app's bot."""
        return self.world.add_user(team or self.team, name, is_bot=is_bot, locale=locale)

    def add_channel(
        self,
        name: str,
        *members: Who,
        kind: Kind = Kind.PUBLIC,
        team: Team | None = None,
        with_bot: bool = True,
    ) -> Channel:
        """Create a conversation; the bot is in it unless told otherwise."""
        team = team or self.team
        return self.world.add_channel(team, name, kind, [*members, *([team.bot] if with_bot else [])])

    def dm(self, user: Who) -> Channel:
        """Return a person's direct messages with the app."""
        return self.world.dm(self.team_of(user), user)

    def team_of(self, user: Who) -> Team:
        """Return the workspace that a person belongs to."""
        return self.world.teams[self.world.users[id_of(user)].team]

    def channel(self, where: Where) -> Channel:
        """Return a conversation by its id."""
        return self.world.channels[id_of(where)]

    def post(self, message: Message, deliver: Sequence[str] | None = None) -> Message:
        """Put a new message into its channel and tell the app.

        `deliver` is the order of the events, by type; one that occurs again is a redelivery of the same event.
        """
        channel = self.channel(message.channel)
        channel.messages[message.ts] = message
        team = self.world.teams[channel.team]
        if message.bot_id:
            self.statuses.pop((channel.id, message.thread_ts or message.ts), None)
        self._tell_of_message(message, channel, team, self.copies if deliver is None else deliver)
        self.changed()
        return message

    def _tell_of_message(self, message: Message, channel: Channel, team: Team, order: Sequence[str]) -> None:
        if team.bot.id not in channel.members:
            return
        events = {MESSAGE: message_event(message, channel, team)}
        if f"<@{team.bot.id}>" in message.text and channel.kind is not Kind.DM and not message.bot_id:
            events[MENTION] = mention_event(message, channel, team)
        sent: dict[str, Delivery] = {}
        for name in order:
            if name in sent:
                self.deliver_again(sent[name])
            elif name in events and (delivery := self.tell(team, events[name])):
                sent[name] = delivery

    def edit(self, message: Message, text: str, blocks: list[Json] | None, *, metadata: Json | None = None) -> None:
        """Change a message and tell the app."""
        channel = self.channel(message.channel)
        team = self.world.teams[channel.team]
        before = message_json(message, team)
        message.text, message.edits = text, message.edits + 1
        message.blocks = blocks or []
        message.metadata = metadata if metadata is not None else message.metadata
        message.edited_ts = self.world.ts()
        self.tell_member(team, channel, changed_event(before, message, channel, team, message.edited_ts))
        self.changed()

    def delete(self, message: Message) -> None:
        """Take a message away and tell the app; the root of a thread leaves a tombstone."""
        channel = self.channel(message.channel)
        team = self.world.teams[channel.team]
        before = message_json(message, team)
        if channel.replies(message.ts):
            tombstone = Message(message.ts, channel.id, "USLACKBOT", "This message was deleted.", subtype="tombstone")
            tombstone.thread_ts = message.ts
            channel.messages[message.ts] = tombstone
        else:
            del channel.messages[message.ts]
        self.tell_member(team, channel, deleted_event(before, channel, self.world.ts()))
        self.changed()

    def show_only_to(self, ephemeral: Ephemeral, team: Team) -> None:
        """Show a message to one person."""
        team.ephemerals.append(ephemeral)
        self.changed()

    def tell(self, team: Team, event: Json) -> Delivery | None:
        """Send an event to the app, if it subscribes to it."""
        if event_subscription(event) not in self.subscriptions:
            return None
        payload: Json = {
            "token": "legacy",
            "team_id": team.id,
            "context_team_id": team.id,
            "api_app_id": self.world.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": self.world.id("Ev"),
            "event_time": int(self.clock()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team.id,
                    "user_id": team.bot.id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": f"context-{event.get('event_ts', '')}",
        }
        return self.deliveries.add(Delivery(EVENT, payload))

    def deliver_again(self, delivery: Delivery) -> Delivery:
        """Send the same event once more, as Slack does when it missed the acknowledgement."""
        return self.deliveries.add(Delivery(delivery.kind, delivery.payload, retry=1, reason="timeout"))

    def tell_member(self, team: Team, channel: Channel, event: Json) -> None:
        """Send an event to the app if the bot is in the channel."""
        if team.bot.id in channel.members:
            self.tell(team, event)
