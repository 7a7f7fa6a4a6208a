"""Installing the app into a workspace: the two pages that Slack's OAuth takes, on Bolt's flow."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.sqlalchemy_utils import normalize_datetime_for_db
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.slack.installations import Installations
from adapters.slack.scopes import SCOPES
from adapters.slack.settings import SlackSettings

INSTALL_PATH, REDIRECT_PATH = "/slack/install", "/slack/oauth_redirect"
STATE_SECONDS = 600


class States(AsyncSQLAlchemyOAuthStateStore):
    """The states of installations under way: each is good for one return within ten minutes.

    The SDK's never removes one that wasn't used, and lets two requests at once use the same.
    """

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """Return a new state, and remove those that are over."""
        async with self.engine.begin() as connection:
            await connection.execute(self.oauth_states.delete().where(self.oauth_states.c.expire_at <= _now()))
        return await super().async_issue(*args, **kwargs)

    async def async_consume(self, state: str) -> bool:
        """Use a state up; tell whether it was good."""
        column = self.oauth_states.c
        async with self.engine.begin() as connection:
            used = await connection.execute(
                self.oauth_states.delete().where(column.state == state, column.expire_at > _now())
            )
        return used.rowcount > 0


class InstalledAuthorize(AsyncAuthorize):
    """Gives Bolt the token of the workspace that a request is from, without asking Slack about it each time."""

    def __init__(self, installations: Installations) -> None:
        self._installations = installations

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult | None:
        """Return who the bot is in the workspace, or None when the app isn't installed there."""
        bot = await self._installations.bot_of(team_id) if team_id else None
        return bot and AuthorizeResult(
            enterprise_id=bot.enterprise_id,
            team_id=bot.team_id,
            team=bot.team_name,
            bot_id=bot.bot_id,
            bot_user_id=bot.bot_user_id,
            bot_token=bot.bot_token,
            bot_scopes=bot.bot_scopes,
            user_id=user_id,
        )


async def open_states(engine: AsyncEngine) -> States:
    """Return the states in a database, with their table made."""
    states = States(STATE_SECONDS, engine, logger=_silent())
    await states.create_tables()
    return states


def build_flow(
    settings: SlackSettings, installations: Installations, states: States, client: AsyncWebClient, *, base_url: str
) -> AsyncOAuthFlow:
    """Return the flow whose pages are below `base_url`; without one Slack takes the app's first redirect URL."""
    return AsyncOAuthFlow(
        client=client,
        logger=_silent(),
        settings=AsyncOAuthSettings(
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            scopes=[scope.name for scope in SCOPES],
            user_scopes=[],
            redirect_uri=f"{base_url}{REDIRECT_PATH}" if base_url else None,
            install_path=f"{base_url}{INSTALL_PATH}",
            redirect_uri_path=REDIRECT_PATH,
            authorization_url=urljoin(settings.api_url, "/oauth/v2/authorize"),
            installation_store=installations,
            installation_store_bot_only=True,
            state_store=states,
            state_expiration_seconds=STATE_SECONDS,
        ),
    )


async def forget_revoked(installations: Installations, body: Mapping[str, Any]) -> None:
    """Forget a workspace whose event says that the app was removed, or its bot's token revoked."""
    event, team = body.get("event"), body.get("team_id")
    if not isinstance(event, dict) or not isinstance(team, str):
        return
    tokens = event.get("tokens")
    is_bots = isinstance(tokens, dict) and bool(tokens.get("bot"))
    if event.get("type") == "app_uninstalled" or (event.get("type") == "tokens_revoked" and is_bots):
        await installations.forget(team)


def _now() -> datetime:
    return normalize_datetime_for_db(datetime.now(tz=UTC))


def _silent() -> logging.Logger:
    # Bolt and the SDK log codes and states, which are secrets for a while; what matters is logged by the server.
    return logging.Logger("slack.oauth", level=logging.CRITICAL + 1)
