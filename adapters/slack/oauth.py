"""Installing the app into a workspace: the two pages that Slack's OAuth takes, on Bolt's flow."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.errors import StartRefused
from adapters.slack.client import open_client
from adapters.slack.installations import Installations, open_installations
from adapters.slack.scopes import SCOPES
from adapters.slack.sealing import Seal
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


@dataclass(frozen=True, slots=True)
class OAuth:
    """What installing takes: where installations and states are kept, and a client that has no token."""

    installations: Installations
    states: States
    client: AsyncWebClient

    def build_flow(self, settings: SlackSettings, *, base_url: str) -> AsyncOAuthFlow:
        """Return the flow whose pages are below `base_url`; without one Slack takes the app's first redirect URL."""
        return AsyncOAuthFlow(
            client=self.client,
            logger=_build_silent_logger(),
            settings=AsyncOAuthSettings(
                client_id=settings.client_id,
                client_secret=settings.client_secret,
                scopes=[scope.name for scope in SCOPES],
                user_scopes=[],
                redirect_uri=f"{base_url}{REDIRECT_PATH}" if base_url else None,
                install_path=f"{base_url}{INSTALL_PATH}",
                redirect_uri_path=REDIRECT_PATH,
                authorization_url=urljoin(settings.api_url, "/oauth/v2/authorize"),
                installation_store=self.installations,
                installation_store_bot_only=True,
                state_store=self.states,
                state_expiration_seconds=STATE_SECONDS,
            ),
        )


@asynccontextmanager
async def open_oauth(
    engine: AsyncEngine, settings: SlackSettings, *, secret_key: str, clock: Callable[[], float]
) -> AsyncIterator[OAuth]:
    """Open what a database holds of installations, making its tables; `clock` tells epoch seconds.

    Raises StartRefused when a setting is missing, or the key doesn't fit what is stored.
    """
    if not settings.client_secret:
        raise StartRefused("SLACK_CLIENT_SECRET is missing: it belongs to SLACK_CLIENT_ID (Basic Information)")
    seal = Seal(secret_key)
    async with open_client(settings.api_url) as client:
        rotator = AsyncTokenRotator(client_id=settings.client_id, client_secret=settings.client_secret, client=client)
        states = States(STATE_SECONDS, engine, logger=_build_silent_logger())
        async with engine.begin() as connection:
            await connection.run_sync(states.metadata.create_all)
        async with open_installations(
            engine, client_id=settings.client_id, seal=seal, rotator=rotator, clock=clock
        ) as found:
            yield OAuth(found, states, client)


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
    return datetime.now(tz=UTC).replace(tzinfo=None)  # the SDK's column holds UTC without saying so


def _build_silent_logger() -> logging.Logger:
    # Bolt and the SDK log codes and states, which are secrets for a while; the server logs what became of them.
    logger = logging.getLogger(f"{__name__}.sdk")
    logger.setLevel(logging.CRITICAL + 1)
    return logger
