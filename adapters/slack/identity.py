"""Who the bot is in the workspace that a request is from: Bolt asks for each request, Slack is asked at most once."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.errors import StartRefused
from adapters.slack.installations import Installations
from adapters.slack.listen import Authorize

_log = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 10.0
_MAX_WAIT_SECONDS = 30.0
# Slack's answers to a token that no waiting mends.
_FINAL = frozenset(
    {"account_inactive", "invalid_auth", "missing_scope", "not_allowed_token_type", "not_authed", "token_expired"}
    | {"org_login_required", "team_access_not_granted", "token_revoked", "user_removed_from_team"}
)


@asynccontextmanager
async def open_client(api_url: str) -> AsyncIterator[AsyncWebClient]:
    """Open a client without a token, with one HTTP session and no retries of its own."""
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
        yield AsyncWebClient(base_url=api_url, session=session, retry_handlers=[], logger=_build_quiet_logger())


async def identify(
    client: AsyncWebClient, token: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AuthorizeResult:
    """Return who a bot token is, asking again for as long as Slack can't be reached.

    Raises StartRefused, one line, when Slack doesn't take the token.
    """
    wait_seconds = 1.0
    while True:
        try:
            found = await client.auth_test(token=token)
            return AuthorizeResult.from_auth_test_response(bot_token=token, auth_test_response=found)
        except SlackApiError as error:
            code = error.response.get("error")
            if code in _FINAL:
                raise StartRefused(
                    f"SLACK_BOT_TOKEN: Slack refuses it ({code}); copy the Bot User OAuth Token (xoxb-...)"
                    " from the app's page OAuth & Permissions"
                ) from None
            reason = str(code)
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = type(error).__name__
        _log.warning("Slack can't be asked who the bot is (%s); trying again in %.0f s", reason, wait_seconds)
        await sleep(wait_seconds)
        wait_seconds = min(wait_seconds * 2, _MAX_WAIT_SECONDS)


def build_single_authorize(myself: AuthorizeResult) -> Authorize:
    """Return Bolt's authorize for an app that is installed in one workspace."""

    async def authorize() -> AuthorizeResult:
        return myself

    return authorize


def build_installed_authorize(installations: Installations) -> Authorize:
    """Return Bolt's authorize for an app that is installed in several workspaces."""

    async def authorize(team_id: str | None, user_id: str | None) -> AuthorizeResult | None:
        bot = await installations.bot_of(team_id) if team_id else None
        if bot is None:
            return None
        return AuthorizeResult(
            enterprise_id=bot.enterprise_id,
            team_id=bot.team_id,
            team=bot.team_name,
            bot_id=bot.bot_id,
            bot_user_id=bot.bot_user_id,
            bot_token=bot.bot_token,
            bot_scopes=bot.bot_scopes,
            user_id=user_id,
        )

    return cast("Authorize", authorize)  # Bolt takes None for "not installed there", and its type forgets to say so


def _build_quiet_logger() -> logging.Logger:
    logger = logging.getLogger(f"{__name__}.sdk")
    logger.setLevel(logging.INFO)  # at DEBUG the SDK logs whole payloads
    return logger
