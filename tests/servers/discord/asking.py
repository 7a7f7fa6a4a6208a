"""What a request asks for and what may be wrong with it: the words between the front door and the routes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.servers.discord.records import Payload


class Refused(Exception):
    """Discord's answer to a request that can't be done: its HTTP status and its own code."""

    def __init__(
        self, status: int, code: int, message: str, errors: Payload | None = None, *, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.errors = status, code, message, errors
        self.retry_after = retry_after

    def body(self) -> Payload:
        """Write the answer's JSON."""
        shape: Payload = {"message": self.message, "code": self.code}
        if self.retry_after is not None:
            shape |= {"retry_after": self.retry_after, "global": False}
        return shape | {"errors": self.errors} if self.errors else shape


class Invalid(Refused):
    """A field of the body breaks a rule: code 50035."""

    def __init__(self, path: str, code: str, message: str) -> None:
        errors: Payload = {"_errors": [{"code": code, "message": message}]}
        for name in reversed(path.split(".")):
            errors = {name: errors}
        super().__init__(400, 50035, "Invalid Form Body", errors)


NOT_FOUND = (404, 0, "404: Not Found")
INVALID_JSON = (400, 50109, "The request body contains invalid JSON.")
TOO_LARGE = (413, 40005, "Request entity too large")
UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
UNKNOWN_USER = (404, 10013, "Unknown User")
UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
TOO_MANY_OLD_EDITS = (429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later.")
ALREADY_ANSWERED = (400, 40060, "Interaction has already been acknowledged.")
MISSING_ACCESS = (403, 50001, "Missing Access")
NOT_THE_AUTHOR = (403, 50005, "Cannot edit a message authored by another user")
EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
CANNOT_MESSAGE_USER = (403, 50007, "Cannot send messages to this user")
WRONG_CHANNEL_TYPE = (400, 50024, "Cannot execute action on this channel type")
INVALID_TOKEN = (401, 50027, "Invalid Webhook Token")
MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
ARCHIVED = (400, 50083, "Thread is archived")
TOO_MANY_FOLLOWUPS = (400, 40094, "Maximum number of follow up messages reached")
TAG_NEEDED = (400, 40067, "A tag is required to create a forum post in this channel")
UNKNOWN_COMMAND = (404, 10063, "Unknown application command")
NO_SHARED_GUILD = (403, 50278, "Cannot send messages to this user due to having no mutual guilds")
NO_HISTORY = (400, 160002, "Cannot reply without permission to read message history")
LOCKED = (400, 160005, "This thread is locked")
THREAD_EXISTS = (400, 160004, "A thread has already been created for this message")
UNAUTHORIZED = (401, 0, "401: Unauthorized")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart body."""

    field: str
    name: str
    data: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the ids in its path, its query, its JSON body and the files that came with it."""

    path: dict[str, str]
    query: dict[str, str]
    body: Any
    files: tuple[Upload, ...] = ()

    def id(self, name: str) -> int:
        """Return an id of the path; what is no number is nothing's id."""
        text = self.path[name]
        return int(text) if text.isdecimal() else 0


Answer: TypeAlias = Payload | list[Any] | None
"""The JSON of a 200, or None for a 204."""


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked for. `name` is what tests call it; `bucket` names its rate limit."""

    name: str
    method: str
    path: str
    perform: Callable[[Asked], Answer]
    is_public: bool = False
    """It takes no bot token, as what has an interaction's token in its path."""
    is_exempt: bool = False
    """It doesn't count in the global rate limit."""
    major: tuple[str, ...] = ()
    """The names in the path that have buckets of their own."""


@dataclass(slots=True)
class Call:
    """A request on record. `status` is 0 until it is answered or when the connection was cut instead."""

    at: float
    route: str
    method: str
    path: str
    body: Any
    asked: Asked
    status: int = 0
    code: int = 0
    fault: str = ""
    answer: Answer = None
    answered_at: float | None = None

    @property
    def is_ok(self) -> bool:
        """Whether it was done and answered so."""
        return 200 <= self.status < 300

    @property
    def is_broken(self) -> bool:
        """Whether the server itself failed at it."""
        return not self.status and not self.fault and self.answered_at is not None
