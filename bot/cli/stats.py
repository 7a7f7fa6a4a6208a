"""`firstline stats`: how the bot does, in numbers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from bot.cli.arguments import JSON_HELP, check_since, print_json
from bot.cli.start import begin

if TYPE_CHECKING:
    from pathlib import Path

    from bot.stats import Seconds, Stats


@click.command("stats")
@click.option(
    "--since", metavar="WHEN", callback=check_since, help="Only what began since: 24h, 7d, 4w, or a day (2025-01-31)."
)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def command(since: float, as_json: bool) -> None:
    """Show turns, fields, models, cost, waiting times, feedback and hand-offs.

    Seconds are what people waited: from the acceptance of a question to the first text and to the end of the answer.
    """
    import asyncio
    from dataclasses import asdict

    settings = begin()
    stats = asyncio.run(_summarise(settings.operation.home, since))
    if as_json:
        print_json(asdict(stats))
    else:
        click.echo(to_text(stats))


async def _summarise(home: "Path", since: float) -> "Stats":
    from bot.home import DATABASE
    from bot.stats import summarise
    from bot.store.engine import open_store, url_of

    async with open_store(url_of(home / DATABASE)) as store:
        return summarise(await store.books.read(since))


def to_text(stats: "Stats") -> str:
    """Return the numbers for people."""
    if not stats.turns and not stats.handoffs:
        return "Nothing was asked in this time on Slack or Discord."
    cost = f"${stats.cost_usd:.4f}" + (f" and {stats.unpriced} turns without a price" if stats.unpriced else "")
    rows = {
        "turns": f"{stats.turns} in {stats.conversations} conversations of {stats.people} people",
        "ended": _list(stats.states),
        "outcomes": _list(stats.outcomes),
        "fields": _list(stats.domains),
        "models": _list(stats.models),
        "tokens": f"{stats.input_tokens:,} in, {stats.output_tokens:,} out",
        "cost": cost,
        "first text": _wait(stats.first_text_seconds),
        "whole answer": _wait(stats.total_seconds),
        "feedback": f"{stats.helpful} helpful, {stats.unhelpful} not",
        "hand-offs": f"{stats.handoffs}, {stats.handoffs_open} open, {_wait(stats.handoff_seconds)}",
    }
    return "\n".join(f"{name:<14}{value}" for name, value in rows.items())


def _list(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _wait(seconds: "Seconds") -> str:
    if seconds.p50 is None or seconds.p95 is None:
        return "nobody waited yet"
    return f"half within {seconds.p50:.1f} s, 19 of 20 within {seconds.p95:.1f} s"
