"""The JSON of what exists, as Discord's API sends it. Pure."""

from datetime import UTC, datetime
from urllib.parse import quote

from tests.servers.discord.permissions import permissions_of
from tests.servers.discord.records import (
    Attachment,
    Channel,
    ChannelKind,
    Guild,
    Interaction,
    Member,
    Message,
    MessageKind,
    Payload,
    Role,
    Tag,
    User,
)
from tests.servers.discord.world import World


def stamp(seconds: float) -> str:
    """Write a time as Discord does."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def user_json(user: User) -> Payload:
    """Write a user."""
    return {
        "id": str(user.id),
        "username": user.name,
        "global_name": None,
        "discriminator": user.discriminator,
        "avatar": None,
        "bot": user.is_bot,
        "public_flags": 0,
    }


def member_json(member: Member, *, with_user: bool = True) -> Payload:
    """Write a member; inside a message it comes without its user."""
    bare: Payload = {
        "roles": [str(role) for role in member.roles],
        "joined_at": stamp(member.joined_at),
        "premium_since": None,
        "nick": None,
        "avatar": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "communication_disabled_until": None,
    }
    return bare | {"user": user_json(member.user)} if with_user else bare


def role_json(role: Role, position: int) -> Payload:
    """Write a role."""
    return {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(role.permissions),
        "mentionable": role.is_mentionable,
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "flags": 0,
    }


def tag_json(tag: Tag) -> Payload:
    """Write a forum's tag."""
    return {"id": str(tag.id), "name": tag.name, "moderated": tag.is_moderated, "emoji_id": None, "emoji_name": None}


def channel_json(channel: Channel, bot: User | None = None) -> Payload:
    """Write a channel; a DM names everyone but the bot."""
    if channel.is_private:
        recipients = [user_json(each) for each in channel.recipients if each is not bot]
        shape: Payload = {"recipients": recipients, "flags": 0}
        if channel.kind is ChannelKind.GROUP:
            shape |= {"name": channel.name or None, "icon": None, "owner_id": str(channel.recipients[0].id)}
    elif channel.is_thread:
        shape = _thread_json(channel)
    else:
        shape = _guild_channel_json(channel)
    last = None if channel.last_message is None else str(channel.last_message)
    return {"id": str(channel.id), "type": int(channel.kind), "last_message_id": last} | shape


def guild_json(guild: Guild, world: World) -> Payload:
    """Write a guild as GUILD_CREATE has it: small enough to bring its members along."""
    own = [each for each in world.channels.values() if each.guild is guild and not each.is_gone]
    bot_sees = [each for each in own if permissions_of(world.bot.id, each) & 1 << 10]
    return {
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(guild.owner),
        "icon": None,
        "unavailable": False,
        "large": False,
        "member_count": len(guild.members),
        "members": [member_json(each) for each in guild.members.values()],
        "roles": [role_json(each, place) for place, each in enumerate(guild.roles.values())],
        "channels": [channel_json(each) for each in own if not each.is_thread],
        "threads": [channel_json(each) for each in bot_sees if each.is_thread and not each.is_archived],
        "joined_at": stamp(guild.members[world.bot.id].joined_at if world.bot.id in guild.members else 0),
        **_guild_defaults(),
    }


def message_json(message: Message, world: World) -> Payload:
    """Write a message as REST has it."""
    body: Payload = {
        "id": str(message.id),
        "channel_id": str(message.channel.id),
        "author": user_json(message.author),
        "content": message.content,
        "timestamp": stamp(message.created_at),
        "edited_timestamp": None if message.edited_at is None else stamp(message.edited_at),
        "type": int(message.kind),
        "flags": message.flags,
        "tts": False,
        "pinned": False,
        "mention_everyone": message.pings.everyone,
        "mentions": [user_json(world.users[each]) for each in message.mentions if each in world.users],
        "mention_roles": [str(each) for each in sorted(message.pings.roles)],
        "embeds": message.embeds,
        "components": message.components,
        "attachments": [attachment_json(each, message.channel, world) for each in message.attachments],
    }
    return body | _message_extras(message, world)


def message_event(message: Message, world: World) -> Payload:
    """Write a message as the gateway has it: with its guild and its author's membership, unless it is ephemeral."""
    body = message_json(message, world)
    body["channel_type"] = int(message.channel.kind)
    guild = message.channel.guild
    if guild is None or message.is_ephemeral:
        return body
    body["guild_id"] = str(guild.id)
    if message.author.id in guild.members:
        body["member"] = member_json(guild.members[message.author.id], with_user=False)
    for mentioned in body["mentions"]:
        member = guild.members.get(int(mentioned["id"]))
        if member is not None:
            mentioned["member"] = member_json(member, with_user=False)
    return body


