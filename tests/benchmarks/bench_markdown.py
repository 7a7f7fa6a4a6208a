"""Whether split, heal and neutralise keep their laws on many random texts, and what a long stream costs."""

import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from adapters.limits import build_discord_limits, build_slack_limits
from adapters.markdown.heal import heal
from adapters.markdown.neutralise import PingRule, neutralise
from adapters.markdown.split import Pages, normalise
from tests.adapters.markdown.laws import check_frame, check_split, feed
from tests.fakes.hostile_texts import finds_ping, write_hostile
from tests.fakes.markdown_texts import write_markdown

TEXTS = 10_000
LONG_CHARS = 60_000


def check_texts(count: int) -> Counter[str]:
    """Return how often each law was broken; every 500th text is a long one."""
    broken: Counter[str] = Counter()
    for seed in range(count):
        rng = random.Random(seed)
        text = write_markdown(rng, LONG_CHARS if seed % 500 == 0 else rng.choice([50, 300, 2000, 6000]))
        limits = rng.choice([build_slack_limits(), build_discord_limits()])
        size = rng.choice([500, 2000, limits.max_size])
        pages = feed(text, limits, size, rng, whole=rng.random() < 0.3)
        laws = check_split(text, pages, limits, size)
        for _ in range(4):
            frame = normalise(text)[: rng.randint(0, min(len(text), 2000))]
            laws += check_frame(heal(frame), frame)
        broken.update(set(laws))
    return broken


def check_pings(count: int) -> tuple[int, int]:
    """Return how many hostile texts would have pinged as they were, and how many still do."""
    before = after = 0
    for seed in range(count):
        text = write_hostile(random.Random(seed))
        before += finds_ping(text)
        after += finds_ping(neutralise(text, PingRule()))
    return before, after


def time_stream(frame_chars: int) -> tuple[float, float]:
    """Return the mean and the worst milliseconds of CPU for a frame of a long stream."""
    text = normalise(write_markdown(random.Random(1), LONG_CHARS))
    pages = Pages(build_discord_limits().measure, 2000)
    costs = []
    for at in range(0, len(text), frame_chars):
        begun = time.process_time()
        pages.add(text[at : at + frame_chars])
        pages.last_break()
        pages.show_piece(len(pages.closed), is_final=False)
        costs.append((time.process_time() - begun) * 1000)
    return sum(costs) / len(costs), max(costs)


def main() -> None:
    """Print the figures."""
    begun = time.process_time()
    broken = check_texts(TEXTS)
    print(f"{TEXTS:,} texts: laws broken {dict(broken) or 0}, {time.process_time() - begun:.0f} s of CPU")
    before, after = check_pings(TEXTS)
    print(f"{TEXTS:,} hostile texts: {before:,} would ping, {after} still do")
    mean, worst = time_stream(300)
    print(f"a frame of a stream of {LONG_CHARS:,} characters: {mean:.1f} ms of CPU, at worst {worst:.1f}")


if __name__ == "__main__":
    main()
