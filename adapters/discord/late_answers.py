"""Where an answer goes on when its interaction's token is dead, or about to be.

What all may see is an ordinary message of its channel. What only the asker may see, or what stands where the bot has no
access of its own, goes on in a direct message. Nothing here uses the token: `answers.py` does.
"""

import asyncio
import logging
from dataclasses import dataclass, field

from adapters.contract import Address, Content, MessageReference, Receipt
from adapters.discord.addresses import Interaction, build_address, read_channel
from adapters.discord.channels import ChannelMessages
from adapters.discord.errors import DirectMessageRefused
from adapters.discord.render import build_message
from adapters.discord.rest import File, Json
from adapters.errors import MessageGone, NotPermitted

logger = logging.getLogger(__name__)

AWAITED_TEXT = (
    "The answer to your private question comes here: it takes longer than Discord keeps private replies open."
)


@dataclass(slots=True)
class OpenAnswer:
    """An answer to an interaction, as far as this process knows it.

    `shown` are the contents by message; `moved` says which direct message replaces which message. `placeholder` is a
    direct message that waits for its text. From `is_moved` on nothing is written by token; `is_told`: the asker knows.
    """

    interaction: Interaction
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    shown: dict[str, Content] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    dm: str = ""
    placeholder: str = ""
    is_moved: bool = False
    is_told: bool = False
    is_complete: bool = False


class LateAnswers:
    """Post, edit and find what comes late. Raises NotPermitted where the asker takes no direct messages."""

    def __init__(self, channels: ChannelMessages, *, group: str) -> None:
        self._channels = channels
        self._group = group

    async def post(self, answer: OpenAnswer, address: Address, content: Content, key: str) -> Receipt:
        """Post a message, in place of the one that was promised if there is one."""
        body = build_message(content, key=key, group=self._group)
        if not answer.placeholder:
            return await self.post_body(answer, address, body, key)
        channel = await self._open_dm(answer)
        sent, answer.placeholder = await self._channels.edit(channel, answer.placeholder, body), ""
        return Receipt(MessageReference(build_address("", channel), sent.message), sent.allowance)

    async def post_body(
        self, answer: OpenAnswer, address: Address, body: Json, key: str, *, file: File | None = None
    ) -> Receipt:
        """Post where the readers will find it: in the channel what is for all, else directly to the asker."""
        if not answer.interaction.is_ephemeral and not answer.is_moved:
            place = _place_of(address)
            try:
                sent = await self._channels.post(read_channel(place), body, key=key, file=file)
            except (MessageGone, NotPermitted):
                logger.info("the bot has no access to the channel of an interaction")
            else:
                return Receipt(MessageReference(place, sent.message), sent.allowance)
        channel = await self._open_dm(answer)
        sent = await self._channels.post(channel, body, key=key, file=file)
        answer.is_moved = True
        return Receipt(MessageReference(build_address("", channel), sent.message), sent.allowance)

    async def edit(self, answer: OpenAnswer, reference: MessageReference, content: Content) -> Receipt:
        """Show a content as what the message has become."""
        if not answer.interaction.is_ephemeral and reference.message not in answer.moved:
            body = build_message(content, group=self._group)
            try:
                sent = await self._channels.edit(read_channel(reference.address), reference.message, body)
            except NotPermitted:
                logger.info("the bot has no access to the channel of an interaction")
            else:
                return Receipt(reference, sent.allowance)
        return await self._move(answer, reference, content)

    async def _move(self, answer: OpenAnswer, reference: MessageReference, content: Content) -> Receipt:
        """Show in a direct message what can't be edited where it stands."""
        channel, key = await self._open_dm(answer), f"moved:{reference.message}"
        body = build_message(content, key=key, group=self._group)
        # Looked up as well, for it may have been moved before a restart.
        moved = answer.moved.get(reference.message) or await self._channels.find(channel, key)
        if moved:
            sent = await self._channels.edit(channel, moved, body)
        else:
            sent = await self._channels.post(channel, body, key=key)
        answer.is_moved = True
        answer.moved[reference.message] = sent.message
        answer.shown[reference.message] = content
        return Receipt(reference, sent.allowance)

    async def promise(self, answer: OpenAnswer) -> None:
        """Prepare the place of an answer that has no text yet, which shows whether there can be one."""
        channel = await self._open_dm(answer)
        body = build_message(Content(AWAITED_TEXT, is_last=False))
        sent = await self._channels.post(channel, body, key=f"moved:{answer.interaction.id}")
        answer.placeholder, answer.is_moved = sent.message, True

    async def find(self, answer: OpenAnswer, address: Address, key: str) -> MessageReference | None:
        """Return the late message that was posted under this key."""
        places = [] if answer.interaction.is_ephemeral else [_place_of(address)]
        try:
            places.append(build_address("", await self._open_dm(answer)))
        except NotPermitted:
            logger.info("the asker of an interaction can't be written to")
        for place in places:
            found = await self._channels.find(read_channel(place), key)
            if found:
                return MessageReference(place, found)
        return None

    async def delete(self, answer: OpenAnswer, message: str) -> None:
        """Delete what a message was moved to, if it was."""
        if message in answer.moved:
            await self._channels.delete(answer.dm, answer.moved.pop(message))

    async def _open_dm(self, answer: OpenAnswer) -> str:
        if not answer.dm:
            if not answer.interaction.user:
                raise DirectMessageRefused("direct messages from the bot")
            answer.dm = await self._channels.open_dm(answer.interaction.user)
        return answer.dm


def _place_of(address: Address) -> Address:
    """Return the channel that an interaction was used in, as an ordinary address."""
    return build_address(address.workspace, read_channel(address))
