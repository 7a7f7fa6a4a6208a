"""discord.py's exceptions, translated once: the gateway's client raises them where replies have `errors.py`.

Separate, because importing discord.py is slow and replies do without it. A test walks the SDK's exception classes.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import aiohttp
import discord

from adapters.discord.errors import translate
from adapters.discord.rest import translate_transport
from adapters.errors import AdapterError, NotPermitted, RateLimited, StartRefused, Unreachable
from adapters.limits import Scope

_WRONG_TOKEN: Final = (
    "Discord refuses DISCORD_BOT_TOKEN: copy the bot's token anew from the Developer Portal, under Bot"  # noqa: S105 - a setting's name
)
FATAL_CLOSES: Final[Mapping[int, str]] = MappingProxyType(
    {
        4004: _WRONG_TOKEN,
        4010: "Discord refuses the shard: correct FIRSTLINE_DISCORD_SHARDS or leave it unset",
        4011: "Discord asks for more shards: raise FIRSTLINE_DISCORD_SHARDS or leave it unset",
        4012: "Discord speaks this version of its gateway no more: update Firstline",
        4013: "Discord doesn't know the intents that were asked for: update Firstline",
        4014: (
            "Discord refuses the message-content intent: enable it in the Developer Portal, under Bot, "
            "or unset FIRSTLINE_DISCORD_MESSAGE_CONTENT"
        ),
    }
)
"""The closes of the gateway that only an operator can mend, by Discord's codes."""


def translate_sdk(error: discord.DiscordException | aiohttp.ClientError | OSError) -> AdapterError:
    """Return what an exception of discord.py, or of the connection below it, means."""
    match error:
        case discord.LoginFailure():
            return StartRefused(_WRONG_TOKEN)
        case discord.PrivilegedIntentsRequired():
            return StartRefused(FATAL_CLOSES[4014])
        case discord.ConnectionClosed(code=code) if code in FATAL_CLOSES:
            return StartRefused(FATAL_CLOSES[code])
        case discord.HTTPException():
            return _translate_answer(error)
        case discord.RateLimited():
            return RateLimited(error.retry_after, Scope.CHANNEL)
        case discord.InteractionResponded():
            return NotPermitted("a second first response: this interaction was answered already")
        case aiohttp.ClientError() | TimeoutError():
            return translate_transport(error)
        case _:
            # A broken connection, or a gateway that said something unexpected: the next attempt may go well.
            return Unreachable()


def _translate_answer(error: discord.HTTPException) -> AdapterError:
    # The text of the answer may quote what was sent, so only its codes go on.
    response = error.response
    headers = response.headers if isinstance(response, aiohttp.ClientResponse) else {}
    return translate(error.status, {"code": error.code}, headers)
