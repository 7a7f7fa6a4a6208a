"""What the inbox and the turns cost: accepts a second, time to the acknowledgement, 200 conversations at once."""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from agents.contract import AgentEvent, ModelCall, Outcome, Recollection, Routed, TextDelta, TurnFinished, TurnRequest
from bot.clock import SystemClock
from bot.inbox import Inbox
from bot.store.engine import open_store, url_of
from bot.store.inbox import Acceptance
from bot.turns import TurnLimits
from tests.fakes.desk import message, open_desk
from tests.fakes.plain_replies import PlainReplies
from tests.fakes.stepping_agent import SteppingAgent
from tests.fakes.wall import MemoryWall


def percentile(values: list[float], share: float) -> float:
    """Return the value below which this share lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@dataclass(slots=True)
class PacedAgent:
    """Says 50 words a second, after 400 ms, and notes how late each one leaves."""

    words: int = 150
    delays: list[float] = field(default_factory=list)
    others: SteppingAgent = field(default_factory=SteppingAgent)

    async def answer(self, _: TurnRequest) -> AsyncGenerator[AgentEvent, None]:
        """Yield words at their times; a late one doesn't delay the next."""
        loop = asyncio.get_running_loop()
        begin = loop.time() + 0.4
        for number in range(self.words):
            due = begin + number / 50
            await asyncio.sleep(max(0.0, due - loop.time()))
            yield TextDelta(f"word{number} ")
            self.delays.append(loop.time() - due)
        yield TurnFinished(Outcome.ANSWERED, "".join(f"word{n} " for n in range(self.words)), "paced", 3.4)

    async def route(self, text: str) -> tuple[Routed, tuple[ModelCall, ...]]:
        """Return the one route there is."""
        return await self.others.route(text)

    async def recall(self, conversation_id: str, *, turn_id: str | None = None) -> Recollection | None:
        """Return what was said last."""
        return await self.others.recall(conversation_id, turn_id=turn_id)

    async def forget_turn(self, _: TurnRequest) -> None:
        """Remember nothing anyway."""

    async def forget(self, conversation_id: str) -> None:
        """Remember nothing anyway."""


def _acceptance(number: int) -> Acceptance:
    from bot.store.inbox import InboxMessage

    come = message(f"m{number}", "How do refunds work on annual plans?", where=f"c{number % 500}")
    question = InboxMessage(come.id, come.conversation_id, come.address, come.author, come.text, 1.0, 1.0)
    return Acceptance(question, "w", "ch", frozenset({come.author}))


async def accept_many(home: Path, *, messages: int, at_once: int) -> None:
    """Print how fast messages become durable with so many callers."""
    async with open_store(url_of(home / "accepts.db")) as store:
        inbox, numbers, waits = Inbox(store.inbox), iter(range(messages)), []

        async def caller() -> None:
            for number in numbers:
                begin = time.perf_counter()
                assert await inbox.accept(_acceptance(number))
                waits.append(time.perf_counter() - begin)

        begin, cpu = time.perf_counter(), time.process_time()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(at_once):
                tasks.create_task(caller())
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    print(
        f"{at_once:>4} callers: {messages / seconds:>7,.0f} accepts/s, acknowledged after "
        f"p50 {percentile(waits, 0.5) * 1000:.1f} ms, p95 {percentile(waits, 0.95) * 1000:.1f} ms, "
        f"CPU {cpu / messages * 1e6:.0f} us each"
    )


async def converse(home: Path, conversations: int) -> None:
    """Print what so many live turns cost one process."""
    wall, agent = MemoryWall(), PacedAgent()
    limits = TurnLimits(live_turns=conversations, burst_seconds=0.0)
    replies = PlainReplies(wall)
    async with open_desk(home, agent=agent, replies=replies, limits=limits, clock=SystemClock()) as desk:
        begin, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(desk.says("How?", where=f"c{number}") for number in range(conversations)))
        accepted = time.perf_counter() - begin
        await desk.turns.join()
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    assert len(wall.messages) == conversations
    print(
        f"{conversations} conversations at 50 words/s: all accepted after {accepted * 1000:.0f} ms, all answered after "
        f"{seconds:.1f} s (3.4 s of it the answers), CPU share {cpu / seconds:.0%} with the platform in the process, "
        f"a word leaves p95 {percentile(agent.delays, 0.95) * 1000:.1f} ms late, "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB resident"
    )


async def lose_answers(home: Path, *, questions: int, lost: float) -> None:
    """Print what a platform that performs calls and loses their answers makes of the promise."""
    wall, agent = MemoryWall(lost=lost), SteppingAgent()
    limits = TurnLimits(burst_seconds=0.0)
    async with open_desk(home, agent=agent, replies=PlainReplies(wall), limits=limits, clock=SystemClock()) as desk:
        async with asyncio.TaskGroup() as tasks:
            for number in range(questions):
                tasks.create_task(desk.says("How?", where=f"c{number}"))
        await desk.turns.join()
    keys = {each.key for each in wall.messages.values()}
    whole = sum(1 for text in wall.texts() if text == "Answer to How?, word by word.")
    print(
        f"{questions} questions, the answers of {lost:.0%} of the calls lost: {whole} answered in full, "
        f"{len(wall.messages) - len(keys)} duplicates"
    )


async def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as home:
        for at_once, messages in ((1, 500), (20, 4000), (200, 10_000)):
            folder = Path(home) / str(at_once)
            folder.mkdir()
            await accept_many(folder, messages=messages, at_once=at_once)
        await converse(Path(home), 200)
    with tempfile.TemporaryDirectory() as home:
        await lose_answers(Path(home), questions=1000, lost=0.05)


if __name__ == "__main__":
    asyncio.run(main())
