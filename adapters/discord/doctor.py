"""Looking at a Discord app from outside, before or beside a running bot: what is fine, and what to do where it isn't.

Costs no IDENTIFY: the gateway is only asked to greet.
"""

import asyncio
from collections.abc import AsyncIterator

import aiohttp

from adapters.desk import Finding
from adapters.discord.commands import build_commands, is_current
from adapters.discord.payload import Payload, is_set, number, part, parts, snowflake, text
from adapters.discord.permissions import FOR_NOTICES, MENTION_ALL_ROLES, build_invite_link, missing_in, name_all
from adapters.discord.rest import DiscordRest, open_rest
from adapters.discord.settings import DiscordSettings
from adapters.discord.syncing import list_commands
from adapters.errors import AdapterError, NotPermitted

_GRANTED_CONTENT = 1 << 18 | 1 << 19  # for verified bots, and for those in fewer than 100 servers
_FEW_SESSIONS = 50
_GREETING_SECONDS = 10.0
_PORTAL = "the Developer Portal (https://discord.com/developers/applications)"


async def examine(settings: DiscordSettings) -> AsyncIterator[Finding]:
    """Yield what is found, one after the other; without a valid token there is nothing further to look at."""
    async with open_rest(settings) as rest:
        token, me = await _look_at_token(rest)
        yield token
        if not token.is_fine:
            return
        try:
            async for finding in _look_around(rest, settings, me):
                yield finding
        except AdapterError as error:
            yield Finding("Discord", is_fine=False, detail=str(error), advice="Try again in a moment.")


async def _look_around(rest: DiscordRest, settings: DiscordSettings, me: str) -> AsyncIterator[Finding]:
    application = part((await rest.call("GET", "/oauth2/applications/@me")).json)
    yield _look_at_intents(application, settings)
    yield _look_at_endpoint(application)
    yield await _look_at_gateway(rest, settings)
    yield await _look_at_commands(rest, snowflake(application, "id"))
    yield _look_at_servers(application)
    if settings.support_channel:
        async for finding in _look_at_support(rest, settings, me):
            yield finding


async def _look_at_token(rest: DiscordRest) -> tuple[Finding, str]:
    try:
        me = part((await rest.call("GET", "/users/@me")).json)
    except NotPermitted:
        advice = f"Copy the bot's token from {_PORTAL}, under Bot, into DISCORD_BOT_TOKEN."
        return Finding("token", is_fine=False, detail="Discord refuses it", advice=advice), ""
    except AdapterError as error:
        advice = "Look at the network, the proxy and DISCORD_API_URL."
        return Finding("token", is_fine=False, detail=f"Discord can't be reached: {error}", advice=advice), ""
    return Finding("token", is_fine=True, detail=f"of {text(me, 'username')}"), snowflake(me, "id")


def _look_at_intents(application: Payload, settings: DiscordSettings) -> Finding:
    is_granted = bool(max(number(application, "flags"), 0) & _GRANTED_CONTENT)
    if settings.message_content and not is_granted:
        advice = f"Enable it in {_PORTAL}, under Bot, or unset FIRSTLINE_DISCORD_MESSAGE_CONTENT."
        return Finding("message content", is_fine=False, detail="asked for, but not granted", advice=advice)
    if settings.message_content:
        return Finding("message content", is_fine=True, detail="follow-ups in threads need no mention")
    return Finding(
        "message content",
        is_fine=True,
        detail="off: in servers the bot reads only what mentions it, so follow-ups in threads need a mention",
        advice=f"For follow-ups without one, enable the Message Content intent in {_PORTAL} and set "
        "FIRSTLINE_DISCORD_MESSAGE_CONTENT=true.",
    )


def _look_at_endpoint(application: Payload) -> Finding:
    if text(application, "interactions_endpoint_url"):
        advice = f"Empty the Interactions Endpoint URL in {_PORTAL}, under General Information."
        detail = "they go to a web address, so commands and buttons never reach Firstline"
        return Finding("interactions", is_fine=False, detail=detail, advice=advice)
    return Finding("interactions", is_fine=True, detail="come over the gateway")


