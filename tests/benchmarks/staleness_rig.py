"""The load and the measure of the staleness benchmark: answers of numbered words, and when each was on screen."""

import asyncio
import random
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import mean

from adapters.contract import Address, ReplyDone, TextAdded
from adapters.limits import Limits, Rule
from adapters.scheduler import ReplyScheduler
from tests.fakes.simulated_platform import Shown, SimulatedPlatform
from tests.fakes.virtual_time import run_virtual

FIRST_WORD_SECONDS = 0.4
WORDS_A_SECOND = 50.0
WORDS = 300
ROUND_SECONDS = 90.0
_WORD = re.compile(r"\bw\d{4}\b")


def write_answer(seed: int, words: int = WORDS, *, paragraph: tuple[int, int] = (25, 60)) -> list[str]:
    """Return an answer as its words with the white space behind each: paragraphs, and one list of steps."""
    rng = random.Random(seed)
    parts: list[str] = []
    while len(parts) < words:
        left = words - len(parts)
        if len(parts) > 80 and not any("- w" in part for part in parts) and left > 60 and rng.random() < 0.5:
            for _ in range(4):
                item = [f"w{len(parts) + n:04d} " for n in range(12)]
                item[0] = "- " + item[0]
                item[-1] = item[-1].rstrip() + "\n"
                parts += item
            parts[-1] += "\n"
            continue
        count = min(left, rng.randint(*paragraph))
        block = [f"w{len(parts) + n:04d} " for n in range(count)]
        block[-1] = block[-1].rstrip() + ".\n\n"
        parts += block
    parts[-1] = parts[-1].rstrip()
    return parts


