"""Answers to interactions: shown by the interaction's token for 15 minutes, and in another way from then on.

Discord kills the token after 15 minutes, whatever was promised. One minute before, whoever waits for a private answer
is told where the rest will be, because a dead token can't even say that. `late_answers.py` is that other way.
"""

import logging
from collections.abc import Callable

from adapters.contract import Address, Content, MessageReference, Receipt
from adapters.discord.addresses import read_interaction
from adapters.discord.channels import carries_key, read_id
from adapters.discord.errors import TokenExpired
from adapters.discord.late_answers import LateAnswers, OpenAnswer
from adapters.discord.render import EPHEMERAL, SUPPRESS_EMBEDS, build_allowed_mentions, build_message
from adapters.discord.rest import Answer, DiscordRest, File, Json
from adapters.errors import AdapterError, MessageGone, NotPermitted, RateLimited
from adapters.limits import Action

logger = logging.getLogger(__name__)

TOKEN_SECONDS = 15 * 60.0
# From here on no text begins by token that may go on growing beyond its end.
NOTICE_SECONDS = 14 * 60.0
# A call that is made earlier than this before the end arrives in time.
_MARGIN_SECONDS = 5.0
_KEEP_SECONDS = 60 * 60.0

MOVED_TEXT = "Discord closes private replies after 15 minutes, so this answer goes on in a direct message: {link}"
CLOSING_TEXT = (
    "Discord closes private replies after 15 minutes, and you take no direct messages from me. "
    "If the answer isn't complete here by then, please allow direct messages and ask again."
)


