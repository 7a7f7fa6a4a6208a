"""What the app shows outside of messages: views, statuses, prompts, titles, sessions."""

from tests.servers.slack.arguments import Arguments
from tests.servers.slack.blocks import check_blocks, with_ids
from tests.servers.slack.method import Caller, Method
from tests.servers.slack.refusal import Refused
from tests.servers.slack.world import Json

MAX_VIEW_BLOCKS = 100
TRIGGER_SECONDS = 3.0
SESSION_STATES = frozenset({"processing", "active", "suspended", "closed"})


def _view(caller: Caller, arguments: Arguments, kind: str) -> Json:
    view = arguments.structure("view", "invalid_view")
    if not isinstance(view, dict) or view.get("type") != kind:
        raise Refused("invalid_arguments")
    check_blocks(view.get("blocks", []), most=MAX_VIEW_BLOCKS)
    world = caller.slack.world
    identity = {"id": world.id("V"), "team_id": caller.team.id, "app_id": world.app_id, "bot_id": caller.team.bot_id}
    return {**view, "blocks": with_ids(view.get("blocks", [])), **identity, "hash": world.ts(), "state": {"values": {}}}


def _publish(caller: Caller, arguments: Arguments) -> Json:
    user = arguments.need("user_id")
    known = caller.slack.world.users.get(user)
    if known is None or known.team != caller.team.id:
        raise Refused("user_not_found")
    before = caller.team.views.get(user)
    if arguments.text("hash") and before and before["hash"] != arguments.text("hash"):
        raise Refused("hash_conflict")
    view = _view(caller, arguments, "home")
    caller.team.views[user] = view
    return {"view": view}


def _open_view(caller: Caller, arguments: Arguments) -> Json:
    trigger = caller.slack.triggers.pop(arguments.need("trigger_id"), None)
    if trigger is None:
        raise Refused("invalid_trigger_id")
    user, at = trigger
    if caller.slack.clock() - at > TRIGGER_SECONDS:
        raise Refused("expired_trigger_id")
    view = _view(caller, arguments, "modal") | {"for_user": user}
    caller.team.modals.append(view)
    return {"view": view}


def _set_status(caller: Caller, arguments: Arguments) -> Json:
    channel = caller.writable(arguments.need("channel_id", "channel_not_found"))
    thread = arguments.need("thread_ts", "invalid_thread_ts")
    if thread not in channel.messages:
        raise Refused("invalid_thread_ts")
    if len(arguments.strings("loading_messages")) > 10:
        raise Refused("invalid_arguments")
    status = arguments.text("status")
    if status:
        caller.slack.statuses[channel.id, thread] = (status, caller.slack.clock())
    else:
        caller.slack.statuses.pop((channel.id, thread), None)
    return {}


def _set_prompts(caller: Caller, arguments: Arguments) -> Json:
    channel = caller.writable(arguments.need("channel_id", "channel_not_found"))
    prompts = arguments.objects("prompts")
    if not 1 <= len(prompts) <= 4 or not all(each.get("title") and each.get("message") for each in prompts):
        raise Refused("invalid_arguments")
    caller.slack.prompts[channel.id, arguments.text("thread_ts")] = [str(each["message"]) for each in prompts]
    return {}


def _set_title(caller: Caller, arguments: Arguments) -> Json:
    channel = caller.writable(arguments.need("channel_id", "channel_not_found"))
    thread = arguments.need("thread_ts", "invalid_thread_ts")
    if thread not in channel.messages:
        raise Refused("invalid_thread_ts")
    caller.slack.titles[channel.id, thread] = arguments.need("title")
    return {}


def _set_session(caller: Caller, arguments: Arguments) -> Json:
    channel = caller.writable(arguments.need("channel_id", "channel_not_found"))
    thread = arguments.need("thread_ts", "invalid_thread_ts")
    status = arguments.need("status")
    if status not in SESSION_STATES:
        raise Refused("invalid_arguments")
    slack = caller.slack
    slack.sessions[channel.id, thread] = status
    if arguments.text("title"):
        slack.titles[channel.id, thread] = arguments.text("title")
    answer: Json = {"status": status, "title": slack.titles.get((channel.id, thread), "")}
    if "agent_session_stopped" not in slack.subscriptions:
        answer["warning"] = "missing_agent_session_stopped_event_subscription"
    return answer


def _rename_session(caller: Caller, arguments: Arguments) -> Json:
    channel = caller.writable(arguments.need("channel_id", "channel_not_found"))
    thread = arguments.need("thread_ts", "invalid_thread_ts")
    caller.slack.titles[channel.id, thread] = arguments.need("title")
    return {}


_CHAT = frozenset({"chat:write"})
_ASSISTANT = frozenset({"assistant:write"})
METHODS = {
    "agents.sessions.rename": Method(_rename_session, _CHAT),
    "agents.sessions.setStatus": Method(_set_session, _CHAT),
    # Since March 2026 either scope will do here, and later only chat:write.
    "assistant.threads.setStatus": Method(_set_status, _CHAT | _ASSISTANT),
    "assistant.threads.setSuggestedPrompts": Method(_set_prompts, _ASSISTANT),
    "assistant.threads.setTitle": Method(_set_title, _ASSISTANT),
    "views.open": Method(_open_view),
    "views.publish": Method(_publish),
}
