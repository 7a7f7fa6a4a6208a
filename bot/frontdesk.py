"""Where platforms hand in what happens on them: the bot's side of `adapters.desk`."""

from adapters.contract import IncomingMessage
from adapters.desk import LastHeard, Reception, Talk, Welcome
from bot.about import About
from bot.gate import INTERACTIONS, Answer, Refuse
from bot.intake import Intake
from bot.store.talks import TalkRows

TALKS = 5
"""Conversations that a person is shown."""


class BotDesk:
    """Passes `adapters.desk.FrontDesk`."""

    def __init__(self, *, intake: Intake, talks: TalkRows, about: About) -> None:
        self._intake = intake
        self._talks = talks
        self._about = about

    async def receive(self, message: IncomingMessage) -> Reception:
        """Decide about an event and do it. Only once this has returned may the platform be told "received"."""
        received = await self._intake.receive(message)
        if message.kind in INTERACTIONS:
            return Reception(isinstance(received.decision, Answer), received.notice)
        # What is refused in a place where people write is said where they read: it is a turn.
        return Reception(isinstance(received.decision, Answer | Refuse))

    async def welcome(self, person: str = "", *, platform: str = "", workspace: str = "") -> Welcome:
        """Return what to tell a person, with their last conversations on a platform when a person is named."""
        about = self._about
        past = await self._talks.of(person, platform=platform, workspace=workspace, limit=TALKS) if person else []
        talks = (
            Talk(each.address, about.title_of(each.domain) or "A conversation", each.at, each.message) for each in past
        )
        return Welcome(about.company, tuple(about.fields.values()), about.contact, tuple(talks))

    async def last_heard(self, platform: str, *, workspace: str, since: float, limit: int) -> tuple[LastHeard, ...]:
        """Return the channels in which people asked since then, those of the latest questions first."""
        found = await self._talks.last_heard(platform, workspace=workspace, since=since, limit=limit)
        return tuple(LastHeard(channel, at) for channel, at in found)
