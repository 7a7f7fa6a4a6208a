"""The platforms whose tokens are set: built from the settings, each behind the same border. Imported when needed."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.contract import Address
from adapters.desk import Finding, Venue
from adapters.discord.settings import DiscordSettings
from adapters.slack.settings import SlackSettings
from bot.errors import SettingsInvalid
from bot.outlets import SupportChannel
from bot.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from adapters.slack.doctor_oauth import Installing
    from adapters.slack.http import HttpSettings
    from adapters.slack.oauth import OAuth

_INSTALLS = "slack_installations.db"
_NONE_SET = (
    "no platform is set: put SLACK_BOT_TOKEN and SLACK_APP_TOKEN (docs/slack.md) or DISCORD_BOT_TOKEN "
    "(docs/discord.md) into .env, or try `firstline chat`"
)
_HALF_SET = (
    "SLACK_BOT_TOKEN is set, but there is no way to hear Slack: add SLACK_APP_TOKEN (Socket Mode) or "
    "SLACK_SIGNING_SECRET (HTTP mode), see docs/slack.md"
)


@asynccontextmanager
async def open_venues(settings: Settings) -> AsyncIterator[Mapping[str, Venue]]:
    """Open every platform whose tokens are set, by its name. Raises SettingsInvalid for none, or half of one."""
    if settings.slack.bot_token is not None and not settings.slack.is_set:
        raise SettingsInvalid(_HALF_SET)
    if not (settings.slack.is_set or settings.discord.is_set):
        raise SettingsInvalid(_NONE_SET)
    async with AsyncExitStack() as stack:
        venues: dict[str, Venue] = {}
        if settings.slack.is_set:
            venues["slack"] = await _open_slack(settings, stack)
        if settings.discord.is_set:
            venues["discord"] = await _open_discord(settings, stack)
        yield venues


async def _open_slack(settings: Settings, stack: AsyncExitStack) -> Venue:
    from adapters.slack.adapter import open_slack_platform
    from adapters.slack.venue import open_slack

    slack = slack_settings(settings)
    if not slack.app_token:
        return await _open_slack_http(settings, stack)
    platform = await stack.enter_async_context(open_slack_platform(slack, clock=time.monotonic))
    return await stack.enter_async_context(open_slack(slack, platform, clock=time.time))


async def _open_slack_http(settings: Settings, stack: AsyncExitStack) -> Venue:
    from adapters.slack.adapter import open_slack_platform
    from adapters.slack.http import open_slack_http

    slack = slack_settings(settings)
    oauth = await _open_installs(settings, stack) if slack.client_id else None
    platform = await stack.enter_async_context(
        open_slack_platform(slack, clock=time.monotonic, tokens=oauth.installations if oauth else None)
    )
    http = _http_settings(settings)
    return await stack.enter_async_context(open_slack_http(slack, http, platform, clock=time.time, oauth=oauth))


def _http_settings(settings: Settings) -> "HttpSettings":
    from adapters.slack.http import HttpSettings

    service = settings.service
    return HttpSettings(
        host=service.http_host, port=service.http_port, path_prefix=service.http_path, public_url=service.public_url
    )


async def _open_installs(settings: Settings, stack: AsyncExitStack) -> "OAuth":
    """Open what is kept of the workspaces that installed the app."""
    from adapters.slack.oauth import open_oauth

    engine = _open_engine(settings.operation.home / _INSTALLS, stack)
    return await stack.enter_async_context(
        open_oauth(engine, slack_settings(settings), secret_key=_secret_key(settings), clock=time.time)
    )


def _open_engine(file: Path, stack: AsyncExitStack) -> "AsyncEngine":
    from sqlalchemy.ext.asyncio import create_async_engine  # Slack's store of installations wants this one

    engine = create_async_engine(f"sqlite+aiosqlite:///{file}", hide_parameters=True)
    stack.push_async_callback(engine.dispose)
    return engine


def _secret_key(settings: Settings) -> str:
    key = settings.service.secret_key
    return key.get_secret_value() if key else ""


async def _open_discord(settings: Settings, stack: AsyncExitStack) -> Venue:
    from adapters.discord.venue import open_discord

    return await stack.enter_async_context(open_discord(discord_settings(settings), clock=time.time))


async def examine(platform: str, settings: Settings) -> AsyncIterator[Finding]:
    """Yield what the doctor finds about a platform."""
    async with AsyncExitStack() as stack:
        if platform == "slack":
            from adapters.slack import doctor as slack_doctor

            findings = slack_doctor.examine(slack_settings(settings), _look_into_installs(settings, stack))
        else:
            from adapters.discord import doctor as discord_doctor

            findings = discord_doctor.examine(discord_settings(settings))
        async for finding in findings:
            yield finding


def _look_into_installs(settings: Settings, stack: AsyncExitStack) -> "Installing | None":
    """Return what the doctor needs where workspaces install the app; a database that isn't there isn't made."""
    if not settings.slack.client_id:
        return None
    from adapters.slack.doctor_oauth import Installing

    file = settings.operation.home / _INSTALLS
    engine = _open_engine(file, stack) if file.exists() else None
    return Installing(engine, _http_settings(settings), _secret_key(settings))


def slack_settings(settings: Settings) -> SlackSettings:
    """Return what Slack's adapter is told."""
    slack, more = settings.slack, settings.platforms
    return SlackSettings(
        bot_token=slack.bot_token.get_secret_value() if slack.bot_token else "",
        app_token=slack.app_token.get_secret_value() if slack.app_token else "",
        signing_secret=slack.signing_secret.get_secret_value() if slack.signing_secret else "",
        api_url=slack.api_url,
        support_channel=more.slack_support_channel or "",
        support_group=more.slack_support_group or "",
        streams=more.slack_streams,
        client_id=slack.client_id or "",
        client_secret=slack.client_secret.get_secret_value() if slack.client_secret else "",
    )


def discord_settings(settings: Settings) -> DiscordSettings:
    """Return what Discord's adapter is told."""
    discord, more = settings.discord, settings.platforms
    return DiscordSettings(
        token=discord.bot_token.get_secret_value() if discord.bot_token else "",
        api_url=discord.api_url,
        gateway_url=discord.gateway_url or "",
        support_channel=more.discord_support_channel or "",
        support_role=more.discord_support_role or "",
        shards=more.discord_shards,
        message_content=more.discord_message_content,
    )


def support_channels(settings: Settings) -> dict[str, SupportChannel]:
    """Return where people are asked to take over; a workspace that isn't named is the conversation's own."""
    more = settings.platforms
    named = {
        "slack": (more.slack_support_channel, more.slack_support_group),
        "discord": (more.discord_support_channel, more.discord_support_role),
    }
    return {
        platform: SupportChannel(Address(platform, "", channel), group or "")
        for platform, (channel, group) in named.items()
        if channel
    }
