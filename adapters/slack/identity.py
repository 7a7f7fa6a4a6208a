"""Who the bot is in the workspace that a request is from: Bolt asks for each request, Slack is asked at most once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import cast

from slack_bolt.authorization import AuthorizeResult

from adapters.errors import RateLimited, RetryLater
from adapters.slack.door import Door
from adapters.slack.installations import Installations
from adapters.slack.listen import Authorize

_log = logging.getLogger(__name__)
_MAX_WAIT_SECONDS = 30.0


async def wait_for_identity(
    door: Door, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AuthorizeResult:
    """Return who we are, asking again for as long as Slack can't be asked. Raises StartRefused."""
    wait_seconds = 1.0
    while True:
        try:
            return await door.introduce()
        except RetryLater as error:
            pause = max(wait_seconds, error.retry_after if isinstance(error, RateLimited) else 0.0)
            _log.warning("Slack can't be asked who the bot is (%s); trying again in %.0f s", error, pause)
        await sleep(pause)
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
