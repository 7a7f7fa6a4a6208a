"""The real program on the loopback Slack, over sockets and in real time: staleness, acknowledgements, outages."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.socket_rig import Look, ask_within_a_second, measure, question, script, write_words
from tests.programs.serving import Firstline, environment, index, open_firstline
from tests.servers.openai_server import OpenAIServer
from tests.servers.slack.server import SlackServer

_SHOWING = {"chat.postMessage", "chat.update"}


def looks_of(slack: SlackServer) -> Iterator[Look]:
    """Yield what the program's posts and edits made visible."""
    for call in slack.calls:
        if call.method in _SHOWING and call.outcome == "ok":
            ts = str(call.response.get("ts"))
            channel = str(call.arguments.get("channel"))
            blocks = call.arguments.get("blocks") or []
            text = "\n".join(str(block.get("text")) for block in blocks if block["type"] == "markdown")
            yield Look(call.at, channel, ts, text)


async def stream(slack: SlackServer, model: OpenAIServer, count: int, first: int) -> None:
    """Ask `count` questions within a second, each in a channel of its own, and print a line of the table."""
    places: dict[int, str] = {}
    calls = len(slack.calls)
    ann = slack.add_user("ann")

    async def ask(number: int) -> None:
        room = slack.add_channel(f"room-{first + number}", ann)
        places[first + number] = room.id
        await slack.mentions(ann, room, question(first + number))

    await ask_within_a_second(count, ask)

    def is_over() -> bool:
        done = {room for room in places.values() if _is_complete(slack, room)}
        return len(places) == count and len(done) == count

    await slack.until(is_over, timeout=240)
    refused = sum(call.outcome in {"http 429", "ratelimited"} for call in slack.calls[calls:])
    row = measure(model, looks_of(slack), places)
    print(
        f"  N={count:<3} unseen {row.unseen:6.1f} words   final lag p95 {row.lag_p95:5.2f} s   "
        f"first text p95 {row.first_p95:5.2f} s   messages {row.messages:.2f}   429s {refused}   broken {row.broken}"
    )


def _is_complete(slack: SlackServer, room: str) -> bool:
    messages = slack.channel(room).messages.values()
    return any("firstline_helpful" in str(each.blocks) for each in messages)


async def acknowledge(slack: SlackServer, live: int) -> None:
    """Keep answers live and measure how soon Slack is told "received" meanwhile."""
    ann = slack.add_user("ann")
    rooms = [slack.add_channel(f"live-{number}", ann) for number in range(live)]
    deliveries = []
    for number, room in enumerate(rooms):
        await slack.mentions(ann, room, question(number))
        await asyncio.sleep(0.01)
    await asyncio.sleep(4)
    for number in range(200):
        begun = time.monotonic()
        delivery = await slack.commands(ann, rooms[number % live], "/support", "help" if number % 2 else "stop")
        await slack.until(lambda delivery=delivery: delivery.state == "received", timeout=30)  # type: ignore[misc] # bound now
        deliveries.append(time.monotonic() - begun)
    ordered = sorted(deliveries)
    print(f"  {live} live answers: acknowledged p50 {ordered[100] * 1000:.0f} ms, p99 {ordered[197] * 1000:.0f} ms")


async def outage(slack: SlackServer, bot: Firstline, seconds: float) -> None:
    """Take Slack away, ask meanwhile, and measure how soon all is answered."""
    ann = slack.add_user("ann")
    rooms = [slack.add_channel(f"out-{number}", ann) for number in range(10)]
    async with slack.outage():
        for number, room in enumerate(rooms):
            await slack.mentions(ann, room, question(900 + number))
        await asyncio.sleep(seconds)
    back = time.monotonic()
    await bot.until_logged("slack: connected again")
    connected = time.monotonic() - back
    await slack.until(lambda: all(_is_complete(slack, room.id) for room in rooms), timeout=120)
    answers = sum(len(slack.messages(room)) for room in rooms)
    print(
        f"  outage of {seconds:.0f} s: connected again after {connected:.1f} s, 10 of 10 questions answered "
        f"after {time.monotonic() - back:.1f} s ({answers} top-level messages in 10 channels)"
    )


def memory_mib(bot: Firstline) -> float:
    """Return the resident memory of the program."""
    status = Path(f"/proc/{bot.process.pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def main(parts: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        write_words(home.parent / "documents")
        await index(home)
        async with SlackServer() as slack, OpenAIServer() as model:
            script(model)
            surroundings = slack.environment | {
                "OPENAI_BASE_URL": model.base_url,
                "OPENAI_API_KEY": "sk-loopback",
                "FIRSTLINE_ROUTING": "local",
                "FIRSTLINE_LIVE_TURNS": "500",
            }
            assert environment(home)
            began = time.monotonic()
            async with open_firstline(home, **surroundings) as bot:
                await bot.until_logged("slack: ready")
                print(f"  start to ready {time.monotonic() - began:.1f} s, idle {memory_mib(bot):.0f} MiB resident")
                if "stream" in parts:
                    for number, count in enumerate((1, 10, 50)):
                        await stream(slack, model, count, first=1000 * (number + 1))
                        await asyncio.sleep(62)  # the buckets fill again
                if "outage" in parts:
                    await outage(slack, bot, 30)
                if "acknowledge" in parts:
                    script(model, words_per_second=10)
                    await acknowledge(slack, 200)
                print(f"  at the end {memory_mib(bot):.0f} MiB resident; exit code {await bot.terminate()}")


if __name__ == "__main__":
    asyncio.run(main(set(sys.argv[1:]) or {"stream", "outage", "acknowledge"}))
