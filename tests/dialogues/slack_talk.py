"""People on the loopback Slack who talk with the real `firstline run`, in words that read as dialogue."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.programs.serving import Firstline, open_firstline
from tests.servers.model_server import Behaviour, Messages, text_of
from tests.servers.openai_server import OpenAIServer
from tests.servers.slack.deliveries import State
from tests.servers.slack.screen import Shown
from tests.servers.slack.server import SlackServer
from tests.servers.slack.world import Channel, Kind, User

_numbers = count(1)
PATIENCE = 45.0
"""Seconds until something that doesn't come is said to be missing: far more than it takes on a busy machine."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on Slack."""

    talk: "SlackTalk"
    user: User

    async def mentions(self, where: Channel, text: str, *, thread: "Thread | None" = None) -> "Thread":
        """Write to the bot in a channel; return the thread in which the answer belongs."""
        ts = await self.talk.slack.mentions(self.user, where, text, thread_ts=thread.ts if thread else "")
        await self.talk.is_received()
        return thread or Thread(self.talk, where, ts)

    async def writes(self, where: Channel, text: str, *, thread: "Thread | None" = None) -> "Thread":
        """Write without a mention."""
        ts = await self.talk.slack.says(self.user, where, text, thread_ts=thread.ts if thread else "")
        await self.talk.is_received()
        return thread or Thread(self.talk, where, ts)

    async def tells(self, text: str) -> "Thread":
        """Write to the bot in private."""
        return await self.writes(self.talk.slack.dm(self.user), text)

    async def commands(self, where: Channel, text: str) -> str:
        """Use /support and return what Slack shows at once."""
        delivery = await self.talk.slack.commands(self.user, where, "/support", text)
        await self.talk.slack.until(lambda: delivery.state is State.RECEIVED, timeout=PATIENCE)
        return str((delivery.answer or {}).get("text", ""))

    def sees(self) -> list[Shown]:
        """Return what only this person sees."""
        return self.talk.slack.ephemerals(self.user)

    async def sees_soon(self, text: str) -> Shown:
        """Return the private message that holds a text, once it is there."""
        found = await self.talk.slack.until(
            lambda: [each for each in self.sees() if text in each.text], timeout=PATIENCE
        )
        return found[0]

    async def presses(self, message: Shown, name: str) -> None:
        """Press a button."""
        await self.talk.slack.presses(self.user, message, name)


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread, and what the bot says in it."""

    talk: "SlackTalk"
    channel: Channel
    ts: str

    def said(self) -> list[Shown]:
        """Return the bot's messages so far."""
        shown = self.talk.slack.messages(self.channel, self.ts)
        return [each for each in shown if each.is_from_app]

    async def hears(self, text: str) -> Shown:
        """Return the bot's message that holds a text, once it is there."""
        found = await self.talk.slack.until(
            lambda: [each for each in self.said() if text in each.text], timeout=PATIENCE
        )
        return found[0]

    async def sees_grow(self, text: str) -> Shown:
        """Return the bot's message that begins with a text, once more has come: by then the bot knows it as its own."""
        found = await self.talk.slack.until(
            lambda: [each for each in self.said() if each.text.startswith(text) and each.edits], timeout=PATIENCE
        )
        return found[0]

    async def is_answered(self, times: int = 1) -> Shown:
        """Return the answer that many times complete: below it people may say whether it helped."""

        def ends() -> list[Shown]:
            return [
                each for each in self.said() if "firstline_helpful" in {button.action_id for button in each.buttons}
            ]

        await self.talk.slack.until(lambda: len(ends()) >= times, timeout=PATIENCE)
        return ends()[times - 1]


@dataclass(frozen=True, slots=True)
class SlackTalk:
    """A workspace with the bot in it."""

    slack: SlackServer
    model: OpenAIServer
    bot: Firstline

    async def is_received(self) -> None:
        """Return when the bot has taken what was said so far: people need longer than that for their next move."""
        await self.slack.until(lambda: not self.slack.deliveries.unsettled, timeout=PATIENCE)

    def person(self, name: str) -> Person:
        """Return somebody new."""
        return Person(self, self.slack.add_user(name))

    def channel(self, *people: Person, kind: Kind = Kind.PUBLIC) -> Channel:
        """Return a new channel with these people and the bot."""
        return self.slack.add_channel(f"room-{next(_numbers)}", *(each.user for each in people), kind=kind)


def answer_from_passages(messages: Messages) -> str:
    """Answer as a careful model would: with the sentence of the first passage, and its number."""
    asked = "\n".join(text_of(each) for each in messages).casefold()
    if "webhook" in asked:
        return "A webhook that is not acknowledged is sent again 5 times over 24 hours, then disabled. [1]"
    return "Refunds are paid to the original payment method within 5-10 business days of approval. [1]"


@asynccontextmanager
async def open_slack_talk(home: Path, **more: str) -> AsyncIterator[SlackTalk]:
    """Start a workspace, a model and the bot, which is ready when this returns."""
    async with SlackServer() as slack, OpenAIServer() as model:
        model.answer = answer_from_passages
        model.default = Behaviour(tokens_per_second=200)
        surroundings = slack.environment | {
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_API_KEY": "sk-loopback",
            "FIRSTLINE_ROUTING": "local",
            "FIRSTLINE_BURST_SECONDS": "0.3",
            **more,
        }
        async with open_firstline(home, **surroundings) as bot:
            await bot.until_logged("slack: ready")
            yield SlackTalk(slack, model, bot)
