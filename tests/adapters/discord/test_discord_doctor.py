"""What the doctor finds on Discord, over sockets."""

from dataclasses import replace

import pytest

from adapters.desk import Finding
from adapters.discord.doctor import examine
from adapters.discord.permissions import MENTION_ALL_ROLES, Permission, build_invite_link, missing_in
from adapters.discord.settings import DiscordSettings
from tests.adapters.discord.listening import open_listening, settings_of
from tests.servers.discord.faults import Fault
from tests.servers.discord.permissions import Permission as Granted
from tests.servers.discord.records import Overwrite
from tests.servers.discord.server import LoopbackDiscord
from tests.servers.discord.server import open_discord as open_server


async def findings(settings: DiscordSettings) -> dict[str, Finding]:
    return {each.what: each async for each in examine(settings)}


def with_support(server: LoopbackDiscord) -> DiscordSettings:
    return replace(settings_of(server), support_channel=str(server.channel.id))


async def test_all_is_fine_with_a_bot_that_runs() -> None:
    async with open_server() as server, open_listening(server):
        found = await findings(with_support(server))
        assert [name for name, each in found.items() if not each.is_fine] == []
        assert found["servers"].detail.endswith(build_invite_link(str(server.world.application.id)))
        assert len(server.gateway.identifies) == 1


async def test_a_wrong_token_ends_the_visit() -> None:
    async with open_server() as server:
        found = await findings(replace(settings_of(server), token="wrong"))
        assert list(found) == ["token"]
        assert "DISCORD_BOT_TOKEN" in found["token"].advice


async def test_what_is_lost_without_message_content_is_said() -> None:
    async with open_server() as server:
        without = await findings(settings_of(server, message_content=False))
        assert without["message content"].is_fine
        assert "mention" in without["message content"].detail
        server.world.application.privileged = 0
        refused = await findings(settings_of(server))
        assert not refused["message content"].is_fine


async def test_a_silent_gateway_and_unknown_commands_are_found() -> None:
    async with open_server() as server:
        server.gateway.is_refusing = True
        found = await findings(settings_of(server))
        assert not found["gateway"].is_fine
        assert not found["commands"].is_fine


async def test_a_failure_on_the_way_is_a_finding() -> None:
    async with open_server() as server:
        server.faults.add(Fault("gateway.bot", times=None))
        found = await findings(settings_of(server))
        assert not found["Discord"].is_fine


async def test_starts_that_run_out_are_found() -> None:
    async with open_server() as server, open_listening(server):
        server.gateway.identifies *= 990
        found = await findings(settings_of(server))
        assert found["gateway"].detail == "10 of 1000 starts left today"


async def test_a_support_channel_without_permissions_names_them() -> None:
    async with open_server() as server:
        role = server.guild.members[server.bot.id].roles[0]
        server.channel.overwrites[role] = Overwrite(deny=Granted.SEND_MESSAGES)
        found = await findings(with_support(server))
        assert "Send Messages" in found["support channel"].advice
        missing = await findings(replace(settings_of(server), support_channel="1"))
        assert not missing["support channel"].is_fine


async def test_a_support_role_that_would_not_be_notified_is_found() -> None:
    async with open_server() as server:
        role = server.world.add_role(server.guild, "agents")
        settings = replace(with_support(server), support_role=str(role.id))
        ours = server.guild.roles[server.guild.members[server.bot.id].roles[0]]
        ours.permissions &= ~MENTION_ALL_ROLES
        assert "anyone to @mention" in (await findings(settings))["support role"].advice
        role.is_mentionable = True
        assert (await findings(settings))["support role"] == Finding("support role", is_fine=True, detail="agents")
        assert not (await findings(replace(settings, support_role="1")))["support role"].is_fine
        role.is_mentionable = False
        ours.permissions |= MENTION_ALL_ROLES
        assert (await findings(settings))["support role"].is_fine


@pytest.mark.parametrize(
    ("exceptions", "missing"),
    [
        ([], Permission(0)),
        ([{"id": "1", "deny": "2048"}], Permission.SEND_MESSAGES),
        ([{"id": "1", "deny": "2048"}, {"id": "5", "allow": "2048"}], Permission(0)),
        ([{"id": "5", "allow": "2048"}, {"id": "9", "deny": "2048"}], Permission.SEND_MESSAGES),
        ([{"id": "6", "deny": "2048"}, {"id": "5", "allow": "2048"}], Permission(0)),
        ([{"id": "7", "deny": "2048"}], Permission(0)),
    ],
)
def test_a_channels_exceptions_count_in_discords_order(exceptions: list[dict[str, str]], missing: Permission) -> None:
    guild = {"id": "1", "roles": [{"id": "1", "permissions": "2048"}, {"id": "5"}, {"id": "6"}, {"id": "7"}]}
    channel = {"permission_overwrites": exceptions}
    found = missing_in(channel, guild, {"roles": ["5", "6"]}, me="9", wanted=Permission.SEND_MESSAGES)
    assert found == missing


def test_an_administrator_lacks_nothing() -> None:
    guild = {"id": "1", "roles": [{"id": "5", "permissions": "8"}]}
    channel = {"permission_overwrites": [{"id": "9", "deny": "2048"}]}
    assert not missing_in(channel, guild, {"roles": ["5"]}, me="9", wanted=Permission.SEND_MESSAGES)
