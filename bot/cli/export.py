"""`firstline export`: the books as JSON lines."""

from typing import TYPE_CHECKING

import click

from bot.cli.arguments import print_json
from bot.cli.start import begin

if TYPE_CHECKING:
    from pathlib import Path


@click.command("export")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines, which is what it always prints.")
def command(as_json: bool) -> None:  # noqa: ARG001 - as on the other commands that print for programs
    """Print conversations, turns, feedback and hand-offs as JSON, one a line, the oldest first.

    What people wrote is not in it: that lies in the model's history alone.
    """
    import asyncio

    asyncio.run(_export(begin().operation.home))


async def _export(home: "Path") -> None:
    from bot.home import DATABASE
    from bot.store.engine import open_store, url_of

    async with open_store(url_of(home / DATABASE)) as store:
        for entry in store.books.export():
            print_json(entry)
