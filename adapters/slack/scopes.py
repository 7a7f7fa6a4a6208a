"""What the app asks of a workspace, and why: the manifest, the guide and the doctor are all held to these tables."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """A permission of the bot token with all that needs it: methods that are called, events that are listened to."""

    name: str
    reason: str
    methods: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A subscription, under the name that the manifest has for it."""

    name: str
    reason: str

    @property
    def type(self) -> str:
        """What the event calls itself when it arrives: `message.im` arrives as a `message`."""
        return self.name.partition(".")[0]


_THREADS = ("conversations.replies", "conversations.history")

SCOPES = (
    Scope("app_mentions:read", "hear @mentions", events=("app_mention",)),
    Scope(
        "assistant:write",
        "be an agent: suggested prompts, and a Stop button while an answer is written",
        methods=("assistant.threads.setSuggestedPrompts", "assistant.threads.setStatus"),
        events=("agent_session_stopped",),
    ),
    Scope(
        "channels:history",
        "follow threads in public channels, and read a thread once when called into it",
        methods=_THREADS,
        events=("message.channels",),
    ),
    Scope(
        "chat:write",
        "post answers and edit them while they are written",
        methods=(
            "chat.postMessage",
            "chat.update",
            "chat.delete",
            "chat.postEphemeral",
            "chat.startStream",
            "chat.appendStream",
            "chat.stopStream",
            "agents.sessions.setStatus",
        ),
    ),
    Scope("commands", "offer `/support`, and the shortcut on messages"),
    Scope(
        "files:write",
        "attach an answer that is too long for messages",
        methods=("files.getUploadURLExternal", "files.completeUploadExternal"),
    ),
    Scope(
        "groups:history", "follow and read threads in private channels", methods=_THREADS, events=("message.groups",)
    ),
    Scope("im:history", "hear direct messages", methods=_THREADS, events=("message.im",)),
    Scope(
        "im:write",
        "send a private answer as a direct message when it can't be shown in the channel any more",
        methods=("conversations.open",),
    ),
    Scope(
        "mpim:history", "follow and read threads in group direct messages", methods=_THREADS, events=("message.mpim",)
    ),
    Scope("reactions:read", "let the asker stop an answer with :x:", events=("reaction_added",)),
    Scope("users:read", "know who said what in a thread that it is called into", methods=("users.info",)),
)

EVENTS = (
    Event("agent_session_stopped", "stop an answer when somebody presses Slack's own Stop button"),
    Event("app_home_opened", "fill the Home tab, and suggest prompts in the Messages tab"),
    Event("app_mention", "hear a question in a channel"),
    Event("app_uninstalled", "forget the workspace's installation (HTTP mode with OAuth)"),
    Event("message.channels", "hear follow-ups in threads of public channels"),
    Event("message.groups", "hear follow-ups in threads of private channels"),
    Event("message.im", "hear direct messages"),
    Event("message.mpim", "hear group direct messages"),
    Event("reaction_added", "stop an answer when its asker reacts with :x:"),
    Event("tokens_revoked", "forget the workspace's installation (HTTP mode with OAuth)"),
)

# Methods that are called and that every token may call.
FREE_METHODS = frozenset({"auth.test", "chat.getPermalink", "oauth.v2.access", "views.publish"})

# The app-level token, which Slack makes by hand: the manifest can't ask for it.
APP_SCOPE = Scope("connections:write", "open the socket on which events arrive", methods=("apps.connections.open",))


def find_missing(granted: str) -> tuple[Scope, ...]:
    """Return what a bot token lacks; `granted` is the header X-OAuth-Scopes that comes with each answer."""
    names = {name.strip() for name in granted.split(",")}
    return tuple(scope for scope in SCOPES if scope.name not in names)
