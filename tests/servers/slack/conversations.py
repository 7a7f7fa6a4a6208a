"""conversations.* and reactions.*: reading channels and threads."""

from collections.abc import Sequence

from tests.servers.slack.arguments import Arguments
from tests.servers.slack.method import Caller, Method
from tests.servers.slack.refusal import Refused
from tests.servers.slack.shapes import message_json, reaction_event
from tests.servers.slack.world import Channel, Json, Message

MAX_PAGE = 999
DEFAULT_PAGE = 100


def _info(caller: Caller, arguments: Arguments) -> Json:
    channel = caller.channel(arguments.need("channel", "channel_not_found"), must_be_member=False)
    caller.need_scope(f"{channel.kind.scope_family}:read")
    return {"channel": _channel_json(caller, channel)}


def _channel_json(caller: Caller, channel: Channel) -> Json:
    members = channel.members
    shape = channel.as_json() | {"is_member": caller.team.bot.id in members, "num_members": len(members)}
    if shape["is_im"]:
        shape["user"] = next((each for each in sorted(members) if each != caller.team.bot.id), "")
        del shape["name"]
    return shape


def _open(caller: Caller, arguments: Arguments) -> Json:
    users = [each for each in arguments.text("users").split(",") if each]
    if len(users) != 1:
        raise Refused("users_list_not_supplied" if not users else "not_supported")
    caller.need_scope("im:write")
    user = caller.slack.world.users.get(users[0])
    if user is None or user.team != caller.team.id:
        raise Refused("user_not_found")
    return {"channel": _channel_json(caller, caller.slack.world.dm(caller.team, user))}


def _readable(caller: Caller, arguments: Arguments) -> Channel:
    channel = caller.channel(arguments.need("channel", "channel_not_found"))
    caller.need_scope(f"{channel.kind.scope_family}:history")
    return channel


def _history(caller: Caller, arguments: Arguments) -> Json:
    channel = _readable(caller, arguments)
    found = [each for each in channel.messages.values() if not each.is_reply]
    return _page(caller, channel, arguments, found[::-1])


def _replies(caller: Caller, arguments: Arguments) -> Json:
    channel = _readable(caller, arguments)
    message = channel.messages.get(arguments.need("ts", "thread_not_found"))
    if message is None:
        raise Refused("thread_not_found")
    root = channel.messages.get(message.thread_ts, message)
    return _page(caller, channel, arguments, [root, *channel.replies(root.ts)])


def _page(caller: Caller, channel: Channel, arguments: Arguments, found: Sequence[Message]) -> Json:
    oldest, latest = arguments.text("oldest") or "0", arguments.text("latest") or "9" * 12
    is_inclusive = arguments.flag("inclusive")
    wanted = [each for each in found if _is_between(each.ts, oldest, latest, is_inclusive=is_inclusive)]
    start = arguments.number("cursor", 0)
    end = start + min(arguments.number("limit", DEFAULT_PAGE), MAX_PAGE)
    with_metadata = arguments.flag("include_all_metadata")
    messages = [
        message_json(each, caller.team, with_metadata=with_metadata, channel=channel) for each in wanted[start:end]
    ]
    has_more = end < len(wanted)
    return {
        "messages": messages,
        "has_more": has_more,
        "response_metadata": {"next_cursor": str(end) if has_more else ""},
    }


def _is_between(ts: str, oldest: str, latest: str, *, is_inclusive: bool) -> bool:
    if float(oldest) < float(ts) < float(latest):
        return True
    return is_inclusive and float(ts) in {float(oldest), float(latest)}


def _mine(caller: Caller, arguments: Arguments) -> Json:
    kinds = set((arguments.text("types") or "public_channel").split(","))
    names = {"public_channel": "channel", "private_channel": "group"}
    wanted = {names.get(each, each) for each in kinds}
    user = arguments.text("user") or caller.team.bot.id
    channels = [
        _channel_json(caller, each)
        for each in caller.slack.world.channels.values()
        if each.team == caller.team.id and each.kind.value in wanted and user in each.members
    ]
    return {"channels": channels, "response_metadata": {"next_cursor": ""}}


def _members(caller: Caller, arguments: Arguments) -> Json:
    channel = caller.channel(arguments.need("channel", "channel_not_found"), must_be_member=False)
    caller.need_scope(f"{channel.kind.scope_family}:read")
    return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}


def _reacted(caller: Caller, arguments: Arguments) -> tuple[Message, str]:
    channel = caller.channel(arguments.need("channel", "channel_not_found"))
    name = arguments.need("name", "invalid_name")
    message = channel.messages.get(arguments.need("timestamp", "no_item_specified"))
    if message is None:
        raise Refused("message_not_found")
    return message, name


def _react(caller: Caller, arguments: Arguments) -> Json:
    message, name = _reacted(caller, arguments)
    users = message.reactions.setdefault(name, [])
    if caller.team.bot.id in users:
        raise Refused("already_reacted")
    users.append(caller.team.bot.id)
    slack = caller.slack
    slack.tell(caller.team, reaction_event("added", caller.team.bot.id, name, message, slack.world.ts()))
    return {}


def _unreact(caller: Caller, arguments: Arguments) -> Json:
    message, name = _reacted(caller, arguments)
    users = message.reactions.get(name, [])
    if caller.team.bot.id not in users:
        raise Refused("no_reaction")
    users.remove(caller.team.bot.id)
    if not users:
        del message.reactions[name]
    slack = caller.slack
    slack.tell(caller.team, reaction_event("removed", caller.team.bot.id, name, message, slack.world.ts()))
    return {}


_ANY_READ = frozenset({"channels:read", "groups:read", "im:read", "mpim:read"})
_REACT = frozenset({"reactions:write"})
METHODS = {
    "conversations.history": Method(_history),
    "conversations.info": Method(_info),
    "conversations.members": Method(_members),
    "conversations.open": Method(_open),
    "conversations.replies": Method(_replies),
    "reactions.add": Method(_react, _REACT),
    "reactions.remove": Method(_unreact, _REACT),
    "users.conversations": Method(_mine, _ANY_READ),
}
