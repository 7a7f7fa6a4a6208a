"""The real program on the loopback Slack, over sockets and in real time: staleness, acknowledgements, outages."""

import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Awaitable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.socket_rig import (
    Look,
    ask_within_a_second,
    build_parser,
    cpu_seconds,
    measure,
    question,
    script,
    write_words,
)
from tests.programs.serving import Firstline, environment, index, open_firstline
from tests.servers.openai_server import OpenAIServer
from tests.servers.slack.deliveries import Delivery
from tests.servers.slack.server import SlackServer

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
    print(measure(model, looks_of(slack), places).line(count, refused, cpu))


def _is_complete(slack: SlackServer, room: str) -> bool:
    messages = slack.channel(room).messages.values()
    return any("firstline_helpful" in str(each.blocks) for each in messages)


async def acknowledge(slack: SlackServer, model: OpenAIServer, bot: Firstline, live: int) -> None:
    """Keep that many answers live and measure how soon Slack is told "received", of messages and of commands."""
    crowd = _Crowd(slack, model, live)
    async with asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(crowd.keep_on())
        await slack.until(lambda: crowd.live() >= live, timeout=120)
        events, commands, counts = [], [], []
        began, cpu = time.monotonic(), cpu_seconds(bot.process)
        for number in range(_ROUNDS):
            counts.append(crowd.live())
            events.append(await _acknowledged_after(slack, crowd.ask()))
            text = ("help", "stop", "new", "mute")[number % 4]
            commands.append(await _acknowledged_after(slack, crowd.command(text)))
        busy = (cpu_seconds(bot.process) - cpu) / (time.monotonic() - began)
        asking.cancel()
    for name, seconds in (("messages", events), ("commands", commands)):
        ordered = sorted(each * 1000 for each in seconds)
        print(
            f"  {min(counts)} to {max(counts)} answers live: {name} acknowledged "
            f"p50 {ordered[_ROUNDS // 2]:.0f} ms, p99 {ordered[_ROUNDS * 99 // 100]:.0f} ms; {busy:.0%} of one core"
        )


class _Crowd:
    """People who ask again whenever an answer ends."""

    def __init__(self, slack: SlackServer, model: OpenAIServer, live: int) -> None:
        self._slack = slack
        self._model = model
        self._size = live
        self._ann = slack.add_user("ann")
        self._rooms = itertools.cycle([slack.add_channel(f"live-{number}", self._ann) for number in range(live)])
        self._numbers = itertools.count()
        self._earlier = len(model.requests)
        self._asked = 0

    def live(self) -> int:
        """Return how many answers are being written."""
        return sum(not each.ended.is_set() for each in self._model.requests[self._earlier :])

    async def keep_on(self) -> None:
        """Ask, a few people at a time, so that the size stays."""
        while True:
            to_begin = self._asked - len(self._model.requests[self._earlier :])
            for _ in range(min(3, self._size - self.live() - max(0, to_begin))):
                await self.ask()
            await asyncio.sleep(0.1)

    async def ask(self) -> Delivery:
        """Mention the bot in a room; return the delivery."""
        self._asked += 1
        known = len(self._slack.deliveries.all)
        await self._slack.mentions(self._ann, next(self._rooms), question(next(self._numbers) % 10_000))
        return next(each for each in self._slack.deliveries.all[known:] if each.event_type == "app_mention")

    async def command(self, text: str) -> Delivery:
        """Use /support in a room; return the delivery."""
        return await self._slack.commands(self._ann, next(self._rooms), "/support", text)


async def _acknowledged_after(slack: SlackServer, sending: Awaitable[Delivery]) -> float:
    begun = time.monotonic()
    delivery = await sending
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


async def main(parts: set[str], counts: Sequence[int], *, has_streams: bool) -> None:
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
                    for number, count in enumerate(counts):
                        await stream(slack, model, bot, count, first=1000 * (number + 1))
                        await asyncio.sleep(62 if count > 1 else 10)  # the buckets fill again
                if "outage" in parts:
                    await outage(slack, bot, 30)
                if "acknowledge" in parts:
                    script(model, words_per_second=4)
                    await acknowledge(slack, model, bot, 200)
                print(f"  at the end {memory_mib(bot):.0f} MiB resident; exit code {await bot.terminate()}")


if __name__ == "__main__":
    parser = build_parser(__doc__, ["stream", "outage", "acknowledge"])
    parser.add_argument("--streams", action="store_true", help="use Slack's native streams")
    arguments = parser.parse_args()
    asyncio.run(main(set(arguments.parts), arguments.counts, has_streams=arguments.streams))