async def _look_at_gateway(rest: DiscordRest, settings: DiscordSettings) -> Finding:
    told = part((await rest.call("GET", "/gateway/bot")).json)
    limit = part(told, "session_start_limit")
    left, total = number(limit, "remaining"), number(limit, "total")
    if not await _greets(settings.gateway_url or text(told, "url")):
        advice = "Let the machine open websockets to gateway.discord.gg, or look at DISCORD_GATEWAY_URL."
        return Finding("gateway", is_fine=False, detail="doesn't answer", advice=advice)
    if 0 <= left < _FEW_SESSIONS:
        hours = max(number(limit, "reset_after"), 0) / 3_600_000
        advice = f"Stop what starts the bot again and again; the count is renewed in {hours:.0f} h."
        return Finding("gateway", is_fine=False, detail=f"{left} of {total} starts left today", advice=advice)
    return Finding("gateway", is_fine=True, detail=f"answers; {left} of {total} starts left today")


async def _greets(gateway: str) -> bool:
    try:
        async with (
            asyncio.timeout(_GREETING_SECONDS),
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{gateway.rstrip('/')}/?v=10&encoding=json") as socket,
        ):
            return number(part(await socket.receive_json()), "op") == 10
    except (aiohttp.ClientError, OSError, TimeoutError, TypeError, ValueError):
        return False


async def _look_at_commands(rest: DiscordRest, application: str) -> Finding:
    if is_current(await list_commands(rest, application), build_commands()):
        return Finding("commands", is_fine=True, detail="/support and the others are known to Discord")
    advice = "Run `firstline run` once: it tells Discord of its commands when it starts."
    return Finding("commands", is_fine=False, detail="Discord has others, or none", advice=advice)


def _look_at_servers(application: Payload) -> Finding:
    count, link = number(application, "approximate_guild_count"), build_invite_link(snowflake(application, "id"))
    if count == 0:
        return Finding("servers", is_fine=False, detail="in none", advice=f"Invite the bot: {link}")
    shown = f"in {count}; " if count > 0 else ""
    return Finding("servers", is_fine=True, detail=f"{shown}invite it to another by {link}")


async def _look_at_support(rest: DiscordRest, settings: DiscordSettings, me: str) -> AsyncIterator[Finding]:
    try:
        channel = part((await rest.call("GET", f"/channels/{settings.support_channel}")).json)
        guild_id = snowflake(channel, "guild_id")
        guild = part((await rest.call("GET", f"/guilds/{guild_id}")).json)
        member = part((await rest.call("GET", f"/guilds/{guild_id}/members/{me}")).json)
    except AdapterError:
        advice = "Correct FIRSTLINE_DISCORD_SUPPORT_CHANNEL, or let the bot view that channel."
        yield Finding("support channel", is_fine=False, detail="can't be seen", advice=advice)
        return
    missing = missing_in(channel, guild, member, me=me, wanted=FOR_NOTICES)
    if missing:
        advice = f"Give the bot in #{text(channel, 'name')}: {name_all(missing)}."
        yield Finding("support channel", is_fine=False, detail="lacks permissions", advice=advice)
    else:
        yield Finding("support channel", is_fine=True, detail=f"#{text(channel, 'name')}")
    if settings.support_role:
        may_mention_all = not missing_in(channel, guild, member, me=me, wanted=MENTION_ALL_ROLES)
        yield _look_at_support_role(guild, settings.support_role, may_mention_all=may_mention_all)


def _look_at_support_role(guild: Payload, role_id: str, *, may_mention_all: bool) -> Finding:
    role = next((each for each in parts(guild, "roles") if snowflake(each, "id") == role_id), None)
    if role is None:
        advice = "Correct FIRSTLINE_DISCORD_SUPPORT_ROLE: it must be a role of the support channel's server."
        return Finding("support role", is_fine=False, detail="is not there", advice=advice)
    if not (is_set(role, "mentionable") or may_mention_all):
        advice = f'Switch on "Allow anyone to @mention this role" for {text(role, "name")}, in the server\'s settings.'
        return Finding(
            "support role", is_fine=False, detail="is not notified: the bot may not mention it", advice=advice
        )
    return Finding("support role", is_fine=True, detail=text(role, "name"))
