"""What an app asks for: ours by its manifest.yml, so that no test passes by a right that an installed app lacks."""

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own, which nothing else needs

_MANIFEST: dict[str, Any] = yaml.safe_load((Path(__file__).parents[3] / "manifest.yml").read_text("utf-8"))

OUR_SCOPES: frozenset[str] = frozenset(_MANIFEST["oauth_config"]["scopes"]["bot"])
OUR_EVENTS: frozenset[str] = frozenset(_MANIFEST["settings"]["event_subscriptions"]["bot_events"])

# What any app may ask for of the methods and events that are here.
ALL_SCOPES = OUR_SCOPES | {
    "channels:read",
    "files:read",
    "groups:read",
    "im:read",
    "mpim:read",
    "reactions:write",
    "team:read",
}
ALL_EVENTS = OUR_EVENTS | {"member_joined_channel", "reaction_removed"}
