"""What every subcommand does first: settings, the home folder, the log, and documents to answer from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TextIO

import click

from bot.cli.program import App, Program

if TYPE_CHECKING:
    from bot.settings import Settings


def begin(*, is_quiet: bool = False) -> "Settings":
    """Read the settings, prepare the home folder and the log; return the settings.

    With `is_quiet` the log goes to a file, and to stderr only if its level was asked for.
    """
    from bot.home import prepare_home, with_remembered_documents
    from bot.logs import FILE_NAME, configure_logs, secrets_in
    from bot.settings import load_settings, pass_through, unknown_variables

    settings = load_settings()
    operation = settings.operation
    home = prepare_home(operation.home)
    pass_through()
    configure_logs(
        operation.log_level,
        secrets=list(secrets_in(settings)),
        file=home / FILE_NAME if is_quiet else None,
        to_stderr=not is_quiet or "log_level" in operation.model_fields_set,
    )
    for name, meant in unknown_variables():
        click.echo(f"firstline: {name} is no setting{f'; is {meant} meant?' if meant else ''}", err=True)
    return with_remembered_documents(settings)


@asynccontextmanager
async def open_ready_app(program: Program, settings: "Settings") -> AsyncIterator[App]:
    """Open the app; where nothing was indexed yet, index first and say so in one line on stderr."""
    from bot.indexing import has_snapshot

    if not has_snapshot(settings):
        from bot.cli.index import index_now

        what = "the sample documents" if settings.uses_sample else str(settings.documents.documents)
        click.echo(f"Nothing is indexed yet: reading {what} once (`firstline index` does it again).", err=True)
        await index_now(program, settings, is_first=True)
    async with program.open_app(settings) as app:
        yield app


def is_terminal(*streams: TextIO) -> bool:
    """Return whether all streams are a terminal that can be drawn upon."""
    if not all(stream.isatty() for stream in streams):
        return False
    from rich.console import Console

    return not Console().is_dumb_terminal
