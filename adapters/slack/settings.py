"""What Slack's adapter is told: a value of its own, so that it reads neither environment nor files."""

from dataclasses import dataclass, field

DEFAULT_API_URL = "https://slack.com/api/"


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """How to reach one Slack app. Empty strings are what isn't set; its repr holds no secret.

    `api_url` ends in `/api/`. `support_channel` gets the notice of a hand-off and `support_group` (`S…`) is pinged
    in it. `client_id` and `client_secret` are for installations in several workspaces.
    """

    bot_token: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    api_url: str = DEFAULT_API_URL
    support_channel: str = ""
    support_group: str = ""
    streams: bool = False
    """Write live replies with Slack's native streams; editing is the fallback."""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
