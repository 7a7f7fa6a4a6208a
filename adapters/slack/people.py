"""Who is who in a workspace: ourselves, and the names of those who wrote in a thread."""

from collections.abc import Iterable
from dataclasses import dataclass

from adapters.errors import MessageGone, NotPermitted, RetryLater
from adapters.recent import Recent
from adapters.slack.calls import SlackCalls

# One thread rarely has more people; the rest are called by their ids.
_MAX_LOOK_UPS = 20
_NO_LABEL = str.maketrans(dict.fromkeys("[]()<>\\`*_~", " "))


@dataclass(frozen=True, slots=True)
class Identity:
    """The ids of our user and of our bot."""

    user: str
    bot: str


class SlackPeople:
    """Look people up once and remember them while the program runs."""

    def __init__(self, calls: SlackCalls) -> None:
        self._calls = calls
        self._identities: dict[str, Identity] = {}
        self._names: Recent[tuple[str, str], str] = Recent()

    async def myself(self, team: str) -> Identity:
        """Return who we are in a workspace."""
        if team not in self._identities:
            answer = await self._calls.read(team, "auth.test", {})
            self._identities[team] = Identity(str(answer.get("user_id", "")), str(answer.get("bot_id", "")))
        return self._identities[team]

    async def look_up(self, team: str, users: Iterable[str]) -> None:
        """Learn the names of these people, as far as Slack tells them."""
        unknown = list(dict.fromkeys(user for user in users if user and (team, user) not in self._names))
        for user in unknown[:_MAX_LOOK_UPS]:
            try:
                answer = await self._calls.read(team, "users.info", {"user": user})
            except (MessageGone, NotPermitted, RetryLater):
                return
            self._remember(team, user, answer.get("user") or {})

    def _remember(self, team: str, user: str, found: dict[str, object]) -> None:
        profile = found.get("profile")
        names = profile if isinstance(profile, dict) else {}
        name = names.get("display_name") or names.get("real_name") or found.get("real_name") or found.get("name")
        self._names.note((team, user), str(name or user))

    def known(self, team: str, user: str) -> str | None:
        """Return a person's name, if it was looked up."""
        return self._names.get((team, user))

    def name(self, team: str, user: str) -> str:
        """Return a link that opens a person's messages and notifies nobody."""
        label = " ".join((self.known(team, user) or user).translate(_NO_LABEL).split())
        return f"[{label or user}](https://slack.com/app_redirect?channel={user}&team={team})"
