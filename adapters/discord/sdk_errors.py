"""discord.py's exceptions, translated once: the gateway's client raises them where replies have `errors.py`.

Separate, because importing discord.py is slow and replies do without it.
"""

import aiohttp
import discord
from discord import app_commands

from adapters.discord.errors import translate
from adapters.discord.rest import translate_transport
from adapters.errors import AdapterError, NotPermitted, RateLimited, StartRefused, Unreachable
from adapters.limits import Scope

# The closes of the gateway that only an operator can mend.
_FATAL_CLOSES = {
    4004: "DISCORD_BOT_TOKEN: Discord doesn't accept it; copy it again from the developer portal, page Bot",
    4010: "FIRSTLINE_DISCORD_SHARDS: Discord refuses this number of shards",
    4011: "FIRSTLINE_DISCORD_SHARDS: the bot is in so many servers that Discord demands more shards",
    4013: "Discord doesn't know an intent that was asked for: this version of Firstline is too old or too new",
    4014: (
        "Discord doesn't grant the message-content intent: switch it on in the developer portal, page Bot, "
        "or set FIRSTLINE_DISCORD_MESSAGE_CONTENT=false"
    ),
}


def translate_sdk(error: discord.DiscordException | aiohttp.ClientError | OSError) -> AdapterError:
    """Return what an exception of discord.py, or of the connection below it, means."""
    # Before HTTPException, which a refused registration of commands is as well.
    if isinstance(error, app_commands.AppCommandError):
        return _translate_command(error)
    if isinstance(error, discord.HTTPException):
        return _translate_answer(error)
    if isinstance(error, discord.RateLimited):
        return RateLimited(error.retry_after, Scope.CHANNEL)
    if isinstance(error, discord.ClientException):
        return _translate_client(error)
    if isinstance(error, aiohttp.ClientError | TimeoutError):
        return translate_transport(error)
    return Unreachable()


def _translate_answer(error: discord.HTTPException) -> AdapterError:
    # The text of the answer may quote what was sent, so only its codes go on.
    response = error.response
    headers = response.headers if isinstance(response, aiohttp.ClientResponse) else {}
    return translate(error.status, {"code": error.code}, headers)


def _translate_client(error: discord.ClientException) -> AdapterError:
    match error:
        case discord.LoginFailure():
            return StartRefused(_FATAL_CLOSES[4004])
        case discord.PrivilegedIntentsRequired():
            return StartRefused(_FATAL_CLOSES[4014])
        case discord.ConnectionClosed():
            fatal = _FATAL_CLOSES.get(error.code)
            return StartRefused(fatal) if fatal else Unreachable()
        case discord.InteractionResponded():
            return NotPermitted("a second first response: this interaction was answered already")
        case _:
            return Unreachable()


def _translate_command(error: app_commands.AppCommandError) -> AdapterError:
    match error:
        case app_commands.CommandInvokeError() | app_commands.TranslationError():
            cause = getattr(error, "original", None) or error.__cause__
            return translate_sdk(cause) if isinstance(cause, discord.DiscordException) else Unreachable()
        case app_commands.CommandSyncFailure():
            return StartRefused("Discord refuses Firstline's commands: this version is too old or too new")
        case app_commands.MissingApplicationID():
            return Unreachable()
        case _:
            return NotPermitted("the command: it is not for this place or person")
