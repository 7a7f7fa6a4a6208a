"""The JSON of an interaction, as INTERACTION_CREATE has it. Pure."""

from tests.servers.discord.permissions import Permission, permissions_of
from tests.servers.discord.records import ChannelKind, Interaction, Payload
from tests.servers.discord.wire import channel_json, interaction_of_message, member_json, message_json, user_json
from tests.servers.discord.world import World

GUILD, BOT_DM, PRIVATE_CHANNEL = 0, 1, 2
ATTACHMENT_BYTES = 10 * 1024 * 1024


def context_of(interaction: Interaction, world: World) -> int:
    """Tell where it was used: in a guild, in the bot's DM, or among people."""
    if interaction.channel.guild is not None:
        return GUILD
    is_bots = interaction.channel.kind is ChannelKind.DM and world.bot in interaction.channel.recipients
    return BOT_DM if is_bots else PRIVATE_CHANNEL


def interaction_json(interaction: Interaction, world: World) -> Payload:
    """Write an interaction."""
    channel, guild = interaction.channel, interaction.channel.guild
    of_user = permissions_of(interaction.user.id, channel)
    body: Payload = {
        "id": str(interaction.id),
        "application_id": str(world.application.id),
        "type": interaction.kind,
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": str(channel.id),
        "channel": channel_json(channel, world.bot) | {"permissions": str(of_user)},
        "locale": "en-US",
        "app_permissions": str(_app_permissions(interaction, world)),
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": _owners(interaction),
        "context": context_of(interaction, world),
        "attachment_size_limit": ATTACHMENT_BYTES,
    }
    if interaction.message is not None:
        body["message"] = message_json(interaction.message, world)
    if guild is None:
        return body | {"user": user_json(interaction.user)}
    return body | {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": "en-US", "features": []},
        "guild_locale": "en-US",
        "member": member_json(guild.members[interaction.user.id]) | {"permissions": str(of_user)},
    }


def callback_json(interaction: Interaction, world: World) -> Payload:
    """Write what a callback answers when asked to `with_response`."""
    assert interaction.answer is not None
    told: Payload = {"id": str(interaction.id), "type": interaction.kind}
    body: Payload = {"interaction": told}
    if interaction.original is not None:
        told |= {
            "response_message_id": str(interaction.original.id),
            "response_message_loading": interaction.original.is_loading,
            "response_message_ephemeral": interaction.original.is_ephemeral,
        }
        # a defer names its message's id only; the message itself comes with what shows something
        if interaction.answer[0] in {4, 7}:
            shown = message_json(interaction.original, world)
            body["resource"] = {"type": interaction.answer[0], "message": shown}
    return body


def _app_permissions(interaction: Interaction, world: World) -> int:
    bits = permissions_of(world.bot.id, interaction.channel)
    if bits:
        return bits
    return int(Permission.EMBED_LINKS | Permission.ATTACH_FILES | Permission.MENTION_EVERYONE)


def _owners(interaction: Interaction) -> dict[str, str]:
    owners: dict[str, str] = interaction_of_message(interaction)["authorizing_integration_owners"]
    return owners or {"0": "0"}