@dataclass(slots=True)
class Answer:
    """One answer as it is generated and as it appears."""

    parts: list[str]
    begins: float
    address: Address
    generated_at: list[float] = field(default_factory=list)
    visible_at: list[tuple[float, int]] = field(default_factory=list)
    first_visible_at: float | None = None

    def unseen_words(self) -> float:
        """Return the time-integral of words that were generated but not visible, over the stream's length."""
        events = [(at, 1, 0) for at in self.generated_at] + [(at, 0, seen) for at, seen in self.visible_at]
        total, seen, made, last = 0.0, 0, 0, self.generated_at[0]
        for at, generated, shown in sorted(events):
            total += max(0, made - seen) * (at - last)
            last = at
            made += generated
            seen = seen if generated else shown
        return total / (len(self.parts) / WORDS_A_SECOND)

    def final_lag(self) -> float:
        """Return the seconds from the last word generated to the last word visible."""
        complete = [at for at, seen in self.visible_at if seen == len(self.parts)]
        return max(0.0, complete[0] - self.generated_at[-1]) if complete else float("inf")


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table."""

    unseen: float
    lag_p95: float
    first_p95: float
    messages: float
    max_messages: int
    refused: int
    refused_finals: int
    broken: int
    overlaps: int
    spread: float


Bot = Callable[[SimulatedPlatform, list[Answer]], Awaitable[None]]


@dataclass
class Rig:
    """One run: a platform with true rules, answers that begin within a second, and a bot."""

    limits: Limits
    true_rules: tuple[Rule, ...]
    replies: int
    seed: int = 0
    latency: float = 0.0
    tells_allowance: bool = False
    words: int = WORDS
    paragraph: tuple[int, int] = (25, 60)
    rounds: int = 1
    """How often the load comes, a minute apart: the last round is measured, by what the earlier ones taught."""

    def run(self, bot: Bot) -> Result:
        """Run the load in virtual time and measure it."""
        return run_virtual(self._run(bot))

    async def _run(self, bot: Bot) -> Result:
        loop = asyncio.get_running_loop()
        rng = random.Random(self.seed)
        starts = sorted(rng.random() for _ in range(self.replies)) if self.replies > 1 else [0.0]
        answers = [
            Answer(
                write_answer(self.seed * 1000 + n, self.words, paragraph=self.paragraph),
                turn * ROUND_SECONDS + start + FIRST_WORD_SECONDS,
                Address("sim", "team", f"c{turn}-{n}"),
            )
            for turn in range(self.rounds)
            for n, start in enumerate(starts)
        ]
        by_address = {answer.address: answer for answer in answers}
        shown_words: dict[Address, dict[str, int]] = defaultdict(dict)
        platform = SimulatedPlatform(
            self.limits,
            loop.time,
            true_rules=self.true_rules,
            latency=lambda: self.latency,
            tells_allowance=self.tells_allowance,
        )

        def note(shown: Shown) -> None:
            answer = by_address[shown.reference.address]
            counts = shown_words[answer.address]
            counts[shown.reference.message] = len(_WORD.findall(shown.content.text))
            answer.visible_at.append((loop.time(), sum(counts.values())))
            if answer.first_visible_at is None:
                answer.first_visible_at = loop.time()

        platform.on_change = note
        await bot(platform, answers)
        return self._measure(platform, answers[-self.replies :])

    def _measure(self, platform: SimulatedPlatform, answers: list[Answer]) -> Result:
        lags = sorted(answer.final_lag() for answer in answers)
        firsts = sorted((answer.first_visible_at or 1e9) - answer.generated_at[0] for answer in answers)
        counts = [len(platform.visible(answer.address)) for answer in answers]
        since = (self.rounds - 1) * ROUND_SECONDS
        refused = [content for at, _, content in platform.refused if at >= since]
        ended = [answer.generated_at[-1] for answer in answers]
        done = [answer.generated_at[-1] + answer.final_lag() for answer in answers]
        order = sorted(range(len(answers)), key=lambda n: done[n])
        fair = sorted(range(len(answers)), key=lambda n: ended[n])
        return Result(
            unseen=mean(answer.unseen_words() for answer in answers),
            lag_p95=lags[max(0, -(-len(lags) * 95 // 100) - 1)],
            first_p95=firsts[max(0, -(-len(firsts) * 95 // 100) - 1)],
            messages=mean(counts),
            max_messages=max(counts),
            refused=len(refused),
            refused_finals=sum(not content.is_live for content in refused),
            broken=sum(not is_intact(platform, answer) for answer in answers),
            overlaps=platform.overlaps,
            spread=mean(abs(order.index(n) - fair.index(n)) for n in range(len(answers))) / len(answers),
        )


def is_intact(platform: SimulatedPlatform, answer: Answer) -> bool:
    """Whether every word of the answer is on screen once and in order."""
    words = _WORD.findall("\n".join(platform.visible(answer.address)))
    return words == [f"w{n:04d}" for n in range(len(answer.parts))]


async def generate(answer: Answer, take: Callable[[str], None]) -> None:
    """Produce the words of an answer at their times."""
    loop = asyncio.get_running_loop()
    for number, part in enumerate(answer.parts):
        await asyncio.sleep(max(0.0, answer.begins + number / WORDS_A_SECOND - loop.time()))
        answer.generated_at.append(loop.time())
        take(part)


async def run_ours(platform: SimulatedPlatform, answers: list[Answer]) -> None:
    """Answer with the reply scheduler."""
    loop = asyncio.get_running_loop()
    scheduler = ReplyScheduler(platform, clock=loop.time)

    async def stored(*_: object) -> None:
        await asyncio.sleep(0)

    async def answer_one(number: int, answer: Answer) -> None:
        await asyncio.sleep(max(0.0, answer.begins - FIRST_WORD_SECONDS - loop.time()))
        reply = scheduler.open_reply(answer.address, f"turn{number}", on_posted=stored)
        await generate(answer, lambda part: reply.show(TextAdded(part)))
        text = "".join(answer.parts)
        reply.show(ReplyDone(text, "answered", "model", 0.0, 0, 0, None))
        delivery = await reply.wait()
        assert delivery.error is None

    async with asyncio.TaskGroup() as group:
        serving = group.create_task(scheduler.run())
        async with asyncio.TaskGroup() as turns:
            for number, answer in enumerate(answers):
                turns.create_task(answer_one(number, answer))
        serving.cancel()
