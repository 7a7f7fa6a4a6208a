"""Serving interactions: first what they ask for is made durable, then Discord is told "received".

Accepting is one commit of a few milliseconds, so it comes before the response, for which Discord waits 3 seconds. If it
should ever take longer, the person sees that the command failed; they never see "thinking" for a question that could
still be lost.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace

from adapters.contract import Kind, Wish
from adapters.desk import FrontDesk, Reception
from adapters.discord.atlas import Atlas
from adapters.discord.attachments import Fetch, with_attachments
from adapters.discord.commands import suggest
from adapters.discord.forums import mark_solved
from adapters.discord.interactions import Asked, Begun, Form, Wished, parse_interaction, place_of
from adapters.discord.parse import Identity
from adapters.discord.payload import Payload, snowflake
from adapters.discord.places import Place
from adapters.discord.responses import Responses
from adapters.discord.rest import DiscordRest
from adapters.discord.threads import Threads
from adapters.recent import Recent

_log = logging.getLogger(__name__)
_PLACE_SECONDS = 0.8
"""For looking up the thread in which somebody calls; without it, the talk there begins anew."""
_NOT_TAKEN = "I couldn't take that in just now. Please try again in a moment."
_SILENT = "I don't answer here at the moment."
_DONE = "Done."


class Callers:
    """Serve those who call by a command or a button."""

    def __init__(self, *, desk: FrontDesk, rest: DiscordRest, threads: Threads, atlas: Atlas, fetch: Fetch) -> None:
        self._desk = desk
        self._rest = rest
        self._threads = threads
        self._atlas = atlas
        self._fetch = fetch
        self._responses = Responses(rest)
        self._served: Recent[str, None] = Recent()

    async def serve(self, event: Payload, me: Identity) -> None:
        """Do what an interaction asks for and respond to it; one that a RESUME brings again has been served."""
        if snowflake(event, "id") in self._served:
            return
        self._served.note(snowflake(event, "id"), None)
        place = await self._placed(event, me)
        request = parse_interaction(event, place, me)
        match request:
            case Asked():
                await self._take_question(request)
            case Wished():
                await self._do(request, place)
            case Begun(ticket, words):
                await self._responses.suggest(ticket, suggest(await self._desk.welcome(), words))
            case None:
                _log.warning("an interaction that nothing here knows of")

    async def _placed(self, event: Payload, me: Identity) -> Place:
        """Return the place with what the interaction leaves out: who began a thread, and whether it is a post."""
        place = place_of(event)
        if place.is_thread:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PLACE_SECONDS):
                    place = await self._atlas.find(place.channel, guild=place.guild)
                    return await self._threads.rooted(place, me.user)
        return place

    async def _take_question(self, asked: Asked) -> None:
        text = await with_attachments(asked.message.text, asked.attachments, self._fetch)
        message = replace(asked.message, text=text)
        self._threads.entitle(message.address, text)
        if asked.form is Form.QUOTED:
            self._threads.expect(asked.ticket.id)
        quoted = ""
        try:
            reception = await self._receive(replace(asked, message=message))
            if not reception.is_question:
                await self._responses.tell(asked.ticket, reception.notice or _SILENT)
            elif asked.form is Form.QUOTED:
                quoted = await self._responses.quote(asked.ticket, text)
            else:
                await self._responses.defer(asked.ticket, is_private=asked.form is Form.PRIVATE)
        finally:
            self._threads.arrived(asked.ticket.id, quoted)

    async def _do(self, wished: Wished, place: Place) -> None:
        reception = await self._receive(wished)
        is_button = wished.message.kind is Kind.BUTTON
        if reception.notice or not is_button:
            await self._responses.tell(wished.ticket, reception.notice or _DONE)
        else:
            await self._responses.take_note(wished.ticket)
        if wished.message.wish is Wish.HELPFUL:
            await mark_solved(self._rest, self._atlas, place, by=wished.message.author)

    async def _receive(self, request: Asked | Wished) -> Reception:
        """Hand in to the desk; a failure is said, so that nobody waits for an answer that isn't coming."""
        is_taken = False
        try:
            reception = await self._desk.receive(request.message)
            is_taken = True
        finally:
            if not is_taken:
                await self._responses.tell(request.ticket, _NOT_TAKEN)
        return reception
