"""chat.startStream and its kin: text that grows by itself."""

from tests.servers.slack.arguments import Arguments
from tests.servers.slack.blocks import check_blocks, with_ids
from tests.servers.slack.chat import CHAT_WRITE, MAX_MARKDOWN_TEXT, begin_reply, notice
from tests.servers.slack.method import Caller, Method
from tests.servers.slack.refusal import Refused
from tests.servers.slack.world import Channel, Json, Kind, Message

LIFE_SECONDS = 300
"""Reported, not documented."""


def _added(arguments: Arguments) -> str:
    markdown = arguments.text("markdown_text")
    if len(markdown) > MAX_MARKDOWN_TEXT:
        raise Refused("msg_too_long")
    chunks = arguments.objects("chunks", "invalid_chunks")
    return markdown + "".join(str(chunk["text"]) for chunk in chunks if chunk.get("type") == "markdown_text")


def _grow(caller: Caller, channel: Channel, message: Message, added: str) -> None:
    message.text += added
    message.blocks = [{"block_id": "stream", "type": "markdown", "text": message.text}]
    notice(caller, channel, message)
    caller.slack.changed()


def _start(caller: Caller, arguments: Arguments) -> Json:
    channel = caller.writable(arguments.need("channel", "channel_not_found"))
    thread_ts = arguments.text("thread_ts")
    if channel.kind is Kind.DM and not thread_ts:
        raise Refused("invalid_thread_ts")
    if channel.kind is not Kind.DM:
        arguments.need("recipient_user_id", "missing_recipient_user_id")
        arguments.need("recipient_team_id", "missing_recipient_team_id")
    slack = caller.slack
    message = Message(slack.world.ts(), channel.id, caller.team.bot.id, "", bot_id=caller.team.bot_id)
    message.app_id, message.streaming_since = slack.world.app_id, slack.clock()
    message.thread_ts = begin_reply(channel, thread_ts)
    slack.post(message)
    _grow(caller, channel, message, _added(arguments))
    return {"channel": channel.id, "ts": message.ts}


def _streaming(caller: Caller, arguments: Arguments) -> tuple[Channel, Message]:
    channel = caller.writable(arguments.need("channel", "channel_not_found"))
    message = caller.own(channel, arguments.text("ts"), "message_not_owned_by_app")
    if message.streaming_since is None or caller.slack.clock() - message.streaming_since > LIFE_SECONDS:
        message.streaming_since = None
        raise Refused("message_not_in_streaming_state")
    return channel, message


def _append(caller: Caller, arguments: Arguments) -> Json:
    channel, message = _streaming(caller, arguments)
    added = _added(arguments)
    if not added and not arguments.objects("chunks"):
        raise Refused("no_text")
    _grow(caller, channel, message, added)
    return {"channel": channel.id, "ts": message.ts}


def _stop(caller: Caller, arguments: Arguments) -> Json:
    channel, message = _streaming(caller, arguments)
    blocks = arguments.objects("blocks", "invalid_blocks_format")
    check_blocks(blocks)
    message.streaming_since = None
    _grow(caller, channel, message, _added(arguments))
    stored = [*message.blocks, *with_ids(blocks)]
    metadata = arguments.structure("metadata", "invalid_metadata_format")
    caller.slack.edit(message, message.text, stored, metadata=metadata)
    message.edited_ts = ""
    notice(caller, channel, message)
    return {"channel": channel.id, "ts": message.ts}


METHODS = {
    "chat.appendStream": Method(_append, CHAT_WRITE),
    "chat.startStream": Method(_start, CHAT_WRITE),
    "chat.stopStream": Method(_stop, CHAT_WRITE),
}
