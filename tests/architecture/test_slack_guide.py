"""docs/slack.md is held to the code: its tables are rendered from it, its settings and commands exist."""

import re
from pathlib import Path

import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own, which nothing else needs

from adapters.slack.commands import WISHES
from adapters.slack.http import EVENTS_PATH, HEALTH_PATH
from adapters.slack.oauth import INSTALL_PATH, REDIRECT_PATH
from adapters.slack.scopes import APP_SCOPE, EVENTS, SCOPES
from bot.settings import Settings

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/slack.md").read_text("utf-8")
MANIFEST = yaml.safe_load((ROOT / "manifest.yml").read_text("utf-8"))


def render_scopes() -> str:
    rows = [f"| `{scope.name}` | {scope.reason} |\n" for scope in SCOPES]
    return "".join(["| scope | to |\n|---|---|\n", *rows])


def render_events() -> str:
    rows = [f"| `{event.name}` | {event.reason} |\n" for event in EVENTS]
    return "".join(["| event | to |\n|---|---|\n", *rows])


def between(name: str) -> str:
    return GUIDE.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- /{name} -->")[0]


def test_the_scopes_are_those_of_the_code() -> None:
    assert between("scopes") == render_scopes()
    assert f"`{APP_SCOPE.name}`: {APP_SCOPE.reason}" in GUIDE


def test_the_events_are_those_of_the_code() -> None:
    assert between("events") == render_events()


def test_every_setting_that_is_named_exists() -> None:
    known = {name for name, _ in Settings.fields()}
    assert set(re.findall(r"\b(?:SLACK|FIRSTLINE)_[A-Z_]+", GUIDE)) - known - {"FIRSTLINE_HOME"} == set()


def test_every_word_after_support_is_a_command() -> None:
    assert set(re.findall(r"`/support (\w+)`", GUIDE)) <= {*WISHES, "help"}


def test_the_paths_are_those_of_the_server() -> None:
    assert all(path in GUIDE for path in (EVENTS_PATH, HEALTH_PATH, INSTALL_PATH, REDIRECT_PATH))


def test_what_http_mode_changes_in_the_manifest_is_in_the_manifest() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    change = yaml.safe_load(block)
    (command,) = change["features"]["slash_commands"]
    assert {**command, "url": ""} == {**MANIFEST["features"]["slash_commands"][0], "url": ""}
    assert set(change["settings"]) <= set(MANIFEST["settings"])
    assert change["settings"]["socket_mode_enabled"] is False
