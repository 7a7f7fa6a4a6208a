"""The doctor in front of a loopback Slack: what it finds, and what it says to do."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest

from adapters.desk import Finding
from adapters.slack.doctor import examine
from adapters.slack.scopes import SCOPES
from adapters.slack.settings import SlackSettings
from tests.servers.slack.faults import Broken, Fault, Malformed, Refuse, Reset
from tests.servers.slack.manifest import OUR_SCOPES
from tests.servers.slack.server import SlackServer


def settings_of(slack: SlackServer) -> SlackSettings:
    return SlackSettings(bot_token=slack.team.bot_token, app_token=slack.world.app_token, api_url=slack.api_url)


async def find(settings: SlackSettings) -> dict[str, Finding]:
    found = [finding async for finding in examine(settings)]
    assert all(finding.advice for finding in found if not finding.is_fine)
    assert not any("xoxb-" in finding.detail or "xapp-" in finding.detail for finding in found)
    return {finding.what: finding for finding in found}


async def test_a_healthy_app_is_fine_in_every_respect() -> None:
    async with SlackServer() as slack:
        channel = slack.add_channel("support")
        found = await find(replace(settings_of(slack), support_channel=channel.id))
        await slack.until(lambda: not slack.sockets.open)
    assert [what for what, finding in found.items() if not finding.is_fine] == []
    assert list(found) == [
        *("mode", "bot token", "scopes", f"support channel {channel.id}"),
        *("app token", "socket", "other connections"),
    ]
    assert found["bot token"].detail == f"firstline ({slack.team.bot.id}) in workspace Acme ({slack.team.id})"


async def test_missing_scopes_are_named_with_what_they_are_for() -> None:
    async with SlackServer(scopes=OUR_SCOPES - {"files:write", "im:history"}) as slack:
        scopes = (await find(settings_of(slack)))["scopes"]
    assert scopes.detail == (
        "missing: files:write (to attach an answer that is too long for messages); im:history (to hear direct messages)"
    )
    assert "reinstall" in scopes.advice


async def test_exactly_our_scopes_are_enough() -> None:
    async with SlackServer(scopes={scope.name for scope in SCOPES}) as slack:
        assert (await find(settings_of(slack)))["scopes"].is_fine


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive", "not_allowed_token_type"])
async def test_a_token_that_slack_refuses_ends_the_look_at_the_bot(code: str) -> None:
    async with SlackServer() as slack:
        slack.faults.plan("auth.test", Refuse(code))
        found = await find(settings_of(slack))
    assert (found["bot token"].is_fine, found["bot token"].detail) == (False, code)
    assert "SLACK_BOT_TOKEN" in found["bot token"].advice
    assert "scopes" not in found
    assert found["socket"].is_fine


async def test_the_two_tokens_in_each_others_place_are_recognised() -> None:
    async with SlackServer() as slack:
        right = settings_of(slack)
        found = await find(replace(right, bot_token=right.app_token, app_token=right.bot_token))
    assert found["bot token"].detail == found["app token"].detail == "not_allowed_token_type"
    assert "xapp-" in found["app token"].advice


async def test_missing_tokens_are_named() -> None:
    async with SlackServer() as slack:
        found = await find(SlackSettings(api_url=slack.api_url))
    assert "SLACK_APP_TOKEN" in found["mode"].advice
    assert found["bot token"].detail == "SLACK_BOT_TOKEN is not set"


@pytest.mark.parametrize("fault", [Broken(500), Malformed(), Reset()], ids=str)
async def test_each_thing_is_tried_once(fault: Fault) -> None:
    async with SlackServer() as slack:
        slack.faults.plan("auth.test", fault, times=None)
        slack.faults.plan("apps.connections.open", fault, times=None)
        found = await find(settings_of(slack))
        assert [call.method for call in slack.calls] == ["auth.test", "apps.connections.open"]
    assert "could not be reached" in found["bot token"].advice
    assert "could not be reached" in found["app token"].advice


async def test_a_passing_trouble_of_slack_is_not_blamed_on_the_token() -> None:
    async with SlackServer() as slack:
        slack.faults.plan("auth.test", Refuse("internal_error"))
        assert "try again" in (await find(settings_of(slack)))["bot token"].advice


async def test_an_app_without_socket_mode_is_told_to_switch_it_on() -> None:
    async with SlackServer() as slack:
        slack.faults.plan("apps.connections.open", Refuse("socket_mode_not_enabled"))
        found = await find(settings_of(slack))
    assert "Socket Mode" in found["app token"].advice


@asynccontextmanager
async def connected(slack: SlackServer, count: int) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as session, AsyncExitStack() as sockets:
        for _ in range(count):
            url = f"ws{slack.url.removeprefix('http')}/link?ticket={slack.sockets.issue_ticket()}"
            await sockets.enter_async_context(session.ws_connect(url))
        await slack.until(lambda: len(slack.sockets.open) == count)
        yield


@pytest.mark.parametrize(("others", "is_fine"), [(1, True), (2, False)])
async def test_other_connections_of_the_app_are_counted(others: int, is_fine: bool) -> None:
    async with SlackServer() as slack, connected(slack, others):
        found = (await find(settings_of(slack)))["other connections"]
    assert (found.is_fine, found.detail[0]) == (is_fine, str(others))


async def test_a_full_app_is_told_to_stop_others() -> None:
    async with SlackServer() as slack, connected(slack, 10):
        assert (await find(settings_of(slack)))["socket"].detail == "no hello, but too_many_websockets"


async def test_a_support_channel_without_the_bot_is_told_how_to_invite_it() -> None:
    async with SlackServer() as slack:
        channel = slack.add_channel("support", with_bot=False)
        settings = replace(settings_of(slack), support_channel=channel.id)
        assert "/invite" in (await find(settings))[f"support channel {channel.id}"].advice
        unknown = replace(settings, support_channel="C404")
        assert (await find(unknown))["support channel C404"].detail == "channel_not_found"


@pytest.mark.parametrize(
    ("settings", "detail", "is_fine"),
    [
        (SlackSettings(bot_token="t", signing_secret="s"), "HTTP, one workspace", True),
        (SlackSettings(signing_secret="s", client_id="1"), "HTTP with OAuth, without the client's secret", False),
        (
            SlackSettings(signing_secret="s", client_id="1", client_secret="s"),
            "HTTP with OAuth; tokens are those of the installations",
            True,
        ),
    ],
)
async def test_http_mode_is_recognised(settings: SlackSettings, detail: str, is_fine: bool) -> None:
    async with SlackServer() as slack:
        mode = (await find(replace(settings, api_url=slack.api_url)))["mode"]
    assert (mode.detail, mode.is_fine) == (detail, is_fine)
