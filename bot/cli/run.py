"""`firstline run`: answer on every platform whose tokens are set."""

import click

from bot.cli.program import Program
from bot.cli.start import begin_ready


@click.command("run")
@click.pass_obj
def command(program: Program) -> None:
    """Answer on every platform whose tokens are set.

    Runs until SIGTERM or Ctrl-C; live answers are finished first (FIRSTLINE_GRACE_SECONDS).
    """
    import asyncio

    from bot.running import run

    settings = begin_ready(program)
    asyncio.run(run(program, settings))
