"""Installing the app into workspaces over real HTTP: a person's browser, Slack, our two pages and a database."""

import html
import logging
import re
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

import pytest
from cryptography.fernet import Fernet
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.contract import Content
from adapters.errors import NotPermitted, StartRefused, Unreachable
from adapters.slack.adapter import open_slack_platform
from adapters.slack.addresses import Place, build_address
from adapters.slack.http import HttpSettings
from adapters.slack.oauth import OAuth, States, open_oauth
from adapters.slack.scopes import SCOPES
from adapters.slack.settings import SlackSettings
from tests.adapters.slack.http_rig import APP, SECRET, Served, mention, serving
from tests.servers.slack.arguments import Arguments
from tests.servers.slack.faults import Broken, Fault, Limited, Malformed, Refuse, Reset
from tests.servers.slack.method import Caller, Method, Token
from tests.servers.slack.server import SlackServer
from tests.servers.slack.web_delivery import Endpoint
from tests.servers.slack.world import Json

# Slack's SDK hands its client id over in aiohttp's old way, which goes with aiohttp 4.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

KEY = Fernet.generate_key().decode()


@dataclass(slots=True)
class Browser:
    """A person who installs the app; their browser keeps the cookie that it is given."""

    served: Served
    cookie: str = ""
    page: str = ""
    link: SplitResult | None = None

    async def visits(self) -> str:
        """Open the installation page and return the state that it sends to Slack."""
        async with self.served.session.get(f"{self.served.url}/slack/install") as response:
            assert response.status == 200
            self.cookie = response.headers["Set-Cookie"].partition(";")[0]
            self.page = await response.text()
        found = re.search(r'<a href="([^"]+)"', self.page)
        assert found is not None
        self.link = urlsplit(html.unescape(found[1]))
        return self.asked("state")

    def asked(self, name: str) -> str:
        """Return what the link to Slack asks for."""
        assert self.link is not None
        return parse_qs(self.link.query)[name][0]

    async def returns(self, *, with_cookie: bool = True, **query: str) -> int:
        """Come back from Slack and return the status of what is shown."""
        headers = {"Cookie": self.cookie} if with_cookie else {}
        url = f"{self.served.url}/slack/oauth_redirect"
        async with self.served.session.get(url, params=query, headers=headers) as response:
            self.page = await response.text()
            return response.status


@dataclass(slots=True)
class Stage:
    slack: SlackServer
    oauth: OAuth
    served: Served
    browser: Browser


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "slack_installations.db"


@asynccontextmanager
async def database(file: Path) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def open_stage(file: Path, http: HttpSettings | None = None) -> AsyncIterator[Stage]:
    async with SlackServer() as slack, database(file) as engine:
        settings = replace(APP, api_url=slack.api_url, client_id=slack.client_id, client_secret=slack.client_secret)
        async with (
            open_oauth(engine, settings, secret_key=KEY, clock=time.time) as oauth,
            serving(slack.api_url, oauth=oauth, app=settings, http=http) as served,
        ):
            slack.use_http(Endpoint(f"{served.url}/slack/events", SECRET))
            yield Stage(slack, oauth, served, Browser(served))


@pytest.fixture
async def stage(file: Path) -> AsyncIterator[Stage]:
    async with open_stage(file) as stage:
        yield stage


async def install(stage: Stage) -> None:
    ada = stage.slack.add_user("ada")
    state = await stage.browser.visits()
    assert await stage.browser.returns(code=await stage.slack.installs(stage.slack.team, ada), state=state) == 200


async def test_a_workspace_installs_asks_and_takes_the_app_away(stage: Stage) -> None:
    slack, installations = stage.slack, stage.oauth.installations
    await install(stage)
    assert await installations.token_of(slack.team.id) == slack.team.bot_token

    channel = slack.add_channel("help", ada := slack.add_user("ada"))
    await slack.mentions(ada, channel, "how long do refunds take?")
    await slack.until(lambda: stage.served.desk.texts == ["how long do refunds take?"])
    assert stage.served.desk.received[0].workspace == slack.team.id

    await slack.uninstalls(slack.team)
    await slack.until(lambda: not slack.deliveries.unsettled)
    with pytest.raises(NotPermitted):
        await installations.token_of(slack.team.id)


async def test_a_workspace_without_the_app_is_not_served(stage: Stage) -> None:
    assert await stage.served.sends(mention(team="T404")) == 200
    assert stage.served.desk.received == []


async def test_slack_is_asked_for_exactly_our_scopes(stage: Stage) -> None:
    await stage.browser.visits()
    assert stage.browser.asked("scope").split(",") == [scope.name for scope in SCOPES]
    assert stage.browser.link is not None
    assert stage.browser.link.path == "/oauth/v2/authorize"


async def test_the_redirect_names_the_public_address(file: Path) -> None:
    http = HttpSettings(public_url="https://support.example.com", path_prefix="/bot")
    async with open_stage(file, http) as stage:
        await stage.browser.visits()
    assert stage.browser.asked("redirect_uri") == "https://support.example.com/bot/slack/oauth_redirect"


async def test_a_state_is_good_once_and_in_one_browser(stage: Stage) -> None:
    state = await stage.browser.visits()
    assert await stage.browser.returns(code="c", state=state, with_cookie=False) == 400
    assert await stage.browser.returns(code="c", state="made-up") == 400
    code = await stage.slack.installs(stage.slack.team, stage.slack.add_user("ada"))
    assert await stage.browser.returns(code=code, state=state) == 200
    assert await stage.browser.returns(code=code, state=state) == 401


