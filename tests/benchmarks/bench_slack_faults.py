"""200 questions on a Slack that delivers up to four times and fails by chance, to a program that is killed meanwhile.

Every kind of copy, order and redelivery, `kill -9` in the middle of calls, one SIGTERM, and in the end everything
delivered once more: 200 answers, and nothing doubled, lost, left half or said without having been asked.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.dialogues.slack_crowd import Crowd, Lives, answer_with_its_mark, plan_faults
from tests.programs.serving import index
from tests.servers.model_server import Behaviour
from tests.servers.openai_server import OpenAIServer
from tests.servers.slack.deliveries import State
from tests.servers.slack.server import SlackServer


async def measure(options: argparse.Namespace, seed: int) -> None:
    """Run one crowd and print what came of it."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        await index(home)
        async with SlackServer() as slack, OpenAIServer() as model:
            model.answer, model.default = answer_with_its_mark, Behaviour(tokens_per_second=options.pace)
            slack.deliveries.timings.retries = (0.0, 1.0, 3.0)
            plan_faults(slack, rng, options.chance)
            surroundings = slack.environment | {
                "OPENAI_BASE_URL": model.base_url,
                "OPENAI_API_KEY": "sk-loopback",
                "FIRSTLINE_ROUTING": "local",
                "FIRSTLINE_GRACE_SECONDS": "5",
                "FIRSTLINE_SLACK_STREAMS": str(options.streams).lower(),
            }
            crowd = Crowd(slack, rng)
            lives, began = Lives(home, surroundings, crowd), time.monotonic()
            try:
                async with asyncio.TaskGroup() as people:
                    asking = people.create_task(crowd.ask(options.questions, at_once=options.at_once))
                    await live_and_die(lives, rng, options)
                    await lives.rest(asking)
            finally:
                report(crowd, lives, time.monotonic() - began)


async def live_and_die(lives: Lives, rng: random.Random, options: argparse.Namespace) -> None:
    """End the program at random moments: by kill -9, and once by SIGTERM."""
    ends = options.kills + 1
    moments = sorted(rng.sample(range(options.questions - 8), ends))
    kindly = rng.randrange(ends)
    for number, moment in enumerate(moments):
        await lives.live(until_answered=moment, is_killed=number != kindly)


def report(crowd: Crowd, lives: Lives, seconds: float) -> None:
    """Print the counts."""
    slack, result = crowd.slack, crowd.result()
    struck = Counter(f"{method} {type(fault).__name__}" for method, fault in slack.faults.struck)
    given_up = sum(each.state is State.GIVEN_UP for each in slack.deliveries.all)
    print(
        f"  {result.asked} questions, {len(slack.deliveries.all)} deliveries ({given_up} given up), "
        f"{sum(struck.values())} faults, {lives.kills} kills, exit codes {lives.exit_codes}, {seconds:.0f} s"
    )
    print(f"  faults: {dict(struck.most_common())}")
    streams = Counter(call.method for call in slack.calls if "Stream" in call.method and call.outcome == "ok")
    if slack.limits.refused:
        print(f"  429s of the limits: {dict(slack.limits.refused.most_common())}")
    if streams:
        print(f"  streams: {dict(streams.most_common())}")
    print(
        f"  answers {result.answered}   doubled {len(result.doubled)}   lost {len(result.lost)}   "
        f"partial {len(result.partial)}   unasked {len(result.unasked)}   429s {sum(slack.limits.refused.values())}"
    )
    for name in ("doubled", "lost", "partial", "unasked"):
        if found := getattr(result, name):
            print(f"  {name}: {', '.join(found)}")
    for mark in {*result.doubled, *result.lost, *result.partial}:
        explain(crowd, mark)
    for line in lives.errors[:20]:
        print(f"  {line}")


def explain(crowd: Crowd, mark: str) -> None:
    """Print the calls in the thread of a question that went wrong, among the starts of processes."""
    thread = next((thread for thread, marks in crowd.asked.items() if mark in marks), None)
    began = crowd.slack.calls[0].at
    print(f"  {mark} in {thread}, whose questions are {crowd.asked.get(thread or ('', ''), [])}:")
    for call in crowd.slack.calls:
        asked = call.arguments
        place = (asked.get("channel") or asked.get("channel_id"), asked.get("thread_ts") or asked.get("ts"))
        is_ours = call.method == "chat.update" and mark in str(asked.get("blocks"))
        if place == thread or is_ours or call.method == "apps.connections.open":
            key = (asked.get("metadata") or {}).get("event_payload", "")
            ts, blocks = call.response.get("ts", asked.get("ts", "")), str(asked.get("blocks", ""))
            marks = [word for word in crowd.asked.get(thread or ("", ""), []) if word in blocks]
            end = "final" if "firstline_helpful" in blocks else "live" if blocks else ""
            print(f"    {call.at - began:7.2f} {call.method:<30} {call.outcome:<12} {ts} {key} {marks} {end}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--at-once", type=int, default=20, help="questions that wait for their answers")
    parser.add_argument("--chance", type=float, default=0.02, help="of each kind of fault, for each call")
    parser.add_argument("--pace", type=float, default=100, help="tokens a second; streams need time to begin")
    parser.add_argument("--streams", action="store_true", help="use Slack's native streams")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    arguments = parser.parse_args()
    for each in arguments.seeds:
        asyncio.run(measure(arguments, each))
