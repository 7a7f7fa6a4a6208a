"""What can happen to the real program on Discord, over sockets: each fault with questions before, in and after it.

For each fault: how soon the connection stands again, how soon the last question is answered; for all: what was lost,
answered twice or left half. Then the program is killed in the middle of calls, again and again, on one home.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.dialogues.discord_crowd import Crowd, Lives, answer_with_its_mark, kill_at
from tests.dialogues.discord_talk import build_surroundings
from tests.programs.serving import index
from tests.servers.discord.faults import Fault, What
from tests.servers.discord.server import LoopbackDiscord, open_discord
from tests.servers.model_server import Behaviour
from tests.servers.openai_server import OpenAIServer

HEARTBEAT_SECONDS = 2.0
"""Discord's own is 41 s; a silent connection is left 10 s after a heartbeat that stays unanswered."""

BREAKS: dict[str, Callable[[LoopbackDiscord], None]] = {
    "op 7": lambda discord: discord.gateway.reconnect_all(),
    "op 9 true": lambda discord: discord.gateway.invalidate_all(may_resume=True),
    "op 9 false": lambda discord: discord.gateway.invalidate_all(may_resume=False),
    "close 4000": lambda discord: discord.gateway.close_all(4000),
    "close 4009": lambda discord: discord.gateway.close_all(4009),
    "connection reset": lambda discord: discord.gateway.drop_all(),
    "stalled heartbeat": lambda discord: discord.gateway.stall(),
}
FAILURES: dict[str, tuple[Fault, ...]] = {
    "reset in mid-PATCH": (Fault("message.edit", What.RESET, times=4), Fault("original.edit", What.RESET, times=1)),
    "PATCH's answer lost": (Fault("message.edit", What.RESET, after_write=True, times=4),),
    "POST reset": (Fault("message.create", What.RESET, times=3),),
    "POST's answer lost": (Fault("message.create", What.RESET, after_write=True, times=3),),
    "thread's answer lost": (Fault("thread.on_message", What.RESET, after_write=True, times=2),),
    "callback's answer lost": (Fault("callback", What.RESET, after_write=True, times=2),),
    "500": (Fault("message.*", status=500, times=4), Fault("callback", status=500)),
    "429 of 2 s": (Fault("message.*", status=429, seconds=2.0, times=3),),
}
CALLS = ("message.create", "message.edit", "thread.on_message", "callback", "original.edit")


async def endure(crowd: Crowd, name: str, strike: Callable[[LoopbackDiscord], None], *, is_break: bool) -> None:
    """Ask before, in and after a fault, and print how long it was felt."""
    discord = crowd.discord
    await crowd.ask_in_all_ways()
    await discord.until(lambda: len(discord.calls("callback")) >= sum(map(bool, crowd.asked.values())), timeout=60)
    sessions = (len(discord.gateway.identifies), discord.gateway.resumes)
    strike(discord)
    struck = time.monotonic()
    for _ in range(3):
        await crowd.mention()
    stood = ""
    if is_break:
        await discord.until(lambda: (len(discord.gateway.identifies), discord.gateway.resumes) != sessions, timeout=120)
        stood = f"stands again after {time.monotonic() - struck:5.2f} s, "
    await crowd.is_answered()
    print(f"  {name:24}{stood}all answered after {time.monotonic() - struck:5.2f} s")
    discord.faults.clear()


async def refuse_first(lives: Lives) -> None:
    """Let the first connection be refused, and print how soon the program listens once it can."""
    discord = lives.crowd.discord
    discord.gateway.is_refusing = True
    fault = discord.faults.add(Fault("gateway.bot", What.RESET, times=2))

    async def relent() -> float:
        await discord.until(lambda: fault.struck == 2, timeout=60)
        await asyncio.sleep(5.0)
        discord.gateway.is_refusing = False
        return time.monotonic()

    async with asyncio.TaskGroup() as tasks:
        relenting = tasks.create_task(relent())
        async with lives.life():
            stood = time.monotonic() - relenting.result()
            await lives.crowd.ask_in_all_ways()
            await lives.crowd.is_answered()
    print(f"  {'first connect refused':24}stands {stood:5.2f} s after the outage of 5 s")
    discord.faults.clear()


async def die_often(lives: Lives, rng: random.Random, kills: int) -> None:
    """Kill the program in the middle of calls, ask while it is away, and print how soon the next one listens."""
    seconds = []
    for _ in range(kills):
        async with lives.life() as bot:
            for _ in range(2):
                await lives.crowd.ask_in_all_ways()
            await lives.die(bot, kill_at(rng.choice(CALLS), skip=rng.randrange(4), after_write=rng.random() < 0.5))
        lives.crowd.discord.faults.clear()
        await lives.crowd.mention()
        await lives.crowd.write_on()
        began = time.monotonic()
        async with lives.life():
            seconds.append(time.monotonic() - began)
            await lives.crowd.is_answered()
    if seconds:
        shown = " ".join(f"{each:.1f}" for each in seconds)
        print(f"  {'kill -9':24}{kills} times; the next process listens after {shown} s")


async def measure(seed: int, kills: int, only: str) -> None:
    """Run all faults and print the counts."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        await index(home)
        async with open_discord() as discord, OpenAIServer() as model:
            discord.gateway.heartbeat_milliseconds = int(HEARTBEAT_SECONDS * 1000)
            surroundings = {
                **discord.settings,
                **build_surroundings(model),
                "FIRSTLINE_DISCORD_MESSAGE_CONTENT": "true",
            }
            model.answer, model.default = answer_with_its_mark, Behaviour(tokens_per_second=25)
            crowd = Crowd(discord)
            lives = Lives(home, surroundings, crowd)
            if only != "kills":
                await refuse_first(lives)
                async with lives.life():
                    for name, break_ in BREAKS.items():
                        await endure(crowd, name, break_, is_break=True)
                    for name, faults in FAILURES.items():
                        await endure(
                            crowd,
                            name,
                            lambda discord, faults=faults: discord.faults.plan.extend(faults),  # type: ignore[misc] # bound now
                            is_break=False,
                        )
            try:
                await die_often(lives, rng, kills)
            except* TimeoutError:
                print("  what is owed was waited for in vain")
            report(crowd, lives)


def report(crowd: Crowd, lives: Lives) -> None:
    """Print the counts."""
    result, calls = crowd.result(), crowd.discord.calls()
    unknown = sum(call.code == 10062 for call in calls)
    print(
        f"  questions {result.asked}   answered {result.answered}   told that it failed {result.told}   "
        f"lost {len(result.lost)}   doubled {len(result.doubled)}   partial {len(result.partial)}   "
        f"10062 {unknown}   429s {crowd.discord.rates.refused}"
    )
    for name in ("lost", "doubled", "partial"):
        if found := getattr(result, name):
            print(f"  {name}: {', '.join(found)}")
    for line in lives.errors[:20]:
        print(f"  {line}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--only", choices=["all", "kills"], default="all")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    arguments = parser.parse_args()
    for each in arguments.seeds:
        asyncio.run(measure(each, arguments.kills, arguments.only))
