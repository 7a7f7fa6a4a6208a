"""The real program on the loopback Discord, over sockets: staleness, and how soon commands are responded to."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
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
from tests.dialogues.discord_talk import is_complete
from tests.programs.serving import Firstline, index, open_firstline
from tests.servers.discord.asking import Call
from tests.servers.discord.records import Channel
from tests.servers.discord.server import LoopbackDiscord, open_discord
from tests.servers.model_server import Behaviour
from tests.servers.openai_server import OpenAIServer

LIVE, COMMANDS = 200, 100


def looks_of(calls: Sequence[Call]) -> Iterator[Look]:
    """Yield what the program's posts and edits made visible."""
    for call in calls:
        if call.route in {"message.create", "message.edit"} and call.is_ok and isinstance(call.answer, dict):
            text = str(call.answer["content"])
            yield Look(call.at, str(call.answer["channel_id"]), str(call.answer["id"]), text)


async def stream(
    discord: LoopbackDiscord, model: OpenAIServer, bot: Firstline, rooms: Sequence[Channel], first: int
) -> None:
    """Ask in all rooms within a second, and print a line of the table."""
    places: dict[int, str] = {}
    calls, cpu = len(discord.calls()), cpu_seconds(bot.process)

    async def ask(number: int) -> None:
        asked = await discord.people.mentions(discord.person, rooms[number], question(first + number))
        places[first + number] = str(asked.id)

    await ask_within_a_second(len(rooms), ask)
    await discord.until(
        lambda: len(places) == len(rooms) and all(_is_answered(discord, each) for each in places.values()), timeout=240
    )
    cpu = cpu_seconds(bot.process) - cpu
    refused = sum(call.status == 429 for call in discord.calls()[calls:])
    print(measure(model, looks_of(discord.calls()[calls:]), places).line(len(rooms), refused, cpu))


def _is_answered(discord: LoopbackDiscord, place: str) -> bool:
    thread = discord.world.channels.get(int(place))
    return thread is not None and any(is_complete(each) for each in discord.of_bot(thread))


async def acknowledge(discord: LoopbackDiscord, model: OpenAIServer, rooms: Sequence[Channel]) -> None:
    """Keep answers live, one model call in ten silent for 2 s, and measure how soon commands are responded to."""
    script(model, words_per_second=10)
    slow = Behaviour(tokens_per_second=0.5)
    model.behave(*(slow if number % 10 == 0 else model.default for number in range(LIVE)))
    shown = len(discord.calls("message.create")) + LIVE
    for number, room in enumerate(rooms):
        await discord.people.mentions(discord.person, room, question(5000 + number))
        await asyncio.sleep(0.01)
    await discord.until(lambda: len(discord.calls("message.create")) >= shown, timeout=120)
    before, used = len(discord.calls()), []
    for number in range(COMMANDS):
        is_private = number % 2 == 0
        used.append(
            await discord.people.command(
                discord.world.add_person(f"caller-{number}", discord.guild),
                rooms[number],
                "support",
                question=question(7000 + number),
                private=is_private,
            )
        )
        await asyncio.sleep(0.25)  # four new questions a second, far more than 200 people ask
    await asyncio.sleep(discord.interactions.answer_seconds)
    waits = sorted((each.answered_at or each.created_at + 99.0) - each.created_at for each in used)
    late = sum(call.code == 10062 for call in discord.calls()[before:])
    print(
        f"  {LIVE} live answers, {COMMANDS} commands: responded to after p50 {waits[len(waits) // 2] * 1000:.0f} ms, "
        f"p99 {waits[len(waits) * 99 // 100 - 1] * 1000:.0f} ms, most {waits[-1] * 1000:.0f} ms; 10062 seen: {late}"
    )


def memory_mib(bot: Firstline) -> float:
    """Return the resident memory of the program."""
    status = Path(f"/proc/{bot.process.pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def main(parts: set[str], counts: Sequence[int]) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        write_words(home.parent / "documents")
        await index(home)
        async with open_discord() as discord, OpenAIServer() as model:
            script(model)
            rooms = [discord.world.add_channel(discord.guild, f"room-{number}") for number in range(LIVE)]
            surroundings = discord.settings | {
                "OPENAI_BASE_URL": model.base_url,
                "OPENAI_API_KEY": "sk-loopback",
                "FIRSTLINE_ROUTING": "local",
                "FIRSTLINE_LIVE_TURNS": "500",
                "FIRSTLINE_GRACE_SECONDS": "1",
                "FIRSTLINE_DISCORD_MESSAGE_CONTENT": "true",
            }
            began = time.monotonic()
            async with open_firstline(home, **surroundings) as bot:
                await bot.until_logged("discord: ready")
                print(f"  start to ready {time.monotonic() - began:.1f} s, idle {memory_mib(bot):.0f} MiB resident")
                if "stream" in parts:
                    for number, count in enumerate(counts):
                        await stream(discord, model, bot, rooms[:count], first=1000 * (number + 1))
                        await asyncio.sleep(6)  # the buckets are of 5 s
                if "acknowledge" in parts:
                    await acknowledge(discord, model, rooms)
                print(f"  at the end {memory_mib(bot):.0f} MiB resident; exit code {await bot.terminate()}")


if __name__ == "__main__":
    arguments = build_parser(__doc__, ["stream", "acknowledge"]).parse_args()
    asyncio.run(main(set(arguments.parts), arguments.counts))
