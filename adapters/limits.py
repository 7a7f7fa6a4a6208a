"""What a platform allows: how large a message may be and how often one may be posted or edited.

Values only, apart from the budget that spends them and the splitter that obeys them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """In what a platform counts the size of a text."""

    CHARACTERS = "characters"
    UTF16 = "utf16"
    BYTES = "bytes"


class Action(StrEnum):
    """The two kinds of call that a live reply makes."""

    POST = "post"
    EDIT = "edit"


class Scope(StrEnum):
    """What a rate limit counts together."""

    BOT = "bot"
    WORKSPACE = "workspace"
    CHANNEL = "channel"


class Counting(StrEnum):
    """How calls are counted: a bucket that refills evenly, or at most so many in any stretch of time."""

    BUCKET = "bucket"
    WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `calls` in `seconds` of these actions within one scope; `burst` is what a full bucket holds."""

    actions: frozenset[Action]
    scope: Scope
    calls: int
    seconds: float
    burst: int
    counting: Counting = Counting.BUCKET

    @property
    def rate(self) -> float:
        """Calls a second in the long run."""
        return self.calls / self.seconds


def as_is(text: str) -> str:
    """Return the text unchanged: a platform that escapes nothing."""
    return text


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one platform.

    `max_size` counts `unit` after `escape`, and is what both a post and an edit may hold, so that a message
    that was posted can always be edited. `max_messages` bounds one reply; the rest goes out as a file.
    """

    unit: Unit
    max_post_size: int
    max_edit_size: int
    rules: tuple[Rule, ...]
    escape: Callable[[str], str] = as_is
    max_messages: int = 5
    max_messages_for_load: int = 3

    @property
    def max_size(self) -> int:
        """What a message may hold at any time of its life."""
        return min(self.max_post_size, self.max_edit_size)

    def measure(self, text: str) -> int:
        """Return the size of a text as the platform counts it."""
        escaped = self.escape(text)
        match self.unit:
            case Unit.CHARACTERS:
                return len(escaped)
            case Unit.UTF16:
                return len(escaped) if escaped.isascii() else len(escaped.encode("utf-16-le", "surrogatepass")) // 2
            case Unit.BYTES:
                return len(escaped) if escaped.isascii() else len(escaped.encode("utf-8", "surrogatepass"))


_POST = frozenset({Action.POST})
_EDIT = frozenset({Action.EDIT})


def build_slack_limits() -> Limits:
    """Return Slack's limits for Markdown blocks; the bursts are assumptions, since Slack publishes none."""
    return Limits(
        unit=Unit.BYTES,
        # A markdown block holds 12,000 characters and the whole payload about 13,200: bytes keep below both.
        max_post_size=11_000,
        max_edit_size=11_000,
        rules=(
            Rule(_EDIT, Scope.WORKSPACE, calls=50, seconds=60, burst=10),
            Rule(_POST, Scope.WORKSPACE, calls=300, seconds=60, burst=50),
            Rule(_POST, Scope.CHANNEL, calls=1, seconds=1, burst=5),
        ),
    )


def build_discord_limits() -> Limits:
    """Return Discord's limits for plain content."""
    return Limits(
        unit=Unit.UTF16,
        max_post_size=2_000,
        max_edit_size=2_000,
        rules=(
            Rule(_EDIT, Scope.CHANNEL, calls=5, seconds=5, burst=5, counting=Counting.WINDOW),
            Rule(_POST, Scope.CHANNEL, calls=5, seconds=5, burst=5, counting=Counting.WINDOW),
            Rule(_POST | _EDIT, Scope.BOT, calls=50, seconds=1, burst=50, counting=Counting.WINDOW),
        ),
    )
