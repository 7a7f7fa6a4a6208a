"""Slack as the place where replies go. Calls only: what a message looks like is decided in `render`."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from adapters.contract import Address, Content, MessageReference, Receipt, ThreadMessage
from adapters.errors import MessageGone, RateLimited, Unreachable
from adapters.limits import Limits, build_slack_limits
from adapters.slack.addresses import read_address
from adapters.slack.calls import SingleToken, SlackCalls, Tokens, open_calls
from adapters.slack.files import SlackFiles
from adapters.slack.messages import Messages, Speaks
from adapters.slack.people import SlackPeople
from adapters.slack.private import PrivateAnswers
from adapters.slack.reads import PacedReads
from adapters.slack.render import measure_text
from adapters.slack.settings import SlackSettings
from adapters.slack.status import StatusLine
from adapters.slack.streams import StreamedMessages
from adapters.slack.threads import SlackThreads


class SlackPlatform:
    """Passes Platform and all of its optional parts (adapters.contract)."""

    def __init__(self, calls: SlackCalls, *, clock: Callable[[], float], streams: bool = False) -> None:
        self._calls = calls
        self._limits = _build_limits()
        self._people = SlackPeople(calls)
        self._threads = SlackThreads(PacedReads(calls, clock), self._people)
        self._files = SlackFiles(calls, self._threads)
        plain = Messages(calls, self._threads)
        self._messages: Speaks = StreamedMessages(plain, calls, self._threads, clock) if streams else plain
        self._private = PrivateAnswers(calls, plain, self._files)
        self._status = StatusLine(calls, clock)

    @property
    def limits(self) -> Limits:
        """The documented limits."""
        return self._limits

    def may_edit(self, address: Address) -> bool:
        """Whether messages there can be edited: what one person sees by command can't."""
        return not read_address(address).is_private

    async def post(self, address: Address, content: Content, *, key: str) -> Receipt:
        """Post a message that can be found again by its key."""
        place = read_address(address)
        if place.is_private:
            return Receipt(MessageReference(address, await self._private.post(place, content, key)))
        self._status.forget(place)
        return Receipt(MessageReference(address, await self._messages.post(place, content, key)))

    async def edit(self, reference: MessageReference, content: Content) -> Receipt:
        """Replace what a message shows."""
        place = read_address(reference.address)
        if place.is_private:
            await self._private.edit(place, reference.message, content)
            return Receipt(reference)
        await self._messages.edit(place, reference.message, content)
        return Receipt(reference)

    async def upload(self, address: Address, name: str, text: str, *, key: str) -> None:
        """Attach a text file to the thread, once for each key."""
        place = read_address(address)
        if place.is_private:
            await self._private.upload(place, name, text, key)
        else:
            await self._files.upload(place, name, text, key)

    async def find(self, address: Address, key: str) -> MessageReference | None:
        """Return the message that was posted under this key; private ones can't be looked up."""
        place = read_address(address)
        try:
            found = None if place.is_private else await self._messages.find(place, key)
        except RateLimited as error:
            # Of reading: posts need not pause for it.
            raise Unreachable("looking up is rate limited") from error
        return None if found is None else MessageReference(address, found)

    async def delete(self, reference: MessageReference) -> None:
        """Delete a message; one that is gone already is no error."""
        place = read_address(reference.address)
        if place.is_private:
            return
        try:
            await self._calls.write(place.team, "chat.delete", {"channel": place.channel, "ts": reference.message})
        except MessageGone:
            return

    async def show_status(self, address: Address, text: str) -> None:
        """Show what is being done, in the places where Slack has room for it."""
        await self._status.show(read_address(address), text)

    async def read_thread(self, address: Address, *, before: str) -> tuple[ThreadMessage, ...]:
        """Return what people wrote before a message, oldest first."""
        return await self._threads.read(read_address(address), before)

    async def link_to(self, reference: MessageReference) -> str:
        """Return the permanent link to a message; raises MessageGone for what one person alone could see."""
        place = read_address(reference.address)
        if place.is_private:
            raise MessageGone("a private answer has no link")
        asked = {"channel": place.channel, "message_ts": reference.message}
        answer = await self._calls.read(place.team, "chat.getPermalink", asked)
        return str(answer.get("permalink", ""))

    def name_person(self, person: str, *, workspace: str) -> str:
        """Return a link to a person's profile, which notifies nobody."""
        return self._people.name(workspace, person)


def _build_limits() -> Limits:
    """Return Slack's limits, the text measured as the payload holds it and with room for sources and buttons."""
    return replace(build_slack_limits(), max_post_size=10_000, max_edit_size=10_000, escape=measure_text)


@asynccontextmanager
async def open_slack_platform(
    settings: SlackSettings, *, clock: Callable[[], float], tokens: Tokens | None = None
) -> AsyncIterator[SlackPlatform]:
    """Open Slack for replies; without `tokens` the one of the settings serves."""
    async with open_calls(settings.api_url, tokens or SingleToken(settings.bot_token)) as calls:
        yield SlackPlatform(calls, clock=clock, streams=settings.streams)
