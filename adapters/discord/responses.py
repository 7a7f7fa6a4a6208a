"""The first response to an interaction, which Discord awaits for 3 seconds and takes once."""

import asyncio
import logging
from collections.abc import Sequence

from adapters.discord.interactions import Ticket
from adapters.discord.payload import part, snowflake
from adapters.discord.render import EPHEMERAL, SUPPRESS_EMBEDS, build_allowed_mentions
from adapters.discord.rest import DiscordRest, Json
from adapters.errors import AdapterError, NotPermitted, RetryLater
from adapters.markdown.neutralise import PingRule, neutralise

_log = logging.getLogger(__name__)
_SECONDS = 2.9
_ATTEMPTS = 3
_MESSAGE, _DEFERRED, _DEFERRED_UPDATE, _CHOICES = 4, 5, 6, 8
_QUOTED_CHARS = 1_500


class Responses:
    """Respond. What can't be delivered in time is logged, for there is nobody left to tell."""

    def __init__(self, rest: DiscordRest) -> None:
        self._rest = rest

    async def defer(self, ticket: Ticket, *, is_private: bool) -> None:
        """Show that an answer is being made, which then takes this response's place."""
        await self._respond(ticket, {"type": _DEFERRED, "data": {"flags": EPHEMERAL if is_private else 0}})

    async def quote(self, ticket: Ticket, question: str) -> str:
        """Show the question to all, for an answer that stands elsewhere; return the message, or nothing without one."""
        sent = await self._respond(ticket, {"type": _MESSAGE, "data": _message(_quoted(question))})
        return snowflake(part(sent, "resource", "message"), "id")

    async def tell(self, ticket: Ticket, notice: str) -> None:
        """Say something for the person's eyes alone."""
        await self._respond(ticket, {"type": _MESSAGE, "data": _message(notice, EPHEMERAL)})

    async def take_note(self, ticket: Ticket) -> None:
        """Let a pressed button be, without a word."""
        await self._respond(ticket, {"type": _DEFERRED_UPDATE})

    async def suggest(self, ticket: Ticket, choices: Sequence[Json]) -> None:
        """Offer choices to somebody who is typing."""
        await self._respond(ticket, {"type": _CHOICES, "data": {"choices": list(choices)}})

    async def _respond(self, ticket: Ticket, body: Json) -> object:
        """Make the call again where it failed on its way: a response that did arrive is refused as a second one."""
        path = f"/interactions/{ticket.id}/{ticket.token}/callback?with_response=true"
        failure: AdapterError | str = f"no answer within {_SECONDS:g} s"
        try:
            async with asyncio.timeout(_SECONDS):
                for _ in range(_ATTEMPTS):
                    try:
                        return (await self._rest.call("POST", path, body, is_by_token=True)).json
                    except RetryLater as error:
                        failure = error
                    except NotPermitted as error:
                        failure = error
                        break
        except TimeoutError:
            pass
        _log.warning("interaction %s was not responded to: %s", ticket.id, failure)
        return None


def _quoted(question: str) -> str:
    shown = question if len(question) <= _QUOTED_CHARS else f"{question[:_QUOTED_CHARS].rstrip()}…"
    return "\n".join(f"> {line}" for line in shown.splitlines()) or "> …"


def _message(content: str, flags: int = 0) -> Json:
    return {
        "content": neutralise(content, PingRule()),
        "flags": flags | SUPPRESS_EMBEDS,
        "allowed_mentions": build_allowed_mentions(),
    }
