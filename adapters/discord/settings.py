"""What the Discord adapter must be told. A small value of its own, so that nothing here reads the environment."""

from dataclasses import dataclass, field

DEFAULT_API_URL = "https://discord.com/api/v10"


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """How to reach Discord and where people of the support team are.

    `api_url` carries the API's version. An empty `gateway_url` leaves the gateway to what the API answers. `shards` is
    None for as many as Discord advises. The ids are snowflakes as text; empty means that there is none.
    """

    token: str = field(repr=False)
    api_url: str = DEFAULT_API_URL
    gateway_url: str = ""
    support_channel: str = ""
    support_role: str = ""
    """May be pinged when a conversation is handed to people."""
    shards: int | None = None
    message_content: bool = False
    """The bot was granted the privileged message-content intent."""
