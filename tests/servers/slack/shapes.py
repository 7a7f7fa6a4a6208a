"""The JSON that Slack makes of its world: messages, events, actions. Pure functions."""

from tests.servers.slack.world import Channel, Json, Kind, Message, Team, User


def message_json(message: Message, team: Team, *, with_metadata: bool = False, channel: Channel | None = None) -> Json:
    """Return a message object; `channel` adds the counts that a thread's root carries."""
    shape: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text, "team": team.id}
    if message.bot_id:
        profile = {"id": message.bot_id, "app_id": message.app_id, "name": "firstline", "team_id": team.id}
        shape |= {"bot_id": message.bot_id, "app_id": message.app_id, "bot_profile": profile}
    else:
        shape["client_msg_id"] = f"client-{message.ts}"
    shape["blocks"] = message.blocks or ([] if message.bot_id else [rich_text(message.text)])
    optional: Json = {
        "subtype": message.subtype,
        "files": [{name: value for name, value in each.items() if name != "content"} for each in message.files],
        "edited": message.edited_ts and {"user": message.user, "ts": message.edited_ts},
        "reactions": [{"name": each, "users": who, "count": len(who)} for each, who in message.reactions.items()],
        "metadata": message.metadata if with_metadata else None,
        "thread_ts": message.thread_ts,
    }
    facts = {} if channel is None else _thread_facts(message, channel)
    return shape | {name: value for name, value in optional.items() if value} | facts


def _thread_facts(message: Message, channel: Channel) -> Json:
    if message.is_reply:
        root = channel.messages.get(message.thread_ts)
        return {"parent_user_id": root.user} if root else {}
    replies = channel.replies(message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(each.user for each in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": False,
    }


def rich_text(text: str) -> Json:
    """Return the block that Slack's clients make of what a person types; its mentions stay in the text."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "block_id": "typed", "elements": [section]}


def message_event(message: Message, channel: Channel, team: Team) -> Json:
    """Return the `message` event of a new message."""
    parent = {} if not message.is_reply else _thread_facts(message, channel)
    place = {"channel": channel.id, "channel_type": channel.kind.value, "event_ts": message.ts}
    return message_json(message, team) | parent | place


def mention_event(message: Message, channel: Channel, team: Team) -> Json:
    """Return the `app_mention` event of a new message."""
    place = {"type": "app_mention", "channel": channel.id, "event_ts": message.ts}
    return message_json(message, team) | place


def changed_event(before: Json, after: Message, channel: Channel, team: Team, ts: str) -> Json:
    """Return the `message_changed` event of an edit."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": message_json(after, team),
        "previous_message": before,
        "channel": channel.id,
        "channel_type": channel.kind.value,
        "hidden": True,
        "ts": ts,
        "event_ts": ts,
    }


def deleted_event(before: Json, channel: Channel, ts: str) -> Json:
    """Return the `message_deleted` event."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "deleted_ts": before["ts"],
        "previous_message": before,
        "channel": channel.id,
        "channel_type": channel.kind.value,
        "hidden": True,
        "ts": ts,
        "event_ts": ts,
    }


def reaction_event(verb: str, user: str, emoji: str, message: Message, ts: str) -> Json:
    """Return `reaction_added` or `reaction_removed`."""
    return {
        "type": f"reaction_{verb}",
        "user": user,
        "reaction": emoji,
        "item_user": message.user,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "event_ts": ts,
    }


def person_json(user: User) -> Json:
    """Return the user object of actions."""
    return {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team}


def team_json(team: Team) -> Json:
    """Return the team object of actions."""
    return {"id": team.id, "domain": team.name.lower()}


def event_subscription(event: Json) -> str:
    """Return the name under which an app subscribes to an event."""
    if event["type"] != "message":
        return str(event["type"])
    family = {Kind.PUBLIC.value: "channels", Kind.PRIVATE.value: "groups"}
    kind = event["channel_type"]
    return f"message.{family.get(kind, kind)}"
