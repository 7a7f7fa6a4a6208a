"""The doctor where workspaces install the app themselves: what it finds, and that it changes nothing."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.desk import Finding
from adapters.slack.doctor import examine
from adapters.slack.doctor_oauth import Installing
from adapters.slack.http import HttpSettings
from adapters.slack.installations import open_installations
from adapters.slack.sealing import Seal
from tests.adapters.slack.http_rig import APP, free_port, serving
from tests.adapters.slack.test_installations import installation
from tests.servers.slack.server import SlackServer

KEY, OTHER_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
PUBLIC = HttpSettings(public_url="https://support.example.com")


async def find(installing: Installing, *, secret: str = APP.client_secret) -> dict[str, Finding]:
    installing = replace(installing, http=replace(installing.http, port=installing.http.port or free_port()))
    async with SlackServer() as slack:
        found = [each async for each in examine(replace(APP, api_url=slack.api_url, client_secret=secret), installing)]
    assert all(finding.advice for finding in found if not finding.is_fine)
    for hidden in (KEY, OTHER_KEY, "xoxb-", APP.client_secret):
        assert not any(hidden in f"{finding.detail} {finding.advice}" for finding in found)
    return {finding.what: finding for finding in found}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "slack_installations.db"


@pytest.fixture
async def engine(file: Path) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
    yield engine
    await engine.dispose()


async def install(engine: AsyncEngine, *teams: str, keys: str = KEY) -> None:
    rotator = AsyncTokenRotator(client_id="1.2", client_secret="s", client=AsyncWebClient())
    async with open_installations(
        engine, client_id=APP.client_id, seal=Seal(keys), rotator=rotator, clock=time.time
    ) as installations:
        for team in teams:
            await installations.async_save(installation(team))


def content_of(file: Path) -> bytes:
    return file.read_bytes()


def damage(file: Path) -> None:
    file.write_bytes(b"this is no database, but long enough to look like one" * 100)


async def test_a_sound_set_up_is_fine_in_every_respect(engine: AsyncEngine) -> None:
    await install(engine, "T1", "T2", "T2")
    found = await find(Installing(engine, PUBLIC, KEY))
    assert [what for what, finding in found.items() if not finding.is_fine] == []
    assert list(found) == ["mode", "OAuth client", "secret key", "installations", "redirect URL"]
    assert found["installations"].detail.startswith("2;")
    assert "https://support.example.com/slack/oauth_redirect" in found["redirect URL"].detail


async def test_before_the_first_installation_it_says_where_to_begin() -> None:
    installs = (await find(Installing(None, PUBLIC, KEY)))["installations"]
    assert installs.is_fine
    assert "https://support.example.com/slack/install" in installs.detail


@pytest.mark.parametrize(("key", "says"), [("", "is not set"), ("no key", "can't be used"), (" , ", "can't be used")])
async def test_a_secret_key_that_is_none_is_named_with_how_to_make_one(key: str, says: str) -> None:
    found = await find(Installing(None, PUBLIC, key))
    assert (found["secret key"].is_fine, says in found["secret key"].detail) == (False, True)
    assert "Fernet.generate_key" in found["secret key"].advice
    assert "installations" not in found
    assert found["redirect URL"].is_fine


async def test_installations_of_another_key_are_named_and_left_as_they_are(engine: AsyncEngine, file: Path) -> None:
    await install(engine, "T1")
    await install(engine, "T2", keys=f"{OTHER_KEY},{KEY}")
    stored = content_of(file)
    installs = (await find(Installing(engine, PUBLIC, KEY)))["installations"]
    assert (installs.is_fine, installs.detail.startswith("2 of 2")) == (False, True)
    assert "after a comma" in installs.advice
    both = (await find(Installing(engine, PUBLIC, f"{KEY},{OTHER_KEY}")))["installations"]
    assert both.is_fine
    assert content_of(file) == stored


async def test_a_database_that_is_damaged_is_told(engine: AsyncEngine, file: Path) -> None:
    damage(file)
    installs = (await find(Installing(engine, PUBLIC, KEY)))["installations"]
    assert (installs.is_fine, "unreadable" in installs.detail) == (False, True)
    assert "backup" in installs.advice


async def test_a_client_that_slack_does_not_know_is_told() -> None:
    client = (await find(Installing(None, PUBLIC, KEY), secret="another app's"))["OAuth client"]
    assert (client.is_fine, client.detail) == (False, "bad_client_secret")
    assert "SLACK_CLIENT_SECRET" in client.advice


@pytest.mark.parametrize(
    ("public_url", "says"), [("", "FIRSTLINE_PUBLIC_URL is not set"), ("http://support.example.com", "no https")]
)
async def test_a_public_address_that_slack_does_not_take_is_told(public_url: str, says: str) -> None:
    address = (await find(Installing(None, HttpSettings(public_url=public_url), KEY)))["redirect URL"]
    assert (address.is_fine, says in address.detail) == (False, True)


async def test_a_public_address_is_tried_while_firstline_runs() -> None:
    async with SlackServer() as slack, serving(slack.api_url, token=slack.team.bot_token) as served:
        http = HttpSettings(port=urlsplit(served.url).port or 0, public_url=served.url)
        right = (await find(Installing(None, http, KEY)))["redirect URL"]
        assert (right.is_fine, "leads here" in right.detail) == (True, True)
        wrong = replace(http, public_url=f"http://127.0.0.1:{free_port()}")
        address = (await find(Installing(None, wrong, KEY)))["redirect URL"]
        assert (address.is_fine, "doesn't lead to Firstline" in address.detail) == (False, True)
