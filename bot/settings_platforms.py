"""The groups of settings that only `firstline run` and `doctor` need: platforms, who is served, and how it runs."""

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from bot.settings_groups import Group, Names, Url

# Ids on Discord grow with time: since 2015 none has had fewer digits.
_DISCORD_ID = r"[0-9]{17,20}"
_ON_DISCORD = (
    "it must be an id of 17 to 20 digits: in Discord's Developer Mode, right-click the {0} and press Copy {1} ID"
)
_IDS: Final[Mapping[str, tuple[str, str]]] = {
    "slack_support_channel": (
        r"[CG][A-Z0-9]+",
        "it must be an id such as C0123456789: click on the channel's name in Slack, it stands at the end",
    ),
    "slack_support_group": (
        r"S[A-Z0-9]+",
        "it must be an id such as S0123456789: in Slack under People, User groups, the group, Copy group ID",
    ),
    "discord_support_channel": (_DISCORD_ID, _ON_DISCORD.format("channel", "Channel")),
    "discord_support_role": (_DISCORD_ID, _ON_DISCORD.format("role", "Role")),
}


class Slack(Group):
    """The Slack app. With an app token it connects by Socket Mode, with a signing secret alone it listens for HTTP."""

    model_config = SettingsConfigDict(env_prefix="SLACK_")

    bot_token: SecretStr | None = Field(default=None, description="Bot token of the Slack app, `xoxb-...`.")
    app_token: SecretStr | None = Field(
        default=None, description="App-level token with `connections:write`, `xapp-...`: Socket Mode."
    )
    signing_secret: SecretStr | None = Field(
        default=None, description="Signing secret: HTTP mode, used where there is no `SLACK_APP_TOKEN`."
    )
    client_id: str | None = Field(
        default=None, description="With `SLACK_CLIENT_SECRET`: many workspaces install the app by OAuth (HTTP mode)."
    )
    client_secret: SecretStr | None = Field(default=None, description="Belongs to `SLACK_CLIENT_ID`.")
    api_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+.*/api/$")] = Field(
        default="https://slack.com/api/", description="Another server that speaks Slack's API; ends in `/api/`."
    )

    @property
    def is_set(self) -> bool:
        """Whether there is enough to connect."""
        has_token = self.bot_token is not None and (self.app_token is not None or self.signing_secret is not None)
        return has_token or (self.client_id is not None and self.signing_secret is not None)


class Discord(Group):
    """The Discord app."""

    model_config = SettingsConfigDict(env_prefix="DISCORD_")

    bot_token: SecretStr | None = Field(default=None, description="Token of the Discord bot.")
    api_url: Url = Field(
        default="https://discord.com/api/v10", description="Another server that speaks Discord's API, with its version."
    )
    gateway_url: Annotated[str, Field(pattern=r"^wss?://[^\s/]+")] | None = Field(
        default=None, description="Another gateway, `ws://...`; it wins over what the API answers."
    )

    @property
    def is_set(self) -> bool:
        """Whether there is enough to connect."""
        return self.bot_token is not None


class Platforms(Group):
    """What is done on each platform, and where hard cases go."""

    model_config = SettingsConfigDict(env_prefix="FIRSTLINE_")

    slack_support_channel: str | None = Field(
        default=None, description="Slack channel id where people are asked to take over, `C...`."
    )
    slack_support_group: str | None = Field(
        default=None, description="Slack user group that is notified there, `S...`; by default nobody is pinged."
    )
    slack_streams: bool = Field(
        default=False, description="`true` uses Slack's native streams where it can, and edits otherwise."
    )
    discord_support_channel: str | None = Field(
        default=None, description="Discord channel id where people are asked to take over."
    )
    discord_support_role: str | None = Field(
        default=None, description="Discord role id that is notified there; by default nobody is pinged."
    )
    discord_message_content: bool = Field(
        default=False,
        description="`true` asks for the privileged message-content intent: follow-ups need no mention then.",
    )
    discord_shards: int | None = Field(default=None, ge=1, description="Number of shards; by default Discord's advice.")

    @field_validator("slack_support_channel", "slack_support_group", "discord_support_channel", "discord_support_role")
    @classmethod
    def _is_id(cls, value: str | None, field: ValidationInfo) -> str | None:
        """Refuse names, mentions and links: a hand-off would fail only when somebody needs one."""
        form, advice = _IDS[field.field_name or ""]
        if value is not None and not re.fullmatch(form, value):
            raise ValueError(advice)
        return value


class Access(Group):
    """Who is served, by the platforms' ids, separated by commas. An empty list of allowed ones allows all."""

    model_config = SettingsConfigDict(env_prefix="FIRSTLINE_")

    allowed_workspaces: Names = Field(default=(), description="Slack workspaces and Discord guilds that are served.")
    denied_workspaces: Names = Field(default=(), description="Slack workspaces and Discord guilds that are not.")
    allowed_channels: Names = Field(default=(), description="Channels that are served; direct messages always are.")
    denied_channels: Names = Field(default=(), description="Channels that are not.")
    allowed_users: Names = Field(default=(), description="People who are answered.")
    denied_users: Names = Field(default=(), description="People who are not.")
    allowed_roles: Names = Field(default=(), description="Discord roles that are answered.")
    denied_roles: Names = Field(default=(), description="Discord roles that are not.")
    staff_users: Names = Field(
        default=(), description="Support staff: they may stop any answer and give conversations back to the bot."
    )
    staff_roles: Names = Field(default=(), description="Discord roles of the support staff.")
    max_message_chars: int = Field(
        default=8_000, ge=100, description="Of a longer message the first part is read, and the answer says so."
    )

    @field_validator(
        *("allowed_workspaces", "denied_workspaces", "allowed_channels", "denied_channels"),
        *("allowed_users", "denied_users", "allowed_roles", "denied_roles", "staff_users", "staff_roles"),
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        """Split a comma list."""
        if not isinstance(value, str):
            return value
        return tuple(name for part in value.split(",") if (name := part.strip()))


class Service(Group):
    """How `firstline run` runs."""

    model_config = SettingsConfigDict(env_prefix="FIRSTLINE_")

    live_turns: int = Field(default=50, ge=1, description="Answers made at once; beyond it people see their place.")
    burst_seconds: float = Field(
        default=1.5,
        ge=0,
        le=10,
        description="What a person writes within so many seconds is answered together; the answer is begun meanwhile.",
    )
    grace_seconds: float = Field(
        default=20.0,
        ge=0,
        le=600,
        description="Time that live answers have to finish when the process is asked to end.",
    )
    http_host: str = Field(default="127.0.0.1", description="Address that HTTP mode listens at.")
    http_port: int = Field(default=3000, ge=0, le=65_535, description="Port that HTTP mode listens at.")
    http_path: Annotated[str, Field(pattern=r"^(/[^/\s]+)*$")] = Field(
        default="", description="What goes before every path of HTTP mode behind a proxy, such as `/bot`."
    )
    public_url: Annotated[str, Field(pattern=r"^(https?://[^\s/]+)?$")] = Field(
        default="", description="How the world reaches HTTP mode, `https://support.example.com`: needed for OAuth."
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Key that encrypts the tokens of installed workspaces; several, the newest first, rotate it. "
        'Make one: `python -c "from cryptography.fernet import Fernet as F; print(F.generate_key().decode())"`.',
    )
