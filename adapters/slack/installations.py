"""Where the app is installed: one bot token for each workspace, encrypted at rest.

The tables are those of Slack's SDK, in a database of their own: the SDK owns their shape, so they are no part of our
migrations. A token is read for each call, uncached: one indexed row is little beside a call to Slack, and a token that
was revoked is gone at once.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import aiohttp
import sqlalchemy as sa
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.models.bot import Bot
from slack_sdk.oauth.installation_store.models.installation import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import (
    AsyncSQLAlchemyInstallationStore,
    SQLAlchemyInstallationStore,
)
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.errors import NotPermitted, StartRefused, Unreachable
from adapters.slack.sealing import SECRETS_OF_BOT, SECRETS_OF_INSTALLATION, Seal, Unopenable

_log = logging.getLogger(__name__)


class Installations(AsyncInstallationStore):
    """Slack's store of installations, with a seal on every token. One bot for each workspace is used, the latest."""

    def __init__(
        self,
        store: AsyncSQLAlchemyInstallationStore,
        seal: Seal,
        rotator: AsyncTokenRotator,
        clock: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._store = store
        self._seal = seal
        self._rotator = rotator
        self._renewing = asyncio.Lock()

    async def token_of(self, workspace: str) -> str:
        """Return a workspace's bot token.

        Raises NotPermitted when the app isn't installed there, Unreachable when that can't be told at the moment.
        """
        try:
            bot = await self.bot_of(workspace)
        except SQLAlchemyError as error:
            raise Unreachable(f"the installations' database: {type(error).__name__}") from error
        if bot is None:
            raise NotPermitted(f"an installation in workspace {workspace}: open /slack/install there")
        return bot.bot_token

    async def bot_of(self, workspace: str) -> Bot | None:
        """Return the bot of a workspace, its token renewed where that is due, or None where there is no usable one."""
        bot = await self._latest(workspace)
        if bot is None or bot.bot_refresh_token is None:
            return bot
        async with self._renewing:  # a refresh token can be used once
            bot = await self._latest(workspace)
            return bot and await self._renewed(bot)

    async def forget(self, workspace: str) -> None:
        """Delete everything of a workspace: it took the app away, or the bot's token back."""
        store = self._store
        async with store.engine.begin() as connection:
            for table in (store.bots, store.installations):
                await connection.execute(
                    table.delete().where(table.c.client_id == store.client_id, table.c.team_id == workspace)
                )
        _log.info("forgot the installation in workspace %s", workspace)

    async def async_save(self, installation: Installation) -> None:
        """Store an installation that has just been made."""
        await self._store.async_save(self._seal.close_installation(installation))
        _log.info("installed in workspace %s", installation.team_id)

    async def async_save_bot(self, bot: Bot) -> None:
        """Store a bot's new tokens."""
        await self._store.async_save_bot(self._seal.close_bot(bot))

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """Return the latest bot as it is stored, opened. Raises Unopenable."""
        bot = await self._store.async_find_bot(
            enterprise_id=enterprise_id, team_id=team_id, is_enterprise_install=is_enterprise_install
        )
        return bot and self._seal.open_bot(bot)

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """Return the latest installation as it is stored, opened. Raises Unopenable."""
        found = await self._store.async_find_installation(
            enterprise_id=enterprise_id,
            team_id=team_id,
            user_id=user_id,
            is_enterprise_install=is_enterprise_install,
        )
        return found and self._seal.open_installation(found)

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Delete the bots of a workspace."""
        await self._store.async_delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Delete the installations of a workspace, or those that one person made there."""
        await self._store.async_delete_installation(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id)

    async def _latest(self, workspace: str) -> Bot | None:
        # By workspace alone: events of a company's grid and our addresses don't agree on the enterprise's id.
        store, column = self._store, self._store.bots.c
        query = (
            store.bots.select()
            .where(column.client_id == store.client_id, column.team_id == workspace, column.bot_token.is_not(None))
            .order_by(column.installed_at.desc(), column.id.desc())
            .limit(1)
        )
        async with store.engine.connect() as connection:
            row = (await connection.execute(query)).mappings().first()
        if row is None:
            return None
        try:
            return self._seal.open_bot(SQLAlchemyInstallationStore.build_bot_entity(row))
        except Unopenable:
            _log.error("the token of workspace %s can't be opened with FIRSTLINE_SECRET_KEY", workspace)
            return None

    async def _renewed(self, bot: Bot) -> Bot | None:
        """Renew a token that ends within two hours; while Slack doesn't do that, the old one serves till its end."""
        try:
            fresh = await self._rotator.perform_bot_token_rotation(bot=bot)
        except (SlackTokenRotationError, aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.warning("the token of workspace %s wasn't renewed: %s", bot.team_id, type(error).__name__)
            if (bot.bot_token_expires_at or 0) > self._clock():
                return bot
            if isinstance(error, SlackTokenRotationError):
                return None
            raise Unreachable("Slack doesn't renew the token") from error
        if fresh is None:
            return bot
        await self.async_save_bot(fresh)
        return fresh


@asynccontextmanager
async def open_installations(
    engine: AsyncEngine, *, client_id: str, seal: Seal, rotator: AsyncTokenRotator, clock: Callable[[], float]
) -> AsyncIterator[Installations]:
    """Open the installations in a database, making its tables, and re-seal what an older key had sealed.

    Raises StartRefused when a stored token can't be opened with any key: going on would lose it at the next save.
    """
    store = AsyncSQLAlchemyInstallationStore(client_id, engine, logger=_log)
    for table, names in ((store.bots, SECRETS_OF_BOT), (store.installations, SECRETS_OF_INSTALLATION)):
        for name in names:
            table.c[name].type = sa.Text()  # the SDK's 200 characters are too few for a sealed token
    try:
        async with engine.begin() as connection:
            await connection.run_sync(store.metadata.create_all)
            for table, names in ((store.bots, SECRETS_OF_BOT), (store.installations, SECRETS_OF_INSTALLATION)):
                for row in (await connection.execute(table.select())).mappings().all():
                    sealed = _renew(seal, ((name, row[name]) for name in names))
                    if seal.is_changing and sealed:
                        await connection.execute(table.update().where(table.c.id == row["id"]).values(sealed))
    except Unopenable:
        raise StartRefused(
            "FIRSTLINE_SECRET_KEY doesn't open the stored installations: put the key that they were made with behind"
            " it, after a comma"
        ) from None
    yield Installations(store, seal, rotator, clock)


def _renew(seal: Seal, secrets: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    return {name: seal.renew(sealed) for name, sealed in secrets if sealed}
