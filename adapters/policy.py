"""Which reply is served next, and how: the arithmetic of the shared budget, free of calls and clocks.

A pool is what competes for the same edits: a workspace on Slack, a channel on Discord. Each live reply will need
one more call for its end, so spending on frames is bounded by what refills until then; how long an answer will be is
never known, and `HORIZON` stands in for it.
"""

from dataclasses import dataclass
from enum import Enum, auto
from math import ceil

# Seconds of refill that may be counted on before the live replies end.
HORIZON = 4.0
# The same for edits, which are few: an end that can only be an edit waits for nothing else.
EDIT_HORIZON = 1.5
# Seconds over which what can be spared is spread: shorter for edits, which the last seconds of an answer miss less.
SPREAD = 5.0
EDIT_SPREAD = 2.0
MIN_EDIT_SECONDS = 0.4
_NEVER = float("inf")
# Replies are looked at now and then: being early by half of that is right on average.
_HALF_TICK = 0.025
# An edit that comes back this soon need not be kept for an end: it will be there in time.
SOON_SECONDS = 1.0
# Part of the bot's own rate that frames may use; the rest is for posts and ends.
FRAME_SHARE = 0.94
# Frames further apart than this are better shown as whole paragraphs.
SCARCE_SECONDS = 1.3
FIRST_AMPLE_SECONDS = 0.3
# A first text that is this long at once, as when it was made before it could be shown, waits for no more: 15 words.
FIRST_LONG_CHARS = 80
FIRST_SCARCE_SECONDS = 0.8
# The latest a first text waits for a paragraph to end, while there is budget for it.
FIRST_LATEST_SECONDS = 1.3
# Text this long behind a paragraph's end is soon another paragraph's beginning: about eight words.
TAIL_CHARS = 50


class Form(Enum):
    """How a reply is shown next."""

    EDIT_ALL = auto()
    EDIT_TO_BREAK = auto()
    POST_ALL = auto()
    POST_TO_BREAK = auto()


