"""What the guide says of Discord is compared with the code."""

import re
from pathlib import Path

from adapters.discord.commands import build_commands
from adapters.discord.permissions import WANTED, name_all
from bot.settings import Settings

GUIDE = (Path(__file__).parents[3] / "docs" / "discord.md").read_text("utf-8")


def test_the_guide_names_every_permission_that_the_invite_link_asks_for() -> None:
    table = GUIDE.partition("### Permissions")[2].partition("##")[0]
    assert [name for name in name_all(WANTED).split(", ") if name.lower() not in table.lower()] == []


def test_the_guide_names_every_command() -> None:
    assert [command["name"] for command in build_commands() if command["name"] not in GUIDE] == []


def test_the_guide_names_settings_that_exist() -> None:
    known = {name for name, _ in Settings.fields()}
    named = set(re.findall(r"\b(?:FIRSTLINE|DISCORD)_[A-Z_]+\b", GUIDE))
    assert named
    assert named <= known
