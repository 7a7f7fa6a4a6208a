"""How long a command waits for its first response while 200 answers are live and a model call holds a thread.

Run it: python -m tests.benchmarks.bench_discord_acks
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from agents.contract import AgentEvent, TurnRequest
from tests.dialogues.discord_core import open_talk
from tests.fakes.stepping_agent import SteppingAgent, events_of
from tests.servers.discord.server import open_discord

LIVE, COMMANDS = 200, 100
WORDS_A_SECOND = 20


@dataclass(slots=True)
class SlowAgent(SteppingAgent):
    """Streams long answers at the pace of a model; one call in ten holds a thread for 2 seconds."""

    async def answer(self, request: TurnRequest) -> AsyncGenerator[AgentEvent, None]:
        """Yield a long answer."""
        self.requests.append(request)
        if len(self.requests) % 10 == 0:
            await asyncio.to_thread(time.sleep, 2.0)
        for event in events_of("word " * 600):
            await asyncio.sleep(1 / WORDS_A_SECOND)
            yield event


async def measure() -> None:
    """Print the waits."""
    with tempfile.TemporaryDirectory() as home:
        async with open_discord() as server, open_talk(Path(home), server, agent=SlowAgent(), live_turns=LIVE) as talk:
            people = [server.world.add_person(f"person {number}", server.guild) for number in range(LIVE)]
            for person in people:
                await server.people.writes_to_bot(person, "how?")
            await server.until(lambda: len(server.calls("message.create")) >= LIVE, 120.0)
            print(f"live answers: {len(talk.agent.requests)}")
            used = []
            for number in range(COMMANDS):
                person = people[number]
                used.append(
                    await server.people.command(person, server.channel, "support", question="how?", private=True)
                )
                await asyncio.sleep(0.1)
            await server.until(lambda: all(each.answer for each in used), 60.0)
            waits = sorted((each.answered_at or 0.0) - each.created_at for each in used)
            late = [call for call in server.calls("callback") if call.code == 10062]
            print(f"first responses: median {statistics.median(waits) * 1000:.0f} ms, ", end="")
            print(f"p99 {waits[int(len(waits) * 0.99) - 1] * 1000:.0f} ms, most {waits[-1] * 1000:.0f} ms")
            print(f"10062: {len(late)}; CPU {time.process_time():.1f} s")


if __name__ == "__main__":
    asyncio.run(measure())
