"""The platforms whose tokens are set: built from the settings, each behind the same border. Imported when needed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from adapters.discord.settings import DiscordSettings
from adapters.slack.settings import SlackSettings

from adapters.contract import Address
from adapters.desk import Finding, Venue
from bot.errors import SettingsInvalid
from bot.outlets import SupportChannel
from bot.settings import Settings

_NONE_SET = (
    "no platform is set: put SLACK_BOT_TOKEN and SLACK_APP_TOKEN (docs/slack.md) or DISCORD_BOT_TOKEN "
    "(docs/discord.md) into .env, or try `firstline chat`"
)


@asynccontextmanager
async def open_venues(settings: Settings) -> AsyncIterator[Mapping[str, Venue]]:
    """Open every platform whose tokens are set, by its name. Raises SettingsInvalid when there is none."""
    if not (settings.slack.is_set or settings.discord.is_set):
        raise SettingsInvalid(_NONE_SET)
    async with AsyncExitStack() as stack:
        venues: dict[str, Venue] = {}
        if settings.slack.is_set:
            from adapters.slack.venue import open_slack

            venues["slack"] = await stack.enter_async_context(open_slack(slack_settings(settings)))
        if settings.discord.is_set:
            from adapters.discord.venue import open_discord

            venues["discord"] = await stack.enter_async_context(open_discord(discord_settings(settings)))
        yield venues


async def examine(platform: str, settings: Settings) -> AsyncIterator[Finding]:
    """Yield what the doctor finds about a platform."""
    if platform == "slack":
        from adapters.slack import doctor as slack_doctor

        findings = slack_doctor.examine(slack_settings(settings))
    else:
        from adapters.discord import doctor as discord_doctor

        findings = discord_doctor.examine(discord_settings(settings))
    async for finding in findings:
        yield finding


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
