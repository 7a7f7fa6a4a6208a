"""The calls of one live reply: each made once at a time, each failure given the answer that it needs."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from adapters.budget import EditBudget
from adapters.contract import Address, DeletesMessages, FindsPosts, MessageReference, Platform, ShowsStatus
from adapters.editor import MessageEditor, Step
from adapters.errors import (
    AdapterError,
    MessageGone,
    MessageTooLong,
    NotPermitted,
    RateLimited,
    ResponseLost,
    Unreachable,
)
from adapters.limits import Action

logger = logging.getLogger(__name__)

_FILE_NAME = "answer.md"
_FIRST_RETRY_SECONDS = 0.5
_MAX_RETRY_SECONDS = 15.0
# A platform that stays away this long after a reply has ended will not be told any more.
_GIVE_UP_SECONDS = 600.0
# How long a message that is complete but for its buttons waits for edits that no live reply needs.
_SETTLE_SECONDS = 60


class Caller:
    """Make the calls that an editor asks for, one at a time."""

    def __init__(
        self,
        editor: MessageEditor,
        platform: Platform,
        budget: EditBudget,
        clock: Callable[[], float],
        wake: Callable[[], None],
        *,
        must_look_up: bool,
        is_quiet: Callable[[Address], bool],
    ) -> None:
        self.editor = editor
        self._platform = platform
        self._budget = budget
        self._clock = clock
        self._wake = wake
        self._must_look_up = must_look_up
        self._is_quiet = is_quiet
        self._is_busy = False
        self._failures = 0
        self._retry_at = 0.0
        self._status: str | None = None

    @property
    def is_ready(self) -> bool:
        """Whether a call may be started now."""
        return not self._is_busy and self._clock() >= self._retry_at

    def start(self, step: Step, calls: asyncio.TaskGroup) -> None:
        """Begin a call; its budget is spent from here on."""
        self._is_busy = True
        self._budget.spend(step.action, self.editor.address)
        calls.create_task(self._perform(step))

    def finish(self, calls: asyncio.TaskGroup) -> None:
        """Do what is left when all text is on screen: the file, and messages that are not needed any more."""
        self._is_busy = True
        calls.create_task(self._finish())

    def show_status(self, calls: asyncio.TaskGroup) -> None:
        """Show the latest status while nothing else is on screen."""
        status = self.editor.status
        if status == self._status or not self.editor.is_blank or self.editor.is_ended:
            return
        self._status = status
        if isinstance(self._platform, ShowsStatus) and status is not None:
            calls.create_task(self._show_status(self._platform, status))

    async def _show_status(self, platform: ShowsStatus, status: str) -> None:
        try:
            await platform.show_status(self.editor.address, status)
        except AdapterError as error:
            logger.debug("status of turn %s not shown: %s", self.editor.turn_id, error)

    def _key(self, index: int) -> str:
        return f"{self.editor.turn_id}:{index}"

    async def _perform(self, step: Step) -> None:
        try:
            await self._call(step)
            self._failures, self._retry_at = 0, 0.0
        except AdapterError as error:
            self._heed(error, step)
        finally:
            self._is_busy = False
            self._wake()

    async def _call(self, step: Step) -> None:
        address = self.editor.address
        if step.action is Action.EDIT:
            receipt = await self._platform.edit(self.editor.messages[step.index].reference, step.content)
        else:
            found = await self._look_up(step.index)
            if found is not None:
                self._budget.succeed(step.action, address)
                self.editor.adopt(found)
                await self.editor.on_posted(found, step.index)
                return
            receipt = await self._platform.post(address, step.content, key=self._key(step.index))
        self._budget.succeed(step.action, address, receipt.allowance)
        self.editor.record(step, receipt.reference)
        if step.action is Action.POST:
            await self.editor.on_posted(receipt.reference, step.index)

    async def _look_up(self, index: int) -> MessageReference | None:
        """Find a post that may have been made already; without the ability its repeated key is harmless."""
        if not self._must_look_up or not isinstance(self._platform, FindsPosts):
            return None
        found = await self._platform.find(self.editor.address, self._key(index))
        # A crash leaves at most one post without a stored reference: where that one is not, no later one is.
        self._must_look_up = found is not None
        return found

    def _heed(self, error: AdapterError, step: Step) -> None:
        address, now = self.editor.address, self._clock()
        if isinstance(error, RateLimited):
            self._budget.refuse(step.action, address, error)
            self._retry_at = now + self._budget.wait(step.action, address)
            return
        self._budget.succeed(step.action, address)
        if isinstance(error, MessageTooLong):
            self.editor.shrink()
            return
        if isinstance(error, MessageGone | NotPermitted):
            self._conclude(error)
            return
        if isinstance(error, ResponseLost):
            self._doubt(step)
        self._failures += 1
        self._retry_at = now + min(_MAX_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2 ** min(self._failures - 1, 10))
        if self.editor.ended_at is not None and now - self.editor.ended_at > _GIVE_UP_SECONDS:
            self._conclude(error)

    def _doubt(self, step: Step) -> None:
        """Trust nothing about a call whose response was lost: a post is looked up, an edit made again."""
        if step.action is Action.POST:
            self._must_look_up = True
        else:
            self.editor.doubt(step.index)

    def _conclude(self, error: AdapterError) -> None:
        logger.warning("turn %s stays incomplete on its platform: %s", self.editor.turn_id, error)
        self.editor.conclude(type(error).__name__)

    async def _finish(self) -> None:
        try:
            await self._send_file()
            await self._adopt_orphan()
            await self._delete_surplus()
            self.editor.conclude()
            await self._settle_earlier()
        except RateLimited as error:
            self._retry_at = self._clock() + error.retry_after
        except (ResponseLost, Unreachable) as error:
            self._failures += 1
            self._retry_at = self._clock() + min(
                _MAX_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2 ** min(self._failures, 10)
            )
            if self._clock() - (self.editor.ended_at or 0.0) > _GIVE_UP_SECONDS:
                self._conclude(error)
        except AdapterError as error:
            self._conclude(error)
        finally:
            self._is_busy = False
            self._wake()

    async def _settle_earlier(self) -> None:
        """Let earlier messages stop looking live, once there are edits to spare: nobody waits for this."""
        address = self.editor.address
        for message in self.editor.messages[:-1]:
            if message.shown is None or not message.shown.is_live:
                continue
            if not await self._until_ample():
                return
            content = replace(message.shown, is_live=False, is_last=False)
            self._budget.spend(Action.EDIT, address)
            try:
                receipt = await self._platform.edit(message.reference, content)
            except RateLimited as error:
                self._budget.refuse(Action.EDIT, address, error)
                return
            except AdapterError:
                return
            self._budget.succeed(Action.EDIT, address, receipt.allowance)
            message.shown = content

    async def _until_ample(self) -> bool:
        for _ in range(_SETTLE_SECONDS):
            if self._is_quiet(self.editor.address) and self._budget.is_ample(Action.EDIT, self.editor.address):
                return True
            await asyncio.sleep(1.0)
        return False

    async def _adopt_orphan(self) -> None:
        """Find a further message of an earlier attempt that this one, being shorter, never came to post."""
        index = len(self.editor.messages)
        found = await self._look_up(index)
        if found is not None:
            self.editor.adopt(found)
            await self.editor.on_posted(found, index)

    async def _send_file(self) -> None:
        if self.editor.draft.is_cut_short and not self.editor.is_file_sent:
            await self._platform.upload(self.editor.address, _FILE_NAME, self.editor.draft.text, key=self._key(-1))
            self.editor.is_file_sent = True

    async def _delete_surplus(self) -> None:
        for index in self.editor.surplus():
            message = self.editor.messages[index]
            if isinstance(self._platform, DeletesMessages):
                await self._platform.delete(message.reference)
                del self.editor.messages[index]
            elif message.shown != self.editor.blank_content:
                await self._platform.edit(message.reference, self.editor.blank_content)
                message.shown = self.editor.blank_content
