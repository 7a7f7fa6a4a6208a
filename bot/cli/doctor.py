"""`firstline doctor`: look at a platform's set-up and say what to mend."""

import json
from typing import TYPE_CHECKING

import click

from bot.cli.exits import Exit
from bot.cli.start import begin

if TYPE_CHECKING:
    from adapters.desk import Finding
    from bot.settings import Settings


@click.command("doctor")
@click.argument("platform", type=click.Choice(["slack", "discord"]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def command(platform: str, as_json: bool) -> int:
    """Check a platform's tokens, permissions and connection. Exit code 1 if something must be mended."""
    import asyncio

    return asyncio.run(_examine(platform, begin(is_quiet=True), as_json=as_json))


async def _examine(platform: str, settings: "Settings", *, as_json: bool) -> int:
    """Print the findings as they come."""
    from bot.platforms import examine

    is_fine = True
    async for finding in examine(platform, settings):
        is_fine &= finding.is_fine
        click.echo(_as_json(finding) if as_json else _as_text(finding))
    return Exit.OK if is_fine else Exit.FAILED


def _as_json(finding: "Finding") -> str:
    from dataclasses import asdict

    return json.dumps(asdict(finding), ensure_ascii=False)


def _as_text(finding: "Finding") -> str:
    detail = f": {finding.detail}" if finding.detail else ""
    advice = f"\n        {finding.advice}" if finding.advice and not finding.is_fine else ""
    return f"{'  ok   ' if finding.is_fine else ' MEND  '} {finding.what}{detail}{advice}"