class InteractionAnswers:
    """Post and edit at the addresses of interactions. `clock` gives epoch seconds, as Discord's ids do."""

    def __init__(self, rest: DiscordRest, late: LateAnswers, *, clock: Callable[[], float], group: str = "") -> None:
        self._rest = rest
        self._late = late
        self._clock = clock
        self._group = group
        self._open: dict[Address, OpenAnswer] = {}
        self._tends_from = 0.0

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
                return await self._late.post(answer, address, content, key)
            except NotPermitted:
                await self._tell(answer, CLOSING_TEXT)
                if not self._may_use_token(answer, content):
                    raise
                return await self._post_by_token(answer, address, content, key)

    async def edit(self, reference: MessageReference, content: Content) -> Receipt:
        """Edit by token, or as what the message has become."""
        answer = self._answer(reference.address)
        async with answer.lock:
            if self._may_use_token(answer, content):
                try:
                    return await self._edit_by_token(answer, reference, content)
                except TokenExpired:
                    logger.info("an interaction's token died before its time")
            try:
                receipt = await self._late.edit(answer, reference, content)
            except NotPermitted:
                await self._tell(answer, CLOSING_TEXT)
                if not self._may_use_token(answer, content):
                    raise
                return await self._edit_by_token(answer, reference, content)
            await self._tell_of_move(answer)
            return receipt

    async def upload(self, address: Address, file: File, *, key: str) -> None:
        """Attach a file by token, or in the place of a late answer."""
        answer = self._answer(address)
        body = {"content": "", "allowed_mentions": build_allowed_mentions()}
        async with answer.lock:
            if not answer.is_moved and self._is_token_alive(answer):
                await self._call(answer, "POST", "?wait=true", _follow_up(answer, body), file=file)
            else:
                await self._late.post_body(answer, address, body, key, file=file)

    async def delete(self, reference: MessageReference) -> None:
        """Delete a message; one that is gone already, or out of reach, is no error."""
        answer = self._answer(reference.address)
        async with answer.lock:
            await self._late.delete(answer, reference.message)
            if not self._is_token_alive(answer):
                return
            try:
                await self._call(answer, "DELETE", f"/messages/{reference.message}")
            except (MessageGone, TokenExpired):
                return

    async def find(self, address: Address, key: str) -> MessageReference | None:
        """Return the first message of an answer, or a late one, that was posted under this key.

        Further messages by token can't be looked up: Discord has no list of them.
        """
        answer = self._answer(address)
        if self._is_token_alive(answer):
            try:
                original = (await self._call(answer, "GET", "/messages/@original")).json
            except (MessageGone, TokenExpired):
                original = None
            if carries_key(original, key):
                return MessageReference(address, read_id(original))
        return None if self._age(answer) < NOTICE_SECONDS else await self._late.find(answer, address, key)

    async def tend(self) -> None:
        """Tell those whose private answers won't be complete in time; forget what is long over."""
        for address, answer in list(self._open.items()):
            age = self._age(answer)
            if age > _KEEP_SECONDS:
                del self._open[address]
            elif self._clock() < self._tends_from:
                continue
            elif age >= NOTICE_SECONDS and self._is_token_alive(answer) and not _is_settled(answer):
                try:
                    async with answer.lock:
                        await self._move_unfinished(answer, address)
                except RateLimited as error:
                    # For all of them: direct messages are opened in one bucket, whoever they are for.
                    self._tends_from = self._clock() + error.retry_after
                except AdapterError as error:
                    logger.warning("a late private answer could not be announced: %s", error)

    def _answer(self, address: Address) -> OpenAnswer:
        answer = self._open.get(address)
        if answer is None:
            interaction = read_interaction(address)
            if interaction is None:
                raise MessageGone
            answer = self._open[address] = OpenAnswer(interaction)
        return answer

    def _age(self, answer: OpenAnswer) -> float:
        return self._clock() - answer.interaction.created_at

    def _is_token_alive(self, answer: OpenAnswer) -> bool:
        return self._age(answer) < TOKEN_SECONDS - _MARGIN_SECONDS

    def _may_use_token(self, answer: OpenAnswer, content: Content) -> bool:
        """Whether a call by token is in time; a text that will grow must not stop growing there unsaid."""
        if answer.is_moved or not self._is_token_alive(answer):
            return False
        may_outlive = content.is_live and answer.interaction.is_ephemeral and not answer.is_told
        return not may_outlive or self._age(answer) < NOTICE_SECONDS

    async def _post_by_token(self, answer: OpenAnswer, address: Address, content: Content, key: str) -> Receipt:
        body = self._render(answer, content, key)
        # The first message of a reply fills the deferred one, and does no harm when it is repeated.
        if key.endswith(":0") and not answer.is_told:
            done = await self._call(answer, "PATCH", "/messages/@original", body)
        else:
            done = await self._call(answer, "POST", "?wait=true", _follow_up(answer, body))
        message = read_id(done.json)
        _note(answer, message, content)
        return Receipt(MessageReference(address, message), done.allowance(Action.POST))

    async def _edit_by_token(self, answer: OpenAnswer, reference: MessageReference, content: Content) -> Receipt:
        body = self._render(answer, content)
        done = await self._call(answer, "PATCH", f"/messages/{reference.message}", body)
        _note(answer, reference.message, content)
        return Receipt(reference, done.allowance(Action.EDIT))

    async def _call(
        self, answer: OpenAnswer, method: str, path: str, body: Json | None = None, *, file: File | None = None
    ) -> Answer:
        base = f"/webhooks/{answer.interaction.application}/{answer.interaction.token}"
        return await self._rest.call(method, base + path, body, file=file, is_by_token=True)

    def _render(self, answer: OpenAnswer, content: Content, key: str = "") -> dict[str, object]:
        return build_message(content, key=key, group=self._group, is_private=answer.interaction.is_ephemeral)

    async def _move_unfinished(self, answer: OpenAnswer, address: Address) -> None:
        live = [message for message, content in answer.shown.items() if content.is_live]
        try:
            if live:
                await self._late.edit(answer, MessageReference(address, live[-1]), answer.shown[live[-1]])
            elif not answer.shown:
                await self._late.promise(answer)
        except NotPermitted:
            await self._tell(answer, CLOSING_TEXT)
        else:
            await self._tell_of_move(answer)

    async def _tell_of_move(self, answer: OpenAnswer) -> None:
        """Say where the answer goes on, if it does."""
        if answer.is_moved:
            message = answer.placeholder or next(reversed(answer.moved.values()), "")
            await self._tell(answer, MOVED_TEXT.format(link=f"https://discord.com/channels/@me/{answer.dm}/{message}"))

    async def _tell(self, answer: OpenAnswer, text: str) -> None:
        """Say something below an answer, once, while its token lives."""
        if answer.is_told or not self._is_token_alive(answer):
            return
        answer.is_told = True
        body = build_message(Content(text, is_last=False))
        try:
            await self._call(answer, "POST", "?wait=true", _follow_up(answer, body))
        except (MessageGone, TokenExpired):
            return


def _note(answer: OpenAnswer, message: str, content: Content) -> None:
    answer.shown[message] = content
    answer.is_complete = content.is_last and not content.is_live


def _is_settled(answer: OpenAnswer) -> bool:
    """Whether nobody needs to be told anything: all is there, all may see it, or all has been said."""
    return answer.is_complete or answer.is_told or not answer.interaction.is_ephemeral


def _follow_up(answer: OpenAnswer, body: Json) -> dict[str, object]:
    return {**body, "flags": SUPPRESS_EMBEDS | (EPHEMERAL if answer.interaction.is_ephemeral else 0)}
