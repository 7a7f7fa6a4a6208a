"""What the bot must be allowed to do, and what it is allowed to in a channel. Pure."""

from enum import IntFlag

from adapters.discord.payload import Payload, as_snowflake, parts, snowflake, snowflakes


class Permission(IntFlag):
    """The permissions that Firstline uses; their names are those of Discord's settings."""

    VIEW_CHANNELS = 1 << 10
    SEND_MESSAGES = 1 << 11
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MANAGE_THREADS = 1 << 34  # opening archived threads again, and marking posts as solved
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38


_ADMINISTRATOR = 1 << 3
WANTED = Permission(sum(Permission))
FOR_NOTICES = Permission.VIEW_CHANNELS | Permission.SEND_MESSAGES | Permission.READ_MESSAGE_HISTORY
MENTION_ALL_ROLES = Permission(1 << 17)
"""What notifying a role takes that not everybody may mention; the invite link doesn't ask for it."""
FOR_THREADS = Permission.VIEW_CHANNELS | Permission.SEND_MESSAGES_IN_THREADS
"""What an answer in a thread takes."""
FOR_CHANNELS = FOR_THREADS | Permission.SEND_MESSAGES | Permission.CREATE_PUBLIC_THREADS
"""What an answer takes for which a thread is opened first."""


def build_invite_link(application: str) -> str:
    """Return the link by which an administrator adds the bot to a server, with what it needs and no more."""
    scope = "bot+applications.commands"
    return f"https://discord.com/oauth2/authorize?client_id={application}&scope={scope}&permissions={int(WANTED)}"


def name_all(permissions: Permission) -> str:
    """Return the names as Discord's settings have them."""
    return ", ".join((each.name or "").replace("_", " ").title() for each in permissions)


def missing_in(channel: Payload, guild: Payload, member: Payload, *, me: str, wanted: Permission) -> Permission:
    """Return what the bot lacks in a channel, by Discord's order: roles first, then the channel's exceptions."""
    guild_id, roles = snowflake(guild, "id"), snowflakes(member, "roles")
    granted = 0
    for role in parts(guild, "roles"):
        if snowflake(role, "id") in roles | {guild_id}:
            granted |= read_permissions(role, "permissions")
    if granted & _ADMINISTRATOR:
        return Permission(0)
    exceptions = {snowflake(each, "id"): each for each in parts(channel, "permission_overwrites")}
    for group in ({guild_id}, roles, {me}):
        applying = [exceptions[each] for each in group if each in exceptions]
        for each in applying:
            granted &= ~read_permissions(each, "deny")
        for each in applying:
            granted |= read_permissions(each, "allow")
    return missing_of(granted, wanted)


def missing_of(granted: int, wanted: Permission) -> Permission:
    """Return what is wanted and not granted; administrators are granted all."""
    return Permission(0) if granted & _ADMINISTRATOR else Permission(int(wanted) & ~granted)


def read_permissions(payload: Payload, key: str) -> int:
    """Return the bits of permissions, which Discord sends as a string."""
    return int(as_snowflake(payload.get(key)) or 0)
