"""manifest.yml is what the code uses and what Slack takes; the rules are those of its published manifest schema."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own, which nothing else needs
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import scopes
from adapters.slack.commands import NAME
from adapters.slack.interactions import ASK_SHORTCUT

ROOT = Path(__file__).parents[2]
MANIFEST = yaml.safe_load((ROOT / "manifest.yml").read_text("utf-8"))
SLACK = sorted(path for path in (ROOT / "adapters/slack").glob("*.py") if path.name != "scopes.py")

# Field -> (fewest, most) characters of a text or items of a list; None where the schema sets no size.
SIZES: dict[str, tuple[int, int] | None] = {
    "display_information.name": (1, 35),
    "display_information.description": (1, 140),
    "display_information.long_description": (175, 4000),
    "display_information.background_color": (4, 7),
    "features.app_home.home_tab_enabled": None,
    "features.app_home.messages_tab_enabled": None,
    "features.app_home.messages_tab_read_only_enabled": None,
    "features.agent_view.agent_description": (0, 300),
    "features.bot_user.display_name": (1, 80),
    "features.bot_user.always_online": None,
    "features.shortcuts": (1, 10),
    "features.shortcuts[].name": (1, 24),
    "features.shortcuts[].type": None,
    "features.shortcuts[].callback_id": (1, 255),
    "features.shortcuts[].description": (1, 150),
    "features.slash_commands": (1, 50),
    "features.slash_commands[].command": (2, 32),
    "features.slash_commands[].description": (1, 2000),
    "features.slash_commands[].usage_hint": (1, 1000),
    "features.slash_commands[].should_escape": None,
    "oauth_config.scopes.bot": (0, 255),
    "oauth_config.scopes.bot[]": (1, 50),
    "settings.event_subscriptions.bot_events": (0, 100),
    "settings.event_subscriptions.bot_events[]": (1, 50),
    "settings.interactivity.is_enabled": None,
    "settings.org_deploy_enabled": None,
    "settings.socket_mode_enabled": None,
    "settings.token_rotation_enabled": None,
}


def fields(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each field of the manifest that the schema may limit, lists both as a whole and by item."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from fields(inner, f"{name}.{key}" if name else key)
        return
    yield name, value
    if isinstance(value, list):
        for item in value:
            yield from fields(item, f"{name}[]")


def words_of_code() -> Iterator[str]:
    """Yield what the adapter's code may name an API method, an event, a command or a shortcut by."""
    for path in SLACK:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.Attribute):
                yield node.attr.replace("_", ".")


def known_methods() -> set[str]:
    names = {name for name in dir(AsyncWebClient) if "_" in name.strip("_") and not name.startswith("_")}
    return {name.replace("_", ".") for name in names - {"api_call"}}


@pytest.mark.parametrize(("name", "value"), list(fields(MANIFEST)), ids=str)
def test_every_field_is_one_of_slacks_and_within_its_size(name: str, value: Any) -> None:
    size = SIZES[name]
    if size is None:
        assert isinstance(value, bool) or value in {"message", "global"}
    else:
        assert size[0] <= len(value) <= size[1]


def test_the_colour_and_the_command_are_of_slacks_form() -> None:
    assert re.fullmatch(r"#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?", MANIFEST["display_information"]["background_color"])
    assert all(command["command"].startswith("/") for command in MANIFEST["features"]["slash_commands"])


def test_the_scopes_are_those_of_the_table() -> None:
    assert MANIFEST["oauth_config"]["scopes"]["bot"] == [scope.name for scope in scopes.SCOPES]


def test_the_events_are_those_of_the_table() -> None:
    assert MANIFEST["settings"]["event_subscriptions"]["bot_events"] == [event.name for event in scopes.EVENTS]


def test_the_commands_and_shortcuts_are_those_of_the_code() -> None:
    features = MANIFEST["features"]
    assert tuple(command["command"] for command in features["slash_commands"]) == (NAME,)
    assert tuple(shortcut["callback_id"] for shortcut in features["shortcuts"]) == (ASK_SHORTCUT,)


def test_every_event_that_needs_a_scope_has_it() -> None:
    listened = {event.name for event in scopes.EVENTS}
    assert {event for scope in scopes.SCOPES for event in scope.events} <= listened
    free = listened - {event for scope in scopes.SCOPES for event in scope.events}
    # Slack's reference says of these that no scope is required.
    assert free == {"app_home_opened", "app_uninstalled", "tokens_revoked"}


def test_every_method_that_the_code_calls_is_accounted_for_and_no_other() -> None:
    called = set(words_of_code()) & known_methods()
    needed = {method for scope in (*scopes.SCOPES, scopes.APP_SCOPE) for method in scope.methods}
    assert called == needed | scopes.FREE_METHODS


def test_every_event_is_understood_by_the_code() -> None:
    assert {event.type for event in scopes.EVENTS} - set(words_of_code()) == set()


def test_what_the_code_relies_on_is_switched_on() -> None:
    assert MANIFEST["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert MANIFEST["settings"]["interactivity"] == {"is_enabled": True}
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    # Installations are found by workspace, and a single token in the settings could not be renewed.
    assert MANIFEST["settings"]["org_deploy_enabled"] is False
    assert MANIFEST["settings"]["token_rotation_enabled"] is False