@dataclass(frozen=True, slots=True)
class Pool:
    """What one pool has and owes.

    `edits` and `posts` can be made now and refill at the rates a second. Of the `live` replies, those that are
    `blank` can only end by a post and those `edit_only` only by an edit. Edits can never be more than
    `edit_capacity`; the next one comes back in `edit_refill_seconds`. Where a window counts them (`is_windowed`),
    haste now is a gap later. `min_seconds` is what the bot as a whole can do for each reply.
    """

    edits: float
    posts: float
    edit_rate: float
    post_rate: float
    live: int
    blank: int
    edit_only: int
    edit_capacity: float
    edit_refill_seconds: float
    is_windowed: bool
    min_seconds: float

    @property
    def spare_edits(self) -> float:
        """Edits that no end will need."""
        return self.edits + self.edit_rate * EDIT_HORIZON - self.edit_only

    @property
    def spare_posts(self) -> float:
        """Posts that no end will need."""
        return self.posts + self.post_rate * HORIZON - self.blank

    @property
    def spare(self) -> float:
        """Calls of either kind that no end will need."""
        return self.edits + self.posts + (self.edit_rate + self.post_rate) * HORIZON - self.live

    @property
    def edit_seconds(self) -> float:
        """How far apart the edits of each reply must be for all to have their share.

        A window that has not begun is begun early, for its calls then come back early too.
        """
        if self.is_windowed and self.edits >= self.edit_capacity:
            return max(self.min_seconds, MIN_EDIT_SECONDS)
        share = self.live / self.edit_rate
        return max(self.min_seconds, share if self.is_windowed else min(share, self._spread(EDIT_SPREAD)))

    def _spread(self, seconds: float) -> float:
        """Return how far apart edits are that use up in `seconds` what ends won't need."""
        spare = self.edits + self.edit_rate * HORIZON - self.edit_only
        return seconds * self.live / spare if spare > 0 else _NEVER

    @property
    def call_seconds(self) -> float:
        """The same for edits and posts together."""
        return max(self.min_seconds, SPREAD * self.live / self.spare if self.spare > 0 else _NEVER)

    @property
    def is_scarce(self) -> bool:
        """Whether edits are too few to show every reply as it grows."""
        share = self.live / self.edit_rate
        return (share if self.is_windowed else min(share, self._spread(SPREAD))) > SCARCE_SECONDS

    def may_edit(self) -> bool:
        """Whether an edit can be spared now; half of the ends are kept back, for the other half refills.

        A full bucket is free to spend: what isn't taken is not refilled either.
        """
        if self.edits < 1:
            return False
        if self.edits >= self.edit_capacity:
            return True
        kept = min(ceil(self.edit_only / 2), self.edit_capacity - 1)
        is_kept = self.edits - 1 >= kept or (self.is_windowed and self.edit_refill_seconds <= SOON_SECONDS)
        return is_kept and self.spare_edits >= 1 and self.spare >= 1

    def may_post(self) -> bool:
        """Whether a post can be spared now."""
        return self.posts >= 1 and self.spare_posts >= 1 and self.spare >= 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the policy sees of one live reply.

    `unseen` characters wait; `to_break` of them end with a block. `waited` counts from the last frame, or from the
    first text if there is none. A reply whose next message `is_last_post` can then end only by an edit.
    """

    unseen: int
    to_break: int
    waited: float
    is_blank: bool
    may_continue: bool
    may_keep_breaks: bool
    is_last_post: bool

    @property
    def worth(self) -> tuple[bool, float]:
        """Who is served first: a reply with nothing on screen, then unseen text times waiting time."""
        return self.is_blank, self.unseen * self.waited


def choose_form(candidate: Candidate, pool: Pool) -> Form | None:
    """Return how to show a live reply now, or None to let it wait."""
    if candidate.unseen <= 0:
        return None
    if candidate.is_blank:
        return _choose_first(candidate, pool)
    if not pool.is_scarce:
        is_due = candidate.waited >= pool.edit_seconds - _HALF_TICK
        return Form.EDIT_ALL if is_due and pool.may_edit() else None
    return _choose_scarce(candidate, pool)


def first_seconds(unseen: int) -> float:
    """Return how long a first text of so many characters waits while calls are ample."""
    return 0.0 if unseen >= FIRST_LONG_CHARS else FIRST_AMPLE_SECONDS


def _choose_first(candidate: Candidate, pool: Pool) -> Form | None:
    if not pool.may_post():
        return None
    if not pool.is_scarce:
        return Form.POST_ALL if candidate.waited >= first_seconds(candidate.unseen) else None
    if candidate.waited < FIRST_SCARCE_SECONDS:
        return None
    if _is_fresh(candidate):
        return Form.POST_TO_BREAK
    if candidate.waited < FIRST_LATEST_SECONDS:
        return None
    if candidate.to_break > 0:
        return Form.POST_TO_BREAK
    return Form.POST_ALL if pool.spare_edits >= 1 else None


def _may_go_on(candidate: Candidate, pool: Pool) -> bool:
    return pool.may_post() and (not candidate.is_last_post or pool.spare_edits >= 1)


def _is_fresh(candidate: Candidate) -> bool:
    """Whether a block has just ended, so that showing up to it hides next to nothing."""
    return candidate.to_break > 0 and candidate.unseen - candidate.to_break <= TAIL_CHARS


def _choose_scarce(candidate: Candidate, pool: Pool) -> Form | None:
    if candidate.may_continue:
        is_due = candidate.waited >= pool.call_seconds
        is_overdue = candidate.waited >= 1.6 * pool.call_seconds
        if _may_go_on(candidate, pool) and candidate.to_break > 0 and ((is_due and _is_fresh(candidate)) or is_overdue):
            return Form.POST_TO_BREAK
        return None
    if candidate.waited < pool.edit_seconds or not pool.may_edit():
        return None
    if candidate.may_keep_breaks and candidate.to_break > 0:
        return Form.EDIT_TO_BREAK
    return Form.EDIT_ALL
