"""An event loop whose time jumps to the next timer, so that a minute of waiting takes no time and no luck."""

import asyncio
import selectors
from collections.abc import Awaitable
from typing import Any, TypeVar

Result = TypeVar("Result")


class _JumpingSelector(selectors.SelectSelector):
    """A selector that never waits: what would be waited is added to the time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events and timeout is None:
            raise RuntimeError("everything waits and nothing is due: the program is stuck")
        if not events and timeout is not None and timeout > 0:
            self.now += timeout
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    """A single-threaded event loop in virtual time, which begins at zero."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def pass_time(self, seconds: float) -> None:
        """Let time go by without running anything, as work that never waits does."""
        self._jumping.now += seconds


def run_virtual(main: Awaitable[Result]) -> Result:
    """Run a coroutine to its end in virtual time."""

    async def awaited() -> Any:
        return await main

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        result: Result = runner.run(awaited())
        return result
