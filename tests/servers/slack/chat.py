"""chat.*: posting, editing and deleting, with Slack's sizes."""

from tests.servers.slack.arguments import Arguments
from tests.servers.slack.blocks import check_blocks, with_ids
from tests.servers.slack.core import Notice
from tests.servers.slack.method import Caller, Method
from tests.servers.slack.refusal import Refused
from tests.servers.slack.shapes import message_json
from tests.servers.slack.world import Channel, Ephemeral, Json, Message

MAX_POST_TEXT = 40_000
"""Beyond it Slack cuts the text off."""
MAX_UPDATE_TEXT = 4_000
MAX_MARKDOWN_TEXT = 12_000

CHAT_WRITE = frozenset({"chat:write"})


def read_content(arguments: Arguments) -> tuple[str, list[Json] | None]:
    """Return the text and the blocks of a call; None when it has no blocks at all."""
    text, markdown = arguments.text("text"), arguments.text("markdown_text")
    blocks = arguments.objects("blocks", "invalid_blocks_format")
    attachments = arguments.objects("attachments", "invalid_attachments")
    if markdown:
        if text or blocks:
            raise Refused("markdown_text_conflict")
        if len(markdown) > MAX_MARKDOWN_TEXT:
            raise Refused("msg_too_long")
        return markdown, with_ids([{"type": "markdown", "text": markdown}])
    if not text.strip() and not blocks and not attachments:
        raise Refused("no_text")
    check_blocks(blocks)
    return text, with_ids(blocks) or None


def notice(caller: Caller, channel: Channel, message: Message) -> None:
    """Keep what became public, for whoever asks later whom it pinged."""
    method = caller.call.method
    caller.slack.notices.append(Notice(method, channel.id, message.ts, message.text, tuple(message.blocks)))


def begin_reply(channel: Channel, thread_ts: str) -> str:
    """Return the thread's ts for a new message in it; an answer to a reply goes to the reply's thread.

    Where the root is gone and has left no tombstone, Slack says nothing and posts to the channel itself [reported].
    """
    root = channel.messages.get(thread_ts)
    if root is None:
        return ""
    root.thread_ts = root.thread_ts or thread_ts
    return root.thread_ts


def _post(caller: Caller, arguments: Arguments) -> Json:
    channel = caller.writable(arguments.need("channel", "channel_not_found"))
    text, blocks = read_content(arguments)
    message = Message(
        caller.slack.world.ts(),
        channel.id,
        caller.team.bot.id,
        text[:MAX_POST_TEXT],
        blocks or [],
        thread_ts=begin_reply(channel, arguments.text("thread_ts")),
        bot_id=caller.team.bot_id,
        app_id=caller.slack.world.app_id,
        metadata=arguments.structure("metadata", "invalid_metadata_format"),
    )
    notice(caller, channel, message)
    caller.slack.post(message)
    shown = message_json(message, caller.team, with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def _update(caller: Caller, arguments: Arguments) -> Json:
    channel = caller.writable(arguments.need("channel", "channel_not_found"))
    message = caller.own(channel, arguments.text("ts"), "cant_update_message")
    if message.streaming_since is not None:
        raise Refused("streaming_state_conflict")
    text, blocks = read_content(arguments)
    if len(arguments.text("text")) > MAX_UPDATE_TEXT:
        raise Refused("msg_too_long")
    metadata = arguments.structure("metadata", "invalid_metadata_format")
    caller.slack.edit(message, text, blocks, metadata=metadata)
    notice(caller, channel, message)
    shown = message_json(message, caller.team, with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def _delete(caller: Caller, arguments: Arguments) -> Json:
    channel = caller.channel(arguments.need("channel", "channel_not_found"))
    message = caller.own(channel, arguments.text("ts"), "cant_delete_message")
    caller.slack.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def _post_ephemeral(caller: Caller, arguments: Arguments) -> Json:
    channel = caller.writable(arguments.need("channel", "channel_not_found"))
    user = arguments.need("user")
    if user not in channel.members:
        raise Refused("user_not_in_channel")
    text, blocks = read_content(arguments)
    thread = arguments.text("thread_ts")
    ephemeral = Ephemeral(caller.slack.world.ts(), channel.id, user, text, blocks or [], thread)
    caller.slack.show_only_to(ephemeral, caller.team)
    return {"message_ts": ephemeral.ts}


def _permalink(caller: Caller, arguments: Arguments) -> Json:
    channel = caller.channel(arguments.need("channel", "channel_not_found"), must_be_member=False)
    ts = arguments.need("message_ts", "message_not_found")
    message = channel.messages.get(ts)
    if message is None:
        raise Refused("message_not_found")
    link = f"https://{caller.team.name.lower()}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


METHODS = {
    "chat.delete": Method(_delete, CHAT_WRITE),
    "chat.getPermalink": Method(_permalink),
    "chat.postEphemeral": Method(_post_ephemeral, CHAT_WRITE),
    "chat.postMessage": Method(_post, CHAT_WRITE),
    "chat.update": Method(_update, CHAT_WRITE),
}
