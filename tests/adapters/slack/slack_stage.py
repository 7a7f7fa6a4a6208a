"""A loopback Slack with one thread in it, and the adapter that speaks to it."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.contract import Address
from adapters.slack.adapter import SlackPlatform, open_slack_platform
from adapters.slack.addresses import Place, build_address
from adapters.slack.settings import SlackSettings
from tests.servers.slack.server import SlackServer
from tests.servers.slack.world import Channel, Json, Message, User


@dataclass
class SlackStage:
    """A person has asked something in a channel, and the bot answers in the thread below."""

    slack: SlackServer
    platform: SlackPlatform
    settings: SlackSettings
    asker: User
    channel: Channel
    question: Message

    @property
    def place(self) -> Place:
        return Place(self.slack.team.id, self.channel.id, self.question.ts)

    @property
    def address(self) -> Address:
        return build_address(self.place)

    @property
    def replies(self) -> list[Message]:
        """Return our messages in the thread, oldest first."""
        return [message for message in self.channel.replies(self.question.ts) if message.bot_id]

    @property
    def texts(self) -> list[str]:
        """Return the Markdown of our messages."""
        return [markdown_of(message.blocks) for message in self.replies]

    def called(self, method: str) -> list[Json]:
        """Return the arguments of all calls of a method."""
        return [call.arguments for call in self.slack.calls if call.method == method]


def markdown_of(blocks: list[Json]) -> str:
    return "".join(block["text"] for block in blocks if block["type"] == "markdown")


@asynccontextmanager
async def open_stage(*, streams: bool = False) -> AsyncIterator[SlackStage]:
    async with SlackServer() as slack:
        asker = slack.add_user("ada")
        channel = slack.add_channel("help", asker)
        question = channel.messages[await slack.mentions(asker, channel, "How do refunds work?")]
        settings = SlackSettings(bot_token=slack.team.bot_token, api_url=slack.api_url, streams=streams)
        async with open_slack_platform(settings, clock=time.monotonic) as platform:
            yield SlackStage(slack, platform, settings, asker, channel, question)
