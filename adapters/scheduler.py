"""All live replies of one platform: chooses whom to serve with the calls that the platform allows.

The one owner of retries. At most one call is in flight for each reply, so its edits can't overtake one another.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from adapters.budget import EditBudget, scope_key
from adapters.caller import Caller
from adapters.contract import (
    Address,
    Controls,
    CountsCalls,
    LimitsEditing,
    MessageReference,
    PlacesSources,
    Platform,
)
from adapters.editor import MessageEditor, Step
from adapters.limits import Action, Counting, Limits, Scope
from adapters.live import OnPosted
from adapters.markdown.neutralise import PingRule
from adapters.policy import FRAME_SHARE, MIN_EDIT_SECONDS, Candidate, Form, Pool, choose_form, first_seconds

# How often live replies are looked at: a few words at any model's speed.
TICK_SECONDS = 0.05
# So many replies are looked at by ticks alone; fewer at the very moment when a frame can be due.
_MANY_REPLIES = 10


class ReplyScheduler:
    """Serve live replies (adapters.live.LiveReplies). `clock` must run as the event loop's time does."""

    def __init__(
        self,
        platform: Platform,
        *,
        clock: Callable[[], float],
        budget: EditBudget | None = None,
        ping_rule: PingRule | None = None,
    ) -> None:
        self._platform = platform
        self._limits = platform.limits
        self._clock = clock
        self._budget = budget or EditBudget(platform.limits, clock)
        self._ping_rule = ping_rule
        self._wake = asyncio.Event()
        self._callers: list[Caller] = []
        self._pool_scope = _widest_shared_scope(self._limits)
        self._is_windowed = any(
            rule.counting is Counting.WINDOW and rule.scope is self._pool_scope for rule in self._limits.rules
        )

    def open_reply(
        self,
        address: Address,
        turn_id: str,
        *,
        on_posted: OnPosted,
        references: tuple[MessageReference, ...] = (),
        may_ping: frozenset[str] = frozenset(),
        attempt: int = 1,
        controls: Controls = Controls.ANSWER,
    ) -> MessageEditor:
        """Begin a reply, or with stored `references` go on with one."""
        editor = MessageEditor(
            address,
            turn_id,
            self._limits,
            on_posted=on_posted,
            wake=self._wake.set,
            clock=self._clock,
            references=references,
            may_ping=may_ping,
            ping_rule=self._ping_rule,
            controls=controls,
            is_whole=isinstance(self._platform, LimitsEditing) and not self._platform.may_edit(address),
            footer_size=self._platform.footer_size if isinstance(self._platform, PlacesSources) else None,
        )
        self._callers.append(
            Caller(
                *(editor, self._platform, self._budget, self._clock, self._wake.set),
                must_look_up=attempt > 1,
                is_quiet=self._is_quiet,
            )
        )
        return editor

    async def run(self) -> None:
        """Serve the replies until cancelled."""
        async with asyncio.TaskGroup() as calls:
            while True:
                self._wake.clear()
                self._serve(calls)
                await self._pause()

    def _is_quiet(self, address: Address) -> bool:
        """Whether no reply is live that competes for the calls of this address."""
        pool = self._pool_of(address)
        return all(
            caller.editor.is_concluded or self._pool_of(caller.editor.address) != pool for caller in self._callers
        )

    def _pool_of(self, address: Address) -> str:
        return scope_key(self._pool_scope, address)

    async def _pause(self) -> None:
        if not self._callers:
            await self._wake.wait()
            return
        try:
            async with asyncio.timeout(self._seconds_to_next_look()):
                await self._wake.wait()
        except TimeoutError:
            return

    def _seconds_to_next_look(self) -> float:
        least = TICK_SECONDS * min(1.0, len(self._callers) / _MANY_REPLIES)
        due_in = (_frame_seconds(caller.editor) - self._waited(caller.editor) for caller in self._callers)
        return max(least, min([TICK_SECONDS, *(seconds for seconds in due_in if seconds > 0)]))

    def _serve(self, calls: asyncio.TaskGroup) -> None:
        self._callers = [caller for caller in self._callers if not caller.editor.is_concluded]
        pools: dict[str, list[Caller]] = defaultdict(list)
        for caller in self._callers:
            pools[self._pool_of(caller.editor.address)].append(caller)
            caller.show_status(calls)
        for callers in pools.values():
            self._serve_ends(callers, calls)
        self._serve_live(pools, calls)

    # Ends: first come, first served.

    def _serve_ends(self, callers: list[Caller], calls: asyncio.TaskGroup) -> None:
        ending = [caller for caller in callers if caller.editor.is_ended and caller.is_ready]
        ending.sort(key=lambda caller: (caller.editor.unseen_chars <= 0, caller.editor.ended_at or 0.0))
        only_edits = sum(not caller.editor.is_blank and not caller.editor.may_continue for caller in ending)
        for caller in ending:
            if caller.editor.unseen_chars > 0 and not self._may_call_at_all(caller.editor.address):
                continue
            step = caller.editor.next_final_step()
            if step is None:
                caller.finish(calls)
                continue
            if step.action is Action.EDIT and caller.editor.may_continue:
                step = self._edit_or_continue(caller, step, only_edits)
            elif step.action is Action.EDIT:
                only_edits -= 1
            if self._budget.may_call(step.action, caller.editor.address):
                caller.start(step, calls)

    def _may_call_at_all(self, address: Address) -> bool:
        return any(self._budget.may_call(action, address) for action in Action)

    def _edit_or_continue(self, caller: Caller, step: Step, only_edits: int) -> Step:
        """Leave the edits to those that can end no other way; a new message ends this reply as well."""
        editor = caller.editor
        if self._budget.level(Action.EDIT, editor.address) >= only_edits + 1 or editor.unseen_chars <= 0:
            return step
        if not self._budget.may_call(Action.POST, editor.address):
            return step
        return editor.next_final_step(is_new=True) or step

    # Live frames: what ends leave over, where it helps most.

    def _serve_live(self, pools: dict[str, list[Caller]], calls: asyncio.TaskGroup) -> None:
        min_seconds = self._min_seconds()
        candidates = [
            (self._look_at(caller.editor), caller, pool)
            for pool in pools.values()
            for caller in pool
            if caller.is_ready and self._is_worth_a_look(caller.editor, min_seconds)
        ]
        candidates.sort(key=lambda entry: entry[0].worth, reverse=True)
        measured: dict[int, Pool] = {}
        left = self._calls_left()
        for candidate, caller, pool in candidates:
            if left < 1:
                return  # a frame is made when its call can go out: in a line it would only age
            address = caller.editor.address
            if id(pool) not in measured:
                measured[id(pool)] = self._measure_pool(pool, address, min_seconds)
            form = choose_form(candidate, measured[id(pool)])
            if form is None or not self._budget.may_call(_action_of(form, caller.editor), address):
                continue
            step = self._step_for(caller.editor, form)
            if step is not None and self._budget.may_call(step.action, address):
                caller.start(step, calls)
                left -= 1
                del measured[id(pool)]

    def _calls_left(self) -> float:
        return self._platform.calls_left() if isinstance(self._platform, CountsCalls) else float("inf")

    def _min_seconds(self) -> float:
        """Return how far apart the frames of each reply must be for the bot as a whole to keep within its rate."""
        rates = [rule.rate for rule in self._limits.rules if rule.scope is Scope.BOT]
        share = len(self._callers) / (FRAME_SHARE * min(rates)) if rates else 0.0
        return max(MIN_EDIT_SECONDS, share)

    def _is_worth_a_look(self, editor: MessageEditor, min_seconds: float) -> bool:
        """Whether a frame could be due: a cheap question that spares most looks at the text."""
        if editor.is_ended or editor.is_whole or editor.unseen_chars <= 0:
            return False
        least = first_seconds(editor.unseen_chars) if editor.is_blank else min_seconds - TICK_SECONDS
        return self._waited(editor) >= least

    def _waited(self, editor: MessageEditor) -> float:
        # What a call takes need not come on top, but where calls are few, haste now is a gap later: not in a window,
        # whose calls come back all together.
        is_patient = not self._is_windowed and len(self._callers) >= _MANY_REPLIES
        last = editor.last_shown_at if is_patient else editor.last_made_at
        return self._clock() - max(editor.first_text_at or 0.0, last or 0.0)

    def _look_at(self, editor: MessageEditor) -> Candidate:
        editor.draft.take_in()
        to_break = editor.draft.pages.last_break() - editor.shown_to
        return Candidate(
            unseen=editor.unseen_chars,
            to_break=max(0, to_break),
            waited=self._waited(editor),
            is_blank=editor.is_blank,
            may_continue=editor.may_continue,
            may_keep_breaks=len(editor.messages) < self._limits.max_messages_for_load,
            is_last_post=len(editor.messages) + 1 >= self._limits.max_messages_for_load,
        )

    def _step_for(self, editor: MessageEditor, form: Form) -> Step | None:
        until = editor.draft.pages.last_break() if form in {Form.POST_TO_BREAK, Form.EDIT_TO_BREAK} else None
        is_new = form in {Form.POST_ALL, Form.POST_TO_BREAK} and not editor.is_blank
        return editor.next_live_step(until=until, is_new=is_new)

    def _measure_pool(self, callers: list[Caller], address: Address, min_seconds: float) -> Pool:
        editors = [caller.editor for caller in callers]
        blank = sum(editor.is_blank for editor in editors)
        edit_only = sum(not editor.is_blank and not editor.may_continue for editor in editors)
        return Pool(
            edits=self._budget.level(Action.EDIT, address, within=self._pool_scope),
            posts=self._budget.level(Action.POST, address, within=self._pool_scope),
            edit_rate=self._rate(Action.EDIT),
            post_rate=self._rate(Action.POST),
            live=len(editors),
            blank=blank,
            edit_only=edit_only,
            edit_capacity=self._budget.capacity(Action.EDIT, address, within=self._pool_scope),
            edit_refill_seconds=self._budget.refill_seconds(Action.EDIT, address, within=self._pool_scope),
            is_windowed=self._is_windowed,
            min_seconds=min_seconds,
        )

    def _rate(self, action: Action) -> float:
        rates = [rule.rate for rule in self._limits.rules if action in rule.actions and rule.scope is self._pool_scope]
        return min(rates, default=1.0)


def _frame_seconds(editor: MessageEditor) -> float:
    """Return how long a reply's next frame waits at least."""
    return first_seconds(editor.unseen_chars) if editor.is_blank else MIN_EDIT_SECONDS


def _action_of(form: Form, editor: MessageEditor) -> Action:
    """Return the call that a form needs, unless a message has overflowed meanwhile."""
    is_post = editor.is_blank or form in {Form.POST_ALL, Form.POST_TO_BREAK}
    return Action.POST if is_post else Action.EDIT


def _widest_shared_scope(limits: Limits) -> Scope:
    """Return what replies compete for: the workspace where it limits edits, else the channel."""
    scopes = {rule.scope for rule in limits.rules if Action.EDIT in rule.actions and rule.scope is not Scope.BOT}
    return Scope.WORKSPACE if Scope.WORKSPACE in scopes else Scope.CHANNEL
