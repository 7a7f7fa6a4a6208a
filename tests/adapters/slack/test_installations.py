"""Installations of the app in several workspaces, in a real database file."""

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store.models.installation import Installation
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.errors import NotPermitted, StartRefused, Unreachable
from adapters.slack.installations import Installations, open_installations
from adapters.slack.sealing import Seal

KEY, OTHER_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRETS = {
    "bot_token": "xoxb-the-bot",
    "user_token": "xoxp-the-user",
    "user_refresh_token": "xoxe-the-user",
    "incoming_webhook_url": "https://hooks.slack.example/services/secret",
    "incoming_webhook_configuration_url": "https://acme.slack.example/services/secret",
}


def installation(team: str = "T1", *, enterprise: str | None = None, at: float = 1.0, **more: str) -> Installation:
    return Installation(
        app_id="A1",
        enterprise_id=enterprise,
        team_id=team,
        team_name="Acme",
        bot_id="B1",
        bot_user_id="UBOT",
        user_id="U1",
        bot_scopes=["chat:write"],
        installed_at=at,
        **{**SECRETS, **more},  # type: ignore[arg-type]  # mypy takes these for any of its parameters
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "slack_installations.db"


@pytest.fixture
async def engine(file: Path) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
    yield engine
    await engine.dispose()


def opened(engine: AsyncEngine, keys: str = KEY) -> AbstractAsyncContextManager[Installations]:
    rotator = AsyncTokenRotator(
        client_id="1.2", client_secret="s", client=AsyncWebClient(base_url="http://127.0.0.1:9/")
    )
    return open_installations(engine, client_id="1.2", seal=Seal(keys), rotator=rotator, clock=time.time)


async def test_each_workspace_has_its_own_token(engine: AsyncEngine) -> None:
    async with opened(engine) as installations:
        await installations.async_save(installation("T1"))
        await installations.async_save(installation("T2", enterprise="E1", bot_token="xoxb-second"))
        assert await installations.token_of("T1") == "xoxb-the-bot"
        assert await installations.token_of("T2") == "xoxb-second"


async def test_a_workspace_without_the_app_is_told_where_to_install_it(engine: AsyncEngine) -> None:
    async with opened(engine) as installations:
        with pytest.raises(NotPermitted, match="T9: open /slack/install"):
            await installations.token_of("T9")


async def test_a_second_installation_replaces_the_token(engine: AsyncEngine) -> None:
    async with opened(engine) as installations:
        await installations.async_save(installation(at=1.0))
        await installations.async_save(installation(at=2.0, bot_token="xoxb-newer"))
        assert await installations.token_of("T1") == "xoxb-newer"


async def test_installations_outlive_a_restart(engine: AsyncEngine) -> None:
    async with opened(engine) as installations:
        await installations.async_save(installation())
    async with opened(engine) as installations:
        found = await installations.async_find_installation(enterprise_id=None, team_id="T1")
        assert found is not None
        assert {name: getattr(found, name) for name in SECRETS} == SECRETS
        assert (found.bot_id, found.bot_scopes, found.installed_at) == ("B1", ["chat:write"], 1.0)


async def test_no_secret_is_on_disk(engine: AsyncEngine, file: Path) -> None:
    async with opened(engine) as installations:
        await installations.async_save(installation(bot_refresh_token="xoxe-the-bot"))
    stored = b"".join(part.read_bytes() for part in file.parent.iterdir())
    assert b"Acme" in stored
    assert [secret for secret in (*SECRETS.values(), "xoxe-the-bot") if secret.encode() in stored] == []


async def test_what_is_saved_is_not_changed_in_the_callers_hands(engine: AsyncEngine) -> None:
    made = installation()
    async with opened(engine) as installations:
        await installations.async_save(made)
    assert made.bot_token == "xoxb-the-bot"


async def test_a_token_longer_than_the_sdks_column_is_kept(engine: AsyncEngine) -> None:
    async with opened(engine) as installations:
        await installations.async_save(installation(bot_token="xoxe.xoxb-1-" + "a" * 300))
        assert len(await installations.token_of("T1")) == 312


async def test_a_workspace_that_takes_the_app_away_is_forgotten_and_no_other(engine: AsyncEngine) -> None:
    async with opened(engine) as installations:
        await installations.async_save(installation("T1", enterprise="E1"))
        await installations.async_save(installation("T2"))
        await installations.forget("T1")
        with pytest.raises(NotPermitted):
            await installations.token_of("T1")
        assert await installations.async_find_installation(enterprise_id="E1", team_id="T1") is None
        assert await installations.token_of("T2") == "xoxb-the-bot"


async def test_the_sdks_own_deletion_works_too(engine: AsyncEngine) -> None:
    async with opened(engine) as installations:
        await installations.async_save(installation())
        await installations.async_delete_all(enterprise_id=None, team_id="T1")
        assert await installations.bot_of("T1") is None
        assert await installations.async_find_bot(enterprise_id=None, team_id="T1") is None


async def test_a_new_key_in_front_takes_over_at_the_next_start(engine: AsyncEngine) -> None:
    async with opened(engine) as installations:
        await installations.async_save(installation())
    async with opened(engine, f"{OTHER_KEY}, {KEY}"):
        pass
    async with opened(engine, OTHER_KEY) as installations:
        assert await installations.token_of("T1") == "xoxb-the-bot"


async def test_a_key_that_opens_nothing_refuses_the_start(engine: AsyncEngine) -> None:
    async with opened(engine) as installations:
        await installations.async_save(installation())
    with pytest.raises(StartRefused, match="FIRSTLINE_SECRET_KEY doesn't open"):
        async with opened(engine, OTHER_KEY):
            pass


@pytest.mark.parametrize(
    "keys", ["", " , ", "short", f"{KEY},short", "ключ"], ids=["none", "commas", "short", "one of two", "letters"]
)
def test_a_bad_key_is_refused_in_one_line_that_does_not_show_it(keys: str) -> None:
    with pytest.raises(StartRefused, match=r"^FIRSTLINE_SECRET_KEY [^\n]*make one: python -c [^\n]*$") as refused:
        Seal(keys)
    assert "short" not in str(refused.value)
    assert KEY not in str(refused.value)


async def test_a_token_that_lasts_needs_no_call(engine: AsyncEngine) -> None:
    # The rotator's server doesn't exist: a call to it would fail.
    fresh = installation(bot_refresh_token="xoxe-once")
    fresh.bot_token_expires_at = int(time.time()) + 40_000
    async with opened(engine) as installations:
        await installations.async_save(fresh)
        assert await installations.token_of("T1") == "xoxb-the-bot"


async def test_a_database_that_fails_is_tried_again_later(engine: AsyncEngine) -> None:
    async with opened(engine) as installations:
        async with engine.begin() as connection:
            await connection.execute(sa.text("drop table slack_bots"))
        with pytest.raises(Unreachable, match="installations' database"):
            await installations.token_of("T1")
