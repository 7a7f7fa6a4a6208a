"""Which platforms are opened, and what is said when none can be."""

import pytest

from bot.errors import SettingsInvalid
from bot.platforms import open_venues, support_channels
from bot.settings import load_settings


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "no platform is set"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "DISCORD_BOT_TOKEN": "t"}, "SLACK_APP_TOKEN"),
    ],
)
async def test_a_platform_that_is_missing_or_half_set_is_named(variables: dict[str, str], says: str) -> None:
    settings = load_settings(variables, env_file=None)
    with pytest.raises(SettingsInvalid, match=says):
        async with open_venues(settings):
            pass


async def test_what_is_set_is_opened_and_nothing_else() -> None:
    settings = load_settings({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}, env_file=None)
    async with open_venues(settings) as venues:
        assert list(venues) == ["slack"]


def test_each_platform_has_its_own_support_channel_and_group() -> None:
    variables = {"FIRSTLINE_SLACK_SUPPORT_CHANNEL": "C1", "FIRSTLINE_SLACK_SUPPORT_GROUP": "S1"}
    channels = support_channels(load_settings(variables, env_file=None))
    assert {name: (each.address.channel, each.group) for name, each in channels.items()} == {"slack": ("C1", "S1")}
