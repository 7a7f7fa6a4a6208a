"""Answers to interactions: shown by the interaction's token for 15 minutes, and in another way from then on.

Discord kills the token after 15 minutes, whatever was promised. What only the asker may see then goes on in a direct
message; what all may see is edited as the ordinary message that it is. One minute before, whoever waits for a private
answer is told where the rest will be, because a dead token can't even say that.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.contract import Address, Content, MessageReference, Receipt
from adapters.discord.addresses import Interaction, build_address, read_channel, read_interaction
from adapters.discord.channels import ChannelMessages, Sent, carries_key, read_id
from adapters.discord.errors import DirectMessageRefused, TokenExpired
from adapters.discord.render import EPHEMERAL, SUPPRESS_EMBEDS, build_allowed_mentions, build_message
from adapters.discord.rest import Answer, DiscordRest, File, Json
from adapters.errors import AdapterError, MessageGone, NotPermitted
from adapters.limits import Action

logger = logging.getLogger(__name__)

TOKEN_SECONDS = 15 * 60.0
# From here on nothing is begun by a token that may not be finished by it.
NOTICE_SECONDS = 14 * 60.0
# A call that is made earlier than this before the end arrives in time.
_MARGIN_SECONDS = 5.0
_KEEP_SECONDS = 60 * 60.0

MOVED_TEXT = "Discord closes private replies after 15 minutes, so this answer goes on in a direct message: {link}"
CLOSING_TEXT = (
    "Discord closes private replies after 15 minutes, and you take no direct messages from me. "
    "What is not here by then is lost to you: please ask again, or allow direct messages first."
)
AWAITED_TEXT = (
    "The answer to your private question comes here: it takes longer than Discord keeps private replies open."
)


@dataclass(slots=True)
class _Open:
    """An answer by token. `shown` are the contents by message; `moved` says which message in the DM replaces which."""

    interaction: Interaction
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    shown: dict[str, Content] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    dm: str = ""
    placeholder: str = ""
    is_moved: bool = False
    is_told: bool = False
    is_complete: bool = False


class InteractionAnswers:
    """Post and edit at the addresses of interactions. `clock` gives epoch seconds, as Discord's ids do."""

    def __init__(
        self, rest: DiscordRest, channels: ChannelMessages, *, clock: Callable[[], float], group: str = ""
    ) -> None:
        self._rest = rest
        self._channels = channels
        self._clock = clock
        self._group = group
        self._open: dict[Address, _Open] = {}

    def expect(self, address: Address) -> None:
        """Learn that an answer is awaited here, so that its asker is told in time when it comes too late."""
        self._answer(address)

    async def post(self, address: Address, content: Content, *, key: str) -> Receipt:
        """Post by token, or where the rest of a late answer goes: the receipt names the place."""
        answer = self._answer(address)
        async with answer.lock:
            if self._may_use_token(answer, content):
                try:
                    return await self._post_by_token(answer, address, content, key)
                except TokenExpired:
                    logger.info("an interaction's token died before its time")
            try:
                return await self._post_late(answer, address, content, key)
            except NotPermitted:
                await self._tell(answer, CLOSING_TEXT)
                if not self._may_use_token(answer, content):
                    raise
                return await self._post_by_token(answer, address, content, key)

    async def edit(self, reference: MessageReference, content: Content) -> Receipt:
        """Edit by token, or as what the message has become."""
        answer = self._answer(reference.address)
        async with answer.lock:
            if reference.message not in answer.moved and self._may_use_token(answer, content):
                try:
                    return await self._edit_by_token(answer, reference, content)
                except TokenExpired:
                    logger.info("an interaction's token died before its time")
            try:
                return await self._edit_late(answer, reference, content)
            except NotPermitted:
                if not self._may_use_token(answer, content):
                    raise
                return await self._edit_by_token(answer, reference, content)

    async def upload(self, address: Address, file: File, *, key: str) -> None:
        """Attach a file by token, or in the place of a late answer."""
        answer = self._answer(address)
        body = {"content": "", "allowed_mentions": build_allowed_mentions()}
        async with answer.lock:
            if not answer.is_moved and self._is_token_alive(answer):
                await self._call(answer, "POST", "?wait=true", _follow_up(answer, body), file=file)
            else:
                await self._post_somewhere(answer, address, body, key, file=file)

    async def delete(self, reference: MessageReference) -> None:
        """Delete a message; one that is gone already, or out of reach, is no error."""
        answer = self._answer(reference.address)
        async with answer.lock:
            if reference.message in answer.moved:
                await self._channels.delete(answer.dm, answer.moved[reference.message])
            try:
                await self._call(answer, "DELETE", f"/messages/{reference.message}")
            except (MessageGone, TokenExpired):
                return

    async def find(self, address: Address, key: str) -> MessageReference | None:
        """Return the first message of an answer, or a late one, that was posted under this key.

        Further messages by token can't be looked up: Discord has no list of them.
        """
        answer = self._answer(address)
        try:
            original = (await self._call(answer, "GET", "/messages/@original")).json
        except (MessageGone, TokenExpired):
            original = None
        if carries_key(original, key):
            return MessageReference(address, read_id(original))
        if self._age(answer) < NOTICE_SECONDS:
            return None
        return await self._find_late(answer, address, key)

    async def tend(self) -> None:
        """Tell those whose private answers won't be complete in time; forget what is long over."""
        for address, answer in list(self._open.items()):
            age = self._age(answer)
            if age > _KEEP_SECONDS:
                del self._open[address]
            elif age >= NOTICE_SECONDS and self._is_token_alive(answer) and not _is_settled(answer):
                try:
                    async with answer.lock:
                        await self._move_unfinished(answer, address)
                except AdapterError as error:
                    logger.warning("a late private answer could not be announced: %s", type(error).__name__)

    # By token.

    def _answer(self, address: Address) -> _Open:
        answer = self._open.get(address)
        if answer is None:
            interaction = read_interaction(address)
            if interaction is None:
                raise MessageGone
            answer = self._open[address] = _Open(interaction)
        return answer

    def _age(self, answer: _Open) -> float:
        return self._clock() - answer.interaction.created_at

    def _may_use_token(self, answer: _Open, content: Content) -> bool:
        """Whether a call by token is in time; a text that will grow must not stop growing there."""
        if answer.is_moved or not self._is_token_alive(answer):
            return False
        may_grow_elsewhere = content.is_live and answer.interaction.is_ephemeral and not answer.is_told
        return not may_grow_elsewhere or self._age(answer) < NOTICE_SECONDS

    def _is_token_alive(self, answer: _Open) -> bool:
        return self._age(answer) < TOKEN_SECONDS - _MARGIN_SECONDS

    async def _post_by_token(self, answer: _Open, address: Address, content: Content, key: str) -> Receipt:
        body = self._render(answer, content, key)
        # The first message of a reply fills the deferred one: the same again when it is repeated.
        if key.endswith(":0"):
            done = await self._call(answer, "PATCH", "/messages/@original", body)
        else:
            done = await self._call(answer, "POST", "?wait=true", _follow_up(answer, body))
        message = read_id(done.json)
        _note(answer, message, content)
        return Receipt(MessageReference(address, message), done.allowance(Action.POST))

    async def _edit_by_token(self, answer: _Open, reference: MessageReference, content: Content) -> Receipt:
        body = self._render(answer, content)
        done = await self._call(answer, "PATCH", f"/messages/{reference.message}", body)
        _note(answer, reference.message, content)
        return Receipt(reference, done.allowance(Action.EDIT))

    async def _call(
        self, answer: _Open, method: str, path: str, body: Json | None = None, *, file: File | None = None
    ) -> Answer:
        base = f"/webhooks/{answer.interaction.application}/{answer.interaction.token}"
        return await self._rest.call(method, base + path, body, file=file, is_by_token=True)

    def _render(self, answer: _Open, content: Content, key: str = "") -> dict[str, object]:
        return build_message(content, key=key, group=self._group, is_private=answer.interaction.is_ephemeral)

    # Late.

    async def _open_dm(self, answer: _Open) -> str:
        if not answer.dm:
            if not answer.interaction.user:
                raise DirectMessageRefused("direct messages from the bot")
            answer.dm = await self._channels.open_dm(answer.interaction.user)
        return answer.dm

    async def _post_late(self, answer: _Open, address: Address, content: Content, key: str) -> Receipt:
        body = build_message(content, key=key, group=self._group)
        if answer.placeholder:
            channel = await self._open_dm(answer)
            sent, answer.placeholder = await self._channels.edit(channel, answer.placeholder, body), ""
            return Receipt(MessageReference(build_address("", channel), sent.message), sent.allowance)
        return await self._post_somewhere(answer, address, body, key)

    async def _post_somewhere(
        self, answer: _Open, address: Address, body: Json, key: str, *, file: File | None = None
    ) -> Receipt:
        """Post where the answer's readers will find it: in the channel if it is for all, else directly to the asker."""
        if not answer.interaction.is_ephemeral and not answer.is_moved:
            channel = read_channel(address)
            try:
                sent = await self._channels.post(channel, body, key=key, file=file)
            except (MessageGone, NotPermitted):
                logger.info("the bot has no access to the channel of an interaction")
            else:
                return Receipt(
                    MessageReference(build_address(address.workspace, channel), sent.message), sent.allowance
                )
        channel = await self._open_dm(answer)
        sent = await self._channels.post(channel, body, key=key, file=file)
        answer.is_moved = True
        return Receipt(MessageReference(build_address("", channel), sent.message), sent.allowance)

    async def _find_late(self, answer: _Open, address: Address, key: str) -> MessageReference | None:
        if not answer.interaction.is_ephemeral:
            place = build_address(address.workspace, read_channel(address))
            found = await self._channels.find(read_channel(place), key)
            if found:
                return MessageReference(place, found)
        try:
            place = build_address("", await self._open_dm(answer))
        except NotPermitted:
            return None
        found = await self._channels.find(read_channel(place), key)
        return MessageReference(place, found) if found else None

    async def _edit_late(self, answer: _Open, reference: MessageReference, content: Content) -> Receipt:
        if not answer.interaction.is_ephemeral and reference.message not in answer.moved:
            body = self._render(answer, content)
            try:
                sent = await self._channels.edit(read_channel(reference.address), reference.message, body)
            except NotPermitted:
                logger.info("the bot has no access to the channel of an interaction")
            else:
                return Receipt(reference, sent.allowance)
        sent = await self._move(answer, reference, content)
        return Receipt(reference, sent.allowance)

    async def _move(self, answer: _Open, reference: MessageReference, content: Content) -> Sent:
        """Show in the direct message what can't be edited where it stands, and say so there while that is possible."""
        try:
            channel = await self._open_dm(answer)
            key = f"moved:{reference.message}"
            body = build_message(content, key=key, group=self._group)
            # Looked up as well after a restart, when a message may have been moved earlier.
            moved = answer.moved.get(reference.message) or await self._channels.find(channel, key)
            if moved:
                sent = await self._channels.edit(channel, moved, body)
            else:
                sent = await self._channels.post(channel, body, key=key)
        except NotPermitted:
            await self._tell(answer, CLOSING_TEXT)
            raise
        answer.is_moved = True
        answer.moved[reference.message] = sent.message
        answer.shown[reference.message] = content
        await self._tell(answer, MOVED_TEXT.format(link=f"https://discord.com/channels/@me/{channel}/{sent.message}"))
        return sent

    async def _move_unfinished(self, answer: _Open, address: Address) -> None:
        live = [message for message, content in answer.shown.items() if content.is_live]
        if live:
            reference = MessageReference(address, live[-1])
            try:
                await self._move(answer, reference, answer.shown[live[-1]])
            except NotPermitted:
                return
        elif not answer.shown:
            await self._promise(answer)

    async def _promise(self, answer: _Open) -> None:
        """Prepare the place of an answer that has no text yet."""
        try:
            channel = await self._open_dm(answer)
            body = build_message(Content(AWAITED_TEXT, is_last=False))
            sent = await self._channels.post(channel, body, key=f"moved:{answer.interaction.id}")
        except NotPermitted:
            await self._tell(answer, CLOSING_TEXT)
            return
        answer.placeholder, answer.is_moved = sent.message, True
        await self._tell(answer, MOVED_TEXT.format(link=f"https://discord.com/channels/@me/{channel}/{sent.message}"))

    async def _tell(self, answer: _Open, text: str) -> None:
        """Say something below a private answer, once, while its token lives."""
        if answer.is_told or not self._is_token_alive(answer):
            return
        answer.is_told = True
        body = build_message(Content(text, is_last=False))
        try:
            await self._call(answer, "POST", "?wait=true", _follow_up(answer, body))
        except (MessageGone, TokenExpired):
            return


def _note(answer: _Open, message: str, content: Content) -> None:
    answer.shown[message] = content
    answer.is_complete = content.is_last and not content.is_live


def _is_settled(answer: _Open) -> bool:
    """Whether nobody needs to be told anything: all is there, all may see it, or all has been said."""
    return answer.is_complete or answer.is_told or not answer.interaction.is_ephemeral


def _follow_up(answer: _Open, body: Json) -> dict[str, object]:
    return {**body, "flags": SUPPRESS_EMBEDS | (EPHEMERAL if answer.interaction.is_ephemeral else 0)}
