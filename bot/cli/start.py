"""What every subcommand does first: settings, the home folder, the log, and documents to answer from."""

from typing import TYPE_CHECKING, TextIO

import click

from bot.cli.program import Program

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


def begin_ready(program: Program, *, is_quiet: bool = False) -> "Settings":
    """Begin, and where nothing was indexed yet, index first and say so in one line on stderr."""
    settings = begin(is_quiet=is_quiet)
    if not program.load_indexing().has_snapshot(settings):
        from bot.cli.index import index_now

        what = "the sample documents" if settings.uses_sample else str(settings.documents.documents)
        click.echo(f"Nothing is indexed yet: reading {what} (`firstline index` does it again).", err=True)
        report = index_now(program, settings)
        for path, reason in report.skipped:
            click.echo(f"firstline: skipped {path}: {reason}", err=True)
    return settings


def is_terminal(*streams: TextIO) -> bool:
    """Return whether all streams are a terminal that can be drawn upon."""
    if not all(stream.isatty() for stream in streams):
        return False
    from rich.console import Console

    return not Console().is_dumb_terminal
