"""People on the loopback Discord who talk with the real `firstline run`, in words that read as dialogue."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.dialogues.slack_talk import PATIENCE, answer_from_passages
from tests.programs.serving import Firstline, open_firstline
from tests.servers.discord.records import Channel, ChannelKind, Interaction, Message, MessageKind, User
from tests.servers.discord.server import LoopbackDiscord, open_discord
from tests.servers.model_server import Behaviour
from tests.servers.openai_server import OpenAIServer

_numbers = count(1)


def is_complete(message: Message) -> bool:
    """Return whether an answer ends here: below it people may say whether it helped."""
    return "Helpful" in {button.label for button in message.buttons} and not message.is_deleted


@dataclass(frozen=True, slots=True)
class Place:
    """A thread, or any other channel by its id, and what the bot says to all in it. It may be opened later."""

    talk: "DiscordTalk"
    id: int

    @property
    def channel(self) -> Channel:
        """The channel, which is there by now."""
        return self.talk.discord.world.channels[self.id]

    def said(self) -> list[Message]:
        """Return the bot's messages so far."""
        channel = self.talk.discord.world.channels.get(self.id)
        of_bot = self.talk.discord.of_bot(channel) if channel is not None else []
        return [each for each in of_bot if not each.is_ephemeral and each.kind is not MessageKind.THREAD_STARTER]

    async def hears(self, text: str) -> Message:
        """Return the bot's message that holds a text, once it is there."""
        found = await self.talk.discord.until(
            lambda: [each for each in self.said() if text in each.content], timeout=PATIENCE
        )
        return found[0]

    async def sees_grow(self, text: str) -> Message:
        """Return the bot's message that begins with a text, once more has come: by then the bot knows it as its own."""
        found = await self.talk.discord.until(
            lambda: [each for each in self.said() if each.content.startswith(text) and each.edited_at], timeout=PATIENCE
        )
        return found[0]

    async def is_answered(self, times: int = 1) -> Message:
        """Return the answer that many times complete."""

        def ends() -> list[Message]:
            return [each for each in self.said() if is_complete(each)]

        await self.talk.discord.until(lambda: len(ends()) >= times, timeout=PATIENCE)
        return ends()[times - 1]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on Discord."""

    talk: "DiscordTalk"
    user: User

    async def mentions(self, where: Channel, text: str) -> Place:
        """Write to the bot; return the thread in which the answer belongs."""
        asked = await self.talk.discord.people.mentions(self.user, where, text)
        return Place(self.talk, where.id if where.is_thread else asked.id)

    async def writes(self, where: Channel, text: str, *, reply_to: Message | None = None) -> Message:
        """Write without a mention, perhaps as a reply, which mentions whoever is replied to."""
        return await self.talk.discord.people.says(self.user, where, text, reply_to=reply_to)

    async def tells(self, text: str) -> Place:
        """Write to the bot in private."""
        asked = await self.talk.discord.people.writes_to_bot(self.user, text)
        return Place(self.talk, asked.channel.id)

    async def commands(self, where: Channel, name: str, **options: object) -> Interaction:
        """Use a command, and return once the bot has responded."""
        used = await self.talk.discord.people.command(self.user, where, name, **options)
        await self.talk.discord.until(lambda: used.answer, timeout=PATIENCE)
        return used

    async def asks(self, where: Channel, question: str, **options: object) -> Place:
        """Use /support in public; return the thread on the response."""
        used = await self.commands(where, "support", question=question, **options)
        assert used.original is not None
        return Place(self.talk, used.original.id)

    async def presses(self, message: Message, button: str) -> str:
        """Press a button, and return what is said for this person alone, if anything."""
        pressed = await self.talk.discord.people.presses(self.user, message, button)
        await self.talk.discord.until(lambda: pressed.answer, timeout=PATIENCE)
        return pressed.original.content if pressed.original is not None else ""

    async def sees_answer(self, used: Interaction) -> Message:
        """Return the private answer to a command once it is complete."""
        await self.talk.discord.until(lambda: used.original and is_complete(used.original), timeout=PATIENCE)
        assert used.original is not None
        assert used.original.seen_only_by is self.user
        return used.original


@dataclass(frozen=True, slots=True)
class DiscordTalk:
    """A guild with the bot in it."""

    discord: LoopbackDiscord
    model: OpenAIServer
    bot: Firstline

    def person(self, name: str) -> Person:
        """Return somebody new."""
        return Person(self, self.discord.world.add_person(name, self.discord.guild))

    def channel(self, kind: ChannelKind = ChannelKind.TEXT) -> Channel:
        """Return a new channel."""
        return self.discord.world.add_channel(self.discord.guild, f"room-{next(_numbers)}", kind)


def build_surroundings(model: OpenAIServer) -> Mapping[str, str]:
    """Let a loopback model answer from the passages at a readable pace, and return what points the program to it."""
    model.answer = answer_from_passages
    model.default = Behaviour(tokens_per_second=200)
    return {"OPENAI_BASE_URL": model.base_url, "OPENAI_API_KEY": "sk-loopback", "FIRSTLINE_ROUTING": "local"}


@asynccontextmanager
async def open_discord_talk(home: Path, **more: str) -> AsyncIterator[DiscordTalk]:
    """Start a guild with a channel for the support team, a model and the bot, which is ready when this returns."""
    async with open_discord() as discord, OpenAIServer() as model:
        # Discord waits 3 s for a first response; how long one takes is the benchmark's to show.
        discord.interactions.answer_seconds = PATIENCE
        surroundings = {
            **discord.settings,
            **build_surroundings(model),
            "FIRSTLINE_DISCORD_MESSAGE_CONTENT": "true",
            "FIRSTLINE_BURST_SECONDS": "0.3",
            "FIRSTLINE_DISCORD_SUPPORT_CHANNEL": str(discord.world.add_channel(discord.guild, "staff").id),
            **more,
        }
        async with open_firstline(home, **surroundings) as bot:
            await bot.until_logged("discord: ready")
            await discord.until(lambda: discord.world.commands.get(None), timeout=PATIENCE)
            yield DiscordTalk(discord, model, bot)
