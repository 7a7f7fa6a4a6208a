"""Telling Discord of the commands, once and only when they have changed."""

import logging
import random

from adapters.discord.commands import build_commands, is_current, with_entry_points
from adapters.discord.pace import BackOff, Sleep
from adapters.discord.payload import Payload, objects, part, snowflake
from adapters.discord.rest import DiscordRest
from adapters.errors import AdapterError, RateLimited, RetryLater

_log = logging.getLogger(__name__)


async def sync_commands(rest: DiscordRest, *, sleep: Sleep) -> None:
    """Bring the commands up to date; a bot whose commands Discord refuses can still be mentioned, so this is logged."""
    back_off = BackOff(random.Random())
    while True:
        try:
            if await put_commands(rest):
                _log.info("told Discord of the commands")
        except RateLimited as error:
            await sleep(error.retry_after)
        except RetryLater:
            await sleep(back_off.next_seconds())
        except AdapterError as error:
            _log.warning("Discord doesn't take the commands: %s", error)
            return
        else:
            return


async def put_commands(rest: DiscordRest) -> bool:
    """Send the commands if Discord has others; return whether they were sent."""
    application = await find_application(rest)
    existing = await list_commands(rest, application)
    wanted = build_commands()
    if is_current(existing, wanted):
        return False
    await rest.call("PUT", f"/applications/{application}/commands", with_entry_points(existing, wanted))
    return True


async def find_application(rest: DiscordRest) -> str:
    """Return the id of the bot's application."""
    return snowflake(part((await rest.call("GET", "/oauth2/applications/@me")).json), "id")


async def list_commands(rest: DiscordRest, application: str) -> list[Payload]:
    """Return the commands that Discord has."""
    return list(objects((await rest.call("GET", f"/applications/{application}/commands")).json))
