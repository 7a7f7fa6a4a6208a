"""The real program on the loopback Slack, over sockets and in real time: staleness, acknowledgements, outages."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.socket_rig import Look, ask_within_a_second, cpu_seconds, measure, question, script, write_words
from tests.programs.serving import Firstline, environment, index, open_firstline
from tests.servers.openai_server import OpenAIServer
from tests.servers.slack.deliveries import Delivery
from tests.servers.slack.server import SlackServer
from tests.servers.slack.world import Channel, User

_PARTS = ["stream", "outage", "acknowledge"]
_ROUNDS = 100
_STREAMING = {"chat.startStream", "chat.appendStream", "chat.stopStream"}
_SHOWING = {"chat.postMessage", "chat.update"} | _STREAMING


def looks_of(slack: SlackServer) -> Iterator[Look]:
    """Yield what the program's posts, edits and streams made visible."""
    streamed: dict[str, str] = {}
    for call in slack.calls:
        if call.method not in _SHOWING or call.outcome != "ok":
            continue
        ts = str(call.response.get("ts"))
        if call.method in _STREAMING:
            text = streamed[ts] = streamed.get(ts, "") + str(call.arguments.get("markdown_text") or "")
        else:
            blocks = call.arguments.get("blocks") or []
            text = "\n".join(str(block.get("text")) for block in blocks if block["type"] == "markdown")
        yield Look(call.at, str(call.arguments.get("channel")), ts, text)


async def stream(slack: SlackServer, model: OpenAIServer, bot: Firstline, count: int, first: int) -> None:
    """Ask `count` questions within a second, each in a channel of its own, and print a line of the table."""
    places: dict[int, str] = {}
    calls, cpu = len(slack.calls), cpu_seconds(bot.process)
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
    cpu = cpu_seconds(bot.process) - cpu
    refused = sum(call.outcome in {"http 429", "ratelimited"} for call in slack.calls[calls:])
    row = measure(model, looks_of(slack), places)
    print(
        f"  N={count:<3} unseen {row.unseen:6.1f} words   final lag p95 {row.lag_p95:5.2f} s   "
        f"first text p95 {row.first_p95:5.2f} s   messages {row.messages:.2f}   429s {refused}   broken {row.broken}   "
        f"CPU {cpu / count * 1000:.0f} ms an answer"
    )


def _is_complete(slack: SlackServer, room: str) -> bool:
    messages = slack.channel(room).messages.values()
    return any("firstline_helpful" in str(each.blocks) for each in messages)


async def acknowledge(slack: SlackServer, model: OpenAIServer, bot: Firstline, live: int) -> None:
    """Keep answers live and measure how soon Slack is told "received" meanwhile, of messages and of commands."""
    ann = slack.add_user("ann")
    rooms = [slack.add_channel(f"live-{number}", ann) for number in range(live)]
    earlier = len(model.requests)
    for number, room in enumerate(rooms):
        await slack.mentions(ann, room, question(number))
    await slack.until(lambda: len(model.requests) >= earlier + live and not slack.deliveries.unsettled, timeout=120)
    await asyncio.sleep(2)
    under_way = [sum(not each.ended.is_set() for each in model.requests[earlier:])]
    events, commands = [], []
    began, cpu = time.monotonic(), cpu_seconds(bot.process)
    for number in range(_ROUNDS):
        events.append(await _acknowledged_after(slack, await _chat_on(slack, ann, rooms[number % live])))
        text = ("help", "stop", "new", "how long is the list of words?")[number % 4]
        begun = time.monotonic()
        delivery = await slack.commands(ann, rooms[number % live], "/support", text)
        await slack.until(lambda delivery=delivery: delivery.state == "received", timeout=30)  # type: ignore[misc] # bound now
        commands.append(time.monotonic() - begun)
    busy = (cpu_seconds(bot.process) - cpu) / (time.monotonic() - began)
    under_way.append(sum(not each.ended.is_set() for each in model.requests[earlier:]))
    for name, seconds in (("messages", events), ("commands", commands)):
        ordered = sorted(each * 1000 for each in seconds)
        print(
            f"  {live} answers, {under_way[0]} to {under_way[1]} of them live: {name} acknowledged "
            f"p50 {ordered[_ROUNDS // 2]:.0f} ms, p99 {ordered[_ROUNDS * 99 // 100]:.0f} ms; {busy:.0%} of one core"
        )


async def _chat_on(slack: SlackServer, ann: User, room: Channel) -> tuple[float, Delivery]:
    """Ask something more in a room, in a thread of its own; return when, and the delivery of its mention."""
    known, begun = len(slack.deliveries.all), time.monotonic()
    await slack.mentions(ann, room, "and how long is the list of words?")
    mention = next(each for each in slack.deliveries.all[known:] if each.event_type == "app_mention")
    return begun, mention


async def _acknowledged_after(slack: SlackServer, asked: tuple[float, Delivery]) -> float:
    begun, delivery = asked
    await slack.until(lambda: delivery.state == "received", timeout=30)
    return time.monotonic() - begun


async def outage(slack: SlackServer, bot: Firstline, seconds: float) -> None:
    """Take Slack away, ask meanwhile, and measure how soon the bot is back and all is answered."""
    ann = slack.add_user("ann")
    rooms = [slack.add_channel(f"out-{number}", ann) for number in range(10)]
    known = sum("slack: connected again" in line for line in bot.log)
    async with slack.outage():
        for number, room in enumerate(rooms):
            await slack.mentions(ann, room, question(900 + number))
        await asyncio.sleep(seconds)
    back = time.monotonic()
    await bot.until_logged("slack: connected again", times=known + 1)
    connected = time.monotonic() - back
    await slack.until(lambda: all(_is_complete(slack, room.id) for room in rooms), timeout=240)
    answered = sum(_is_complete(slack, room.id) for room in rooms)
    ends = sum("firstline_helpful" in str(each.blocks) for room in rooms for each in room.messages.values())
    print(
        f"  outage of {seconds:.0f} s: connected again after {connected:.1f} s, {answered} of {len(rooms)} questions "
        f"answered after {time.monotonic() - back:.1f} s, {ends - answered} of them twice"
    )


def memory_mib(bot: Firstline) -> float:
    """Return the resident memory of the program."""
    status = Path(f"/proc/{bot.process.pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def main(parts: set[str], *, has_streams: bool) -> None:
    """Start the program once and measure the parts that are asked for."""
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
                "FIRSTLINE_SLACK_STREAMS": str(has_streams).lower(),
            }
            assert environment(home)
            began = time.monotonic()
            async with open_firstline(home, **surroundings) as bot:
                await bot.until_logged("slack: ready")
                print(f"  start to ready {time.monotonic() - began:.1f} s, idle {memory_mib(bot):.0f} MiB resident")
                if "stream" in parts:
                    for number, count in enumerate((1, 10, 50)):
                        await stream(slack, model, bot, count, first=1000 * (number + 1))
                        await asyncio.sleep(62)  # the buckets fill again
                if "outage" in parts:
                    await outage(slack, bot, 30)
                if "acknowledge" in parts:
                    script(model, words_per_second=4)
                    await acknowledge(slack, model, bot, 200)
                print(f"  at the end {memory_mib(bot):.0f} MiB resident; exit code {await bot.terminate()}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=_PARTS, default=_PARTS)
    parser.add_argument("--streams", action="store_true", help="use Slack's native streams")
    arguments = parser.parse_args()
    asyncio.run(main(set(arguments.parts), has_streams=arguments.streams))