def attachment_json(attachment: Attachment, channel: Channel, world: World) -> Payload:
    """Write an attachment; its address is on this very server, not on the content network."""
    url = f"{world.files_url}/{channel.id}/{attachment.id}/{quote(attachment.name)}"
    return {
        "id": str(attachment.id),
        "filename": attachment.name,
        "size": len(attachment.data),
        "url": url,
        "proxy_url": url,
        "content_type": attachment.content_type,
    }


def interaction_of_message(interaction: Interaction) -> Payload:
    """Write what a message says of the interaction that it answers."""
    owners = {"1": str(interaction.user.id)} if interaction.by_user_install else {}
    if not interaction.by_user_install and interaction.channel.guild is not None:
        owners = {"0": str(interaction.channel.guild.id)}
    return {
        "id": str(interaction.id),
        "type": interaction.kind,
        "user": user_json(interaction.user),
        "authorizing_integration_owners": owners,
        "name": interaction.name,
    }


def _message_extras(message: Message, world: World) -> Payload:
    extras: Payload = {}
    if message.nonce is not None:
        extras["nonce"] = message.nonce
    if message.reactions:
        extras["reactions"] = [_reaction_json(name, by, world) for name, by in message.reactions.items()]
    if message.reply_to is not None:
        extras |= _reference_json(message, message.reply_to, world)
    if message.interaction is not None:
        of = interaction_of_message(message.interaction)
        extras["interaction_metadata"] = of
        if message.interaction.name:
            extras["interaction"] = {name: of[name] for name in ("id", "type", "name", "user")}
    if message.is_from_webhook:
        extras |= {"webhook_id": str(world.application.id), "application_id": str(world.application.id)}
    thread = world.channels.get(message.id)
    if thread is not None and thread.is_thread and thread is not message.channel:
        extras["thread"] = channel_json(thread)
    return extras


def _reference_json(message: Message, reply_to: int, world: World) -> Payload:
    original = world.messages.get(reply_to)
    reference: Payload = {"type": 0, "channel_id": str(message.channel.id), "message_id": str(reply_to)}
    if message.channel.guild is not None:
        reference["guild_id"] = str(message.channel.guild.id)
    if message.kind is MessageKind.THREAD_STARTER and original is not None:
        reference["channel_id"] = str(original.channel.id)
    is_there = original is not None and not original.is_deleted
    return {
        "message_reference": reference,
        "referenced_message": message_json(original, world) if original is not None and is_there else None,
    }


def _reaction_json(name: str, by: list[int], world: World) -> Payload:
    return {
        "emoji": {"id": None, "name": name},
        "count": len(by),
        "count_details": {"normal": len(by), "burst": 0},
        "me": world.bot.id in by,
        "me_burst": False,
        "burst_colors": [],
    }


def _thread_json(thread: Channel) -> Payload:
    assert thread.guild is not None
    assert thread.parent is not None
    return {
        "guild_id": str(thread.guild.id),
        "parent_id": str(thread.parent.id),
        "owner_id": str(thread.owner),
        "name": thread.name,
        "member_count": len(thread.joined),
        "message_count": thread.message_count,
        "total_message_sent": thread.message_count,
        "rate_limit_per_user": 0,
        "flags": 0,
        "applied_tags": [str(each) for each in thread.applied_tags],
        "thread_metadata": {
            "archived": thread.is_archived,
            "locked": thread.is_locked,
            "auto_archive_duration": thread.auto_archive_minutes,
            "archive_timestamp": stamp(thread.archived_at or thread.created_at),
            "create_timestamp": stamp(thread.created_at),
        },
    }


def _guild_channel_json(channel: Channel) -> Payload:
    assert channel.guild is not None
    body: Payload = {
        "guild_id": str(channel.guild.id),
        "name": channel.name,
        "position": 0,
        "parent_id": None,
        "topic": None,
        "nsfw": False,
        "rate_limit_per_user": 0,
        "flags": 1 << 4 if channel.needs_tag else 0,
        "permission_overwrites": [
            {
                "id": str(target),
                "type": 0 if target in channel.guild.roles else 1,
                "allow": str(int(each.allow)),
                "deny": str(int(each.deny)),
            }
            for target, each in channel.overwrites.items()
        ],
    }
    if channel.kind is ChannelKind.FORUM:
        body |= {
            "available_tags": [tag_json(each) for each in channel.tags],
            "default_reaction_emoji": None,
            "default_sort_order": None,
            "default_forum_layout": 0,
        }
    return body


def _guild_defaults() -> Payload:
    lists = (
        "emojis",
        "stickers",
        "features",
        "voice_states",
        "presences",
        "stage_instances",
        "guild_scheduled_events",
        "soundboard_sounds",
    )
    return {name: [] for name in lists} | {
        "afk_channel_id": None,
        "afk_timeout": 300,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw": False,
        "nsfw_level": 0,
        "preferred_locale": "en-US",
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "verification_level": 0,
        "vanity_url_code": None,
        "splash": None,
        "banner": None,
        "description": None,
        "discovery_splash": None,
        "application_id": None,
        "max_members": 500_000,
    }
