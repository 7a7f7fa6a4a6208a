"""Discord as a place for replies: sends each call the way that its address needs, and nothing more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from adapters.contract import Address, Content, MessageReference, Receipt, ThreadMessage
from adapters.discord.addresses import DM, read_channel, read_interaction
from adapters.discord.answers import InteractionAnswers
from adapters.discord.channels import ChannelMessages, read_author
from adapters.discord.late_answers import LateAnswers
from adapters.discord.payload import number, part, text
from adapters.discord.render import build_allowed_mentions, build_limits, build_message, footer_size
from adapters.discord.rest import DiscordRest, File, Json, open_rest
from adapters.discord.settings import DiscordSettings
from adapters.discord.typing_signs import TypingSigns
from adapters.limits import Limits
from adapters.surviving import surviving

_TEND_SECONDS = 1.0
_MAX_BACKGROUND = 50
# The type of a message that only stands for the one a thread was opened on.
_THREAD_STARTER = 21

Settle: TypeAlias = Callable[[Address], Awaitable[Address]]
"""Return an address that exists: opens the thread of one that doesn't yet."""


async def as_it_is(address: Address) -> Address:
    """Return the address unchanged."""
    return address


class DiscordPlatform:
    """Post, edit, find and delete messages, and show typing (adapters.contract.Platform and its options).

    `clock` gives epoch seconds. `run` must be running for typing that lasts and for private answers that are late.
    """

    def __init__(
        self, rest: DiscordRest, settings: DiscordSettings, *, clock: Callable[[], float], settle: Settle = as_it_is
    ) -> None:
        self._channels = ChannelMessages(rest)
        late = LateAnswers(self._channels, group=settings.support_role)
        self._answers = InteractionAnswers(rest, late, clock=clock, group=settings.support_role)
        self._typing = TypingSigns(self._channels, clock=clock)
        self._group = settings.support_role
        self._settle = settle
        self._limits = build_limits()

    @property
    def limits(self) -> Limits:
        """Discord's limits."""
        return self._limits

    async def run(self) -> None:
        """Keep up until cancelled what has to be repeated or said in time."""
        while True:
            with surviving("looking after Discord's replies"):
                await self.tend()
            await asyncio.sleep(_TEND_SECONDS)

    async def tend(self) -> None:
        """Do once what is due now: repeat typing, announce late private answers."""
        await self._typing.tend()
        await self._answers.tend()

    async def post(self, address: Address, content: Content, *, key: str) -> Receipt:
        """Post a message; the receipt may name a better address than the one given."""
        self._typing.end(address)
        if read_interaction(address) is not None:
            return await self._answers.post(address, content, key=key)
        place = await self._settle(address)
        body = build_message(content, key=key, group=self._group)
        sent = await self._channels.post(read_channel(place), body, key=key)
        return Receipt(MessageReference(place, sent.message), sent.allowance)

    async def edit(self, reference: MessageReference, content: Content) -> Receipt:
        """Replace what a message shows."""
        if read_interaction(reference.address) is not None:
            return await self._answers.edit(reference, content)
        body = build_message(content, group=self._group)
        sent = await self._channels.edit(read_channel(reference.address), reference.message, body)
        return Receipt(reference, sent.allowance)

    async def upload(self, address: Address, name: str, text: str, *, key: str) -> None:
        """Attach a text file in a message of its own."""
        file = File(name, text)
        if read_interaction(address) is not None:
            await self._answers.upload(address, file, key=key)
            return
        body = {"content": "", "allowed_mentions": build_allowed_mentions()}
        await self._channels.post(read_channel(await self._settle(address)), body, key=key, file=file)

    async def find(self, address: Address, key: str) -> MessageReference | None:
        """Return the message that was posted under this key, as far as Discord lets it be found."""
        if read_interaction(address) is not None:
            return await self._answers.find(address, key)
        place = await self._settle(address)
        found = await self._channels.find(read_channel(place), key)
        return MessageReference(place, found) if found else None

    async def delete(self, reference: MessageReference) -> None:
        """Delete a message; one that is gone already is no error."""
        if read_interaction(reference.address) is not None:
            await self._answers.delete(reference)
        else:
            await self._channels.delete(read_channel(reference.address), reference.message)

    async def show_status(self, address: Address, text: str) -> None:
        """Show that the bot is typing; a deferred answer says so by itself."""
        if not text:
            self._typing.end(address)
        elif read_interaction(address) is not None:
            self._answers.expect(address)
        else:
            await self._typing.show(address, read_channel(await self._settle(address)))

    async def read_thread(self, address: Address, *, before: str) -> tuple[ThreadMessage, ...]:
        """Return what people wrote before a message, oldest first; what Discord keeps from the bot is left out."""
        own_id = await self._channels.own_id()
        before = before if before.isdecimal() else ""
        messages = await self._channels.read(read_channel(address), limit=_MAX_BACKGROUND, before=before)
        read = (_read_message(message) for message in reversed(messages))
        return tuple(message for message in read if message.text and message.author not in {own_id, ""})

    async def link_to(self, reference: MessageReference) -> str:
        """Return a link that opens the message for those who may read it."""
        guild = "@me" if reference.address.workspace == DM else reference.address.workspace
        return f"https://discord.com/channels/{guild}/{read_channel(reference.address)}/{reference.message}"

    def name_person(self, person: str, *, workspace: str) -> str:  # noqa: ARG002 - people have one profile everywhere
        """Return a link to a person's profile."""
        return f"[this person](<https://discord.com/users/{person}>)"

    def calls_left(self) -> int:
        """Return how many calls the bot may make now."""
        return self._channels.calls_left()

    def footer_size(self, content: Content) -> int:
        """Return the room that a last message's sources take in its text."""
        return footer_size(content)


def _read_message(message: Json) -> ThreadMessage:
    """Return a message as it stands in a thread; its first one may only point to the post that it was opened on."""
    origin = part(message, "referenced_message")
    if number(message, "type") == _THREAD_STARTER and origin:
        return _read_message(origin)
    author = part(message, "author")
    names = text(part(message, "member"), "nick"), text(author, "global_name"), text(author, "username")
    return ThreadMessage(read_author(message), next(filter(None, names), "someone"), text(message, "content"))


@asynccontextmanager
async def open_platform(
    settings: DiscordSettings, *, clock: Callable[[], float], settle: Settle = as_it_is
) -> AsyncIterator[DiscordPlatform]:
    """Open Discord for replies; it is usable at once, whether or not the gateway is connected."""
    async with open_rest(settings) as rest:
        yield DiscordPlatform(rest, settings, clock=clock, settle=settle)
