"""Who may do what where, computed as Discord documents it: roles, then a channel's overwrites."""

from enum import IntFlag

from tests.servers.discord.records import Channel, ChannelKind, Guild, Overwrite


class Permission(IntFlag):
    """The permissions that this server enforces."""

    ADMINISTRATOR = 1 << 3
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50


EVERYTHING = (1 << 51) - 1
IN_DMS = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
    | Permission.USE_APPLICATION_COMMANDS
)
OF_PEOPLE = (
    IN_DMS | Permission.CREATE_PUBLIC_THREADS | Permission.SEND_MESSAGES_IN_THREADS | Permission.USE_EXTERNAL_APPS
)
"""What @everyone may do in a new guild here: no pinging of everyone."""


def permissions_of(user: int, channel: Channel) -> int:
    """Return the bits of what a user may do in a channel; 0 for who isn't there."""
    if channel.guild is None:
        return int(IN_DMS) if any(each.id == user for each in channel.recipients) else 0
    place = channel.parent if channel.is_thread and channel.parent is not None else channel
    base = in_guild(user, channel.guild)
    if base & Permission.ADMINISTRATOR:
        return EVERYTHING
    bits = _overwritten(base, user, place)
    is_outside = channel.kind is ChannelKind.PRIVATE_THREAD and user not in channel.joined
    return 0 if is_outside and not bits & Permission.MANAGE_THREADS else bits


def in_guild(user: int, guild: Guild) -> int:
    """Return the bits that a member has by roles; 0 for who is no member."""
    member = guild.members.get(user)
    if member is None:
        return 0
    if guild.owner == user:
        return EVERYTHING
    bits = guild.roles[guild.id].permissions
    for role in member.roles:
        bits |= guild.roles[role].permissions
    return EVERYTHING if bits & Permission.ADMINISTRATOR else bits


def needed_to_send(channel: Channel) -> Permission:
    """Return the permission that sending takes in this kind of channel."""
    if channel.is_thread:
        return Permission.SEND_MESSAGES_IN_THREADS
    return Permission.SEND_MESSAGES


def is_post_only(channel: Channel) -> bool:
    """Tell whether the channel holds posts and no messages of its own."""
    return channel.kind is ChannelKind.FORUM


def _overwritten(bits: int, user: int, channel: Channel) -> int:
    guild = channel.guild
    assert guild is not None
    if user not in guild.members:
        return 0
    everyone = channel.overwrites.get(guild.id, Overwrite())
    bits = bits & ~everyone.deny | everyone.allow
    of_roles = [channel.overwrites[role] for role in guild.members[user].roles if role in channel.overwrites]
    denied, allowed = 0, 0
    for overwrite in of_roles:
        denied |= overwrite.deny
        allowed |= overwrite.allow
    bits = bits & ~denied | allowed
    own = channel.overwrites.get(user, Overwrite())
    return bits & ~own.deny | own.allow
