"""How fast Slack is told "received": each event from its frame to its acknowledgement, over a real socket.

All questions are asked at once, each as a mention and as a message. Loopback Slack and venue share one event loop, so
that the figures are above what the bot alone would need.
"""

import asyncio
import statistics
import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.adapters.slack.slack_rig import open_rig
from tests.servers.slack.sockets import Connection


async def main(questions: int) -> None:
    """Print when the acknowledgements came."""
    async with open_rig() as rig:
        rig.server.deliveries.timings.acknowledgement = 60.0
        began, cpu = time.perf_counter(), time.process_time()
        for number in range(questions):
            await rig.server.mentions(rig.ann, rig.channel, f"question {number}")
        seconds: list[float] = []
        connection = rig.server.sockets.open[0]
        while len(connection.heard) < 2 * questions:
            known = len(connection.heard)
            await rig.server.until(partial(_has_heard_more, connection, known))
            seconds += [time.perf_counter() - began] * (len(connection.heard) - known)
        cuts = statistics.quantiles(seconds, n=100)
        print(f"{questions} questions, {2 * questions} events at once")
        print(f"received: {len(rig.desk.texts)} questions, {len(rig.desk.received)} events")
        print(f"acknowledged after p50 {cuts[49]:.3f} s, p99 {cuts[98]:.3f} s")
        print(
            f"CPU for each event, Slack's side included: {(time.process_time() - cpu) / (2 * questions) * 1e3:.2f} ms"
        )


def _has_heard_more(connection: Connection, known: int) -> bool:
    return len(connection.heard) > known


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