async def test_a_refused_installation_stores_nothing_and_logs_no_code(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert await stage.browser.returns(code="stolen-code", state=await stage.browser.visits()) == 401
    assert await stage.oauth.installations.bot_of(stage.slack.team.id) is None
    assert "an installation was refused: 401" in caplog.text
    assert "stolen-code" not in caplog.text


async def test_a_person_who_changes_their_mind_is_told_so(stage: Stage) -> None:
    assert await stage.browser.returns(error="access_denied") == 200
    assert "access_denied" in stage.browser.page


async def test_a_page_shows_no_markup_from_an_address(stage: Stage) -> None:
    await stage.browser.returns(error="<script>alert(1)</script>")
    assert "alert(1)" in stage.browser.page
    assert "<script" not in stage.browser.page


@pytest.mark.parametrize("fault", [Reset(), Broken(500), Malformed(), Limited()], ids=str)
async def test_slack_being_out_of_reach_is_said_plainly(stage: Stage, fault: Fault) -> None:
    state = await stage.browser.visits()
    stage.slack.faults.plan("oauth.v2.access", fault, times=None)
    assert await stage.browser.returns(code="c", state=state) in {401, 502}
    assert "again" in stage.browser.page


async def install_with_rotation(stage: Stage, *, ends_in_seconds: int) -> None:
    await install(stage)
    bot = await stage.oauth.installations.bot_of(stage.slack.team.id)
    assert bot is not None
    bot.bot_refresh_token, bot.bot_token_expires_at = "xoxe-1", int(time.time()) + ends_in_seconds
    await stage.oauth.installations.async_save_bot(bot)


@pytest.mark.parametrize("fault", [Reset(), Refuse("internal_error")], ids=str)
async def test_a_token_that_is_not_renewed_serves_till_its_end(stage: Stage, fault: Fault) -> None:
    await install_with_rotation(stage, ends_in_seconds=3600)
    stage.slack.faults.plan("oauth.v2.access", fault, times=None)
    assert await stage.oauth.installations.token_of(stage.slack.team.id) == stage.slack.team.bot_token


@pytest.mark.parametrize(
    ("fault", "error"), [(Reset(), Unreachable), (Refuse("invalid_refresh_token"), NotPermitted)], ids=str
)
async def test_a_token_past_its_end_is_no_token(stage: Stage, fault: Fault, error: type[Exception]) -> None:
    await install_with_rotation(stage, ends_in_seconds=-1)
    stage.slack.faults.plan("oauth.v2.access", fault, times=None)
    with pytest.raises(error):
        await stage.oauth.installations.token_of(stage.slack.team.id)


async def test_a_rotating_token_is_renewed_before_it_ends(stage: Stage) -> None:
    await install_with_rotation(stage, ends_in_seconds=60)
    installations, team = stage.oauth.installations, stage.slack.team.id
    asked: list[str] = []

    def renew(_caller: Caller, arguments: Arguments) -> Json:
        asked.append(arguments.text("refresh_token"))
        return {"access_token": "xoxb-fresh", "refresh_token": "xoxe-2", "expires_in": 43_200, "token_type": "bot"}

    stage.slack.methods["oauth.v2.access"] = Method(renew, token=Token.NONE)
    assert [await installations.token_of(team) for _ in range(3)] == ["xoxb-fresh"] * 3
    assert asked == ["xoxe-1"]


async def test_states_that_were_not_used_are_removed(file: Path) -> None:
    async with database(file) as engine:
        states = States(-1, engine)
        async with engine.begin() as connection:
            await connection.run_sync(states.metadata.create_all)
        over = await states.async_issue()
        await states.async_issue()
        assert await states.async_consume(over) is False
    with sqlite3.connect(file) as reading:
        assert reading.execute("select count(*) from slack_oauth_states").fetchone() == (1,)
    reading.close()


async def test_bolts_own_look_at_the_environment_changes_nothing(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bolt finds these two there, where operators set them, and would keep installations in files below the home.
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "secret")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    async with open_stage(file) as stage:
        await install(stage)
        assert await stage.served.sends(mention(team=stage.slack.team.id)) == 200
        assert len(stage.served.desk.received) == 1
    assert not (tmp_path / "home").exists()


async def test_a_missing_secret_refuses_the_start(file: Path) -> None:
    async with database(file) as engine:
        with pytest.raises(StartRefused, match=r"^SLACK_CLIENT_SECRET is missing"):
            async with open_oauth(engine, SlackSettings(client_id="1.2"), secret_key=KEY, clock=time.time):
                pass


async def test_replies_go_out_with_the_token_of_each_workspace(stage: Stage) -> None:
    await install(stage)
    channel = stage.slack.add_channel("help")
    settings = SlackSettings(api_url=stage.slack.api_url)
    async with open_slack_platform(settings, clock=time.monotonic, tokens=stage.oauth.installations) as platform:
        await platform.post(build_address(Place(stage.slack.team.id, channel.id)), Content("Five days."), key="k1")
        with pytest.raises(NotPermitted, match="T404"):
            await platform.post(build_address(Place("T404", channel.id)), Content("Five days."), key="k2")
    assert [message.user for message in channel.messages.values()] == [stage.slack.team.bot.id]
