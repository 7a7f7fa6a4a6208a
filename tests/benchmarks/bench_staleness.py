"""How fresh the text on screen is, under each platform's limits: ours, naive bots, posting once, and the floor."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from adapters.contract import Content, MessageReference
from adapters.errors import RateLimited
from adapters.limits import Action, Counting, Limits, Rule, Scope, build_discord_limits, build_slack_limits
from tests.benchmarks.staleness_rig import WORDS, WORDS_A_SECOND, Answer, Bot, Result, Rig, generate, run_ours
from tests.fakes.simulated_platform import SimulatedPlatform

# After so many rounds of the load a wrong belief in a burst is corrected.
LEARNING_ROUNDS = 3
MAX_NAIVE = 50


def build_naive(seconds: float) -> Bot:
    """Return a bot whose every reply edits on its own clock, and after a 429 waits and tries again."""

    async def naive(platform: SimulatedPlatform, answers: list[Answer]) -> None:
        async with asyncio.TaskGroup() as group:
            for answer in answers:
                group.create_task(_reply_naively(platform, answer, seconds))

    return naive


async def _reply_naively(platform: SimulatedPlatform, answer: Answer, seconds: float) -> None:
    text: list[str] = []
    async with asyncio.TaskGroup() as group:
        generating = group.create_task(generate(answer, text.append))
        reference: MessageReference | None = None
        is_complete = False
        while not is_complete:
            await asyncio.sleep(seconds)
            is_complete = generating.done()
            if not text:
                continue
            reference = await _insist(platform, answer, reference, text, is_live=not is_complete)


async def _insist(
    platform: SimulatedPlatform, answer: Answer, reference: MessageReference | None, text: list[str], *, is_live: bool
) -> MessageReference:
    while True:
        content = Content("".join(text), is_live=is_live)
        try:
            if reference is None:
                return (await platform.post(answer.address, content, key=answer.address.channel)).reference
            await platform.edit(reference, content)
        except RateLimited as error:
            await asyncio.sleep(error.retry_after)
        else:
            return reference


async def post_once(platform: SimulatedPlatform, answers: list[Answer]) -> None:
    """Answer with one post when all is generated."""

    async def answer_one(answer: Answer) -> None:
        text: list[str] = []
        await generate(answer, text.append)
        await _insist(platform, answer, None, text, is_live=False)

    async with asyncio.TaskGroup() as group:
        for answer in answers:
            group.create_task(answer_one(answer))


def find_floor(rules: tuple[Rule, ...], replies: int) -> float:
    """Return the unseen words of the best bot that posts once and edits: calls evenly spread, the last at the end."""
    seconds = WORDS / WORDS_A_SECOND
    edits = [rule for rule in rules if rule.actions == frozenset({Action.EDIT})]
    rule = edits[0]
    burst = rule.burst if rule.counting is Counting.BUCKET else 0
    total = int(burst + rule.rate * seconds)
    if rule.scope is Scope.CHANNEL:
        bot = next((r for r in rules if r.scope is Scope.BOT), None)
        each = total if bot is None else min(total, int(bot.rate * seconds / replies) - 1)
        return WORDS / (2 * (1 + each))
    base, more = divmod(total, replies)
    return (more * WORDS / (2 * (2 + base)) + (replies - more) * WORDS / (2 * (1 + base))) / replies


def with_burst(limits: Limits, burst: int) -> tuple[Rule, ...]:
    """Return what the platform really allows: bursts scaled so that 10 is what Slack is assumed to have."""
    rules = []
    for rule in limits.rules:
        scaled = max(1, round(rule.burst * burst / 10)) if rule.scope is not Scope.BOT else rule.burst
        is_slack = rule.counting is Counting.BUCKET
        rules.append(replace(rule, burst=scaled) if is_slack else rule)
    return tuple(rules)


def list_cases() -> Iterator[tuple[str, Limits, tuple[Rule, ...], bool]]:
    """Yield every platform and burst."""
    slack, discord = build_slack_limits(), build_discord_limits()
    for burst in (10, 1, 50):
        yield f"Slack, burst {burst}", slack, with_burst(slack, burst), False
    yield "Discord, windows of 5 s", discord, discord.rules, True


COLUMNS = ("unseen", "lag95", "first95", "msgs", "max", "429", "fin", "lost", "unfair")
HEADER = f"{'':<20}{'N':>4}" + "".join(f"{column:>8}" for column in COLUMNS)


def print_row(name: str, replies: int, result: Result) -> None:
    """Print one row of the table."""
    print(
        f"{name:<20}{replies:>4}{result.unseen:>8.1f}{result.lag_p95:>8.2f}{result.first_p95:>8.2f}"
        f"{result.messages:>8.2f}{result.max_messages:>8}{result.refused:>8}{result.refused_finals:>8}"
        f"{result.broken:>8}{result.spread:>8.3f}"
    )


def main() -> None:
    """Print the table; arguments choose bots by name."""
    chosen = sys.argv[1:]
    bots: dict[str, Bot] = {
        "ours": run_ours,
        "naive 1 s": build_naive(1.0),
        "naive 0.5 s": build_naive(0.5),
        "post once": post_once,
    }
    for title, limits, rules, tells in list_cases():
        print(f"\n{title}\n{HEADER}")
        for replies in (1, 10, 50, 200):
            for name, bot in bots.items():
                # Two hundred blind bots make ten thousand 429s, which takes long and shows nothing more.
                is_blind = name.startswith("naive") and replies > MAX_NAIVE
                if (not chosen or name.split()[0] in chosen) and not is_blind:
                    rig = Rig(limits, rules, replies, tells_allowance=tells)
                    print_row(name, replies, rig.run(bot))
            if "burst" in title and "burst 10" not in title and (not chosen or "ours" in chosen):
                rig = Rig(limits, rules, replies, rounds=LEARNING_ROUNDS)
                print_row("ours, having learnt", replies, rig.run(run_ours))
            print(f"{'floor, one message':<20}{replies:>4}{find_floor(rules, replies):>8.1f}")


if __name__ == "__main__":
    main()
