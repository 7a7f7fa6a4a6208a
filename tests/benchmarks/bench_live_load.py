"""What many live replies cost in one process, in real time: CPU, memory, and how long a token waits to be taken in."""

import asyncio
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from adapters.contract import Address, ReplyDone, TextAdded
from adapters.limits import build_discord_limits
from adapters.scheduler import ReplyScheduler
from tests.benchmarks.staleness_rig import write_answer
from tests.fakes.simulated_platform import SimulatedPlatform

REPLIES = 200
SECONDS = 8.0
TOKENS_A_SECOND = 50


async def speak(show: Callable[[str], None], parts: list[str], lags: list[float]) -> None:
    """Feed tokens at their times, noting how late each was taken in."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for number, part in enumerate(parts):
        due = begun + number / TOKENS_A_SECOND
        await asyncio.sleep(max(0.0, due - loop.time()))
        show(part)
        lags.append(loop.time() - due)


async def load(*, is_shown: bool) -> tuple[float, list[float]]:
    """Run the load, or with `is_shown` off only its tokens; return the CPU seconds and the lags."""
    loop = asyncio.get_running_loop()
    platform = SimulatedPlatform(build_discord_limits(), loop.time, tells_allowance=True, latency=lambda: 0.08)
    scheduler = ReplyScheduler(platform, clock=loop.time)
    lags: list[float] = []

    async def stored(*_: object) -> None:
        return

    async def one(number: int) -> None:
        parts = write_answer(number, int(SECONDS * TOKENS_A_SECOND))
        if not is_shown:
            await speak(lambda _: None, parts, lags)
            return
        reply = scheduler.open_reply(Address("sim", "team", f"c{number}"), f"turn{number}", on_posted=stored)
        await speak(lambda part: reply.show(TextAdded(part)), parts, lags)
        reply.show(ReplyDone("".join(parts), "answered", "model", 0.0, 0, 0, None))
        await reply.wait()

    begun = time.process_time()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(scheduler.run())
        async with asyncio.TaskGroup() as turns:
            for number in range(REPLIES):
                turns.create_task(one(number))
        serving.cancel()
    return time.process_time() - begun, lags


def main() -> None:
    """Print the figures."""
    base, _ = asyncio.run(load(is_shown=False))
    busy, lags = asyncio.run(load(is_shown=True))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    late = sorted(lags)[len(lags) * 95 // 100] * 1000
    print(
        f"{REPLIES} replies at {TOKENS_A_SECOND} tokens/s: {(busy - base) / SECONDS:.1%} of a core "
        f"(the tokens alone {base / SECONDS:.1%}), token to editor p95 {late:.1f} ms, {megabytes:.0f} MB resident"
    )


if __name__ == "__main__":
    main()
