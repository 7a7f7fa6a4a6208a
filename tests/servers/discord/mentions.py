"""Whom a message notifies: what its text names, narrowed by `allowed_mentions` and by what its author may do."""

import re
from dataclasses import dataclass

from tests.servers.discord.asking import Invalid
from tests.servers.discord.permissions import Permission, permissions_of
from tests.servers.discord.records import Channel, Payload, Pings

CODE = re.compile(r"```.*?```|``.*?``|`[^`\n]+`", re.DOTALL)
USER = re.compile(r"<@!?(\d{1,20})>")
ROLE = re.compile(r"<@&(\d{1,20})>")
EVERYONE = re.compile(r"@(?:everyone|here)\b")


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names outside of code, whether that may notify or not."""

    users: tuple[int, ...]
    roles: frozenset[int]
    everyone: bool


def names_in(content: str) -> Named:
    """Find the mentions of a text. A backslash before one saves nobody, as far as is known."""
    plain = CODE.sub(" ", content)
    users = dict.fromkeys(int(each) for each in USER.findall(plain))
    return Named(tuple(users), frozenset(map(int, ROLE.findall(plain))), bool(EVERYONE.search(plain)))


def check_allowed_mentions(allowed: Payload | None) -> None:
    """Refuse an `allowed_mentions` that says two things at once."""
    if allowed is None:
        return
    parse = allowed.get("parse", [])
    for name in ("users", "roles"):
        if name in parse and allowed.get(name):
            message = f"parse:['{name}'] and {name}: [ids...] are mutually exclusive."
            raise Invalid("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
        if len(allowed.get(name) or []) > 100:
            raise Invalid(f"allowed_mentions.{name}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")


def pings_of(
    content: str, channel: Channel, author: int, allowed: Payload | None, replied_to: int | None = None
) -> Pings:
    """Return whom a text notifies. Without `allowed_mentions` that is everyone named, and who is replied to."""
    named = names_in(content)
    parse = {"users", "roles", "everyone"} if allowed is None else set(allowed.get("parse", []))
    lists = allowed or {}
    may_all = bool(permissions_of(author, channel) & Permission.MENTION_EVERYONE)
    users = set(named.users) if "users" in parse else set(named.users) & _ids(lists, "users")
    if replied_to is not None and (allowed is None or allowed.get("replied_user", False)):
        users.add(replied_to)
    roles = set(named.roles) if "roles" in parse else set(named.roles) & _ids(lists, "roles")
    guild = channel.guild
    there = {} if guild is None else guild.roles
    roles = {each for each in roles if each in there and (may_all or there[each].is_mentionable)}
    return Pings(frozenset(users), frozenset(roles), named.everyone and "everyone" in parse and may_all)


def _ids(lists: Payload, name: str) -> set[int]:
    return {int(each) for each in lists.get(name) or []}
