"""`firstline index`: read the documents into a new snapshot, once or whenever they change."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.program import Program
from bot.cli.start import begin, is_terminal

if TYPE_CHECKING:
    from bot.settings import Settings
    from knowledge.indexing import IndexReport, Progress

_MAX_LISTED = 50
_DEBOUNCE_MS = 500
_IDLE_MS = 500


@click.command("index")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--watch", is_flag=True, help="Go on, and index again whenever a document changes.")
@click.option("--rollback", is_flag=True, help="Go back to the snapshot before the current one.")
@click.pass_obj
def command(program: Program, path: Path | None, watch: bool, rollback: bool) -> None:
    """Index the documents below PATH.

    PATH is remembered; without it, the folder of FIRSTLINE_DOCUMENTS or of the last time is read. Documents that
    can't be read are named with the reason, and the others are indexed. A running bot takes the new snapshot up by
    itself, and an index run that is killed changes nothing.
    """
    if rollback and (watch or path is not None):
        raise click.UsageError("--rollback stands alone")
    from bot.home import remember_documents, with_documents

    settings = begin()
    if rollback:
        click.echo(f"The current snapshot is now {program.load_indexing().roll_back(settings)}.")
        return
    if path is not None:
        settings = with_documents(settings, path.expanduser())
    reports = _watch(program, settings) if watch else [index_now(program, settings)]
    for report in reports:
        click.echo(to_text(report))
        if path is not None:
            remember_documents(settings.operation.home, settings.documents.documents)


def index_now(program: Program, settings: "Settings") -> "IndexReport":
    """Index with progress on stderr: a bar at a terminal, a line for each step elsewhere."""
    with _bar() if is_terminal(sys.stderr) else _lines() as show:
        return program.load_indexing().index_documents(settings, show)


def _watch(program: Program, settings: "Settings") -> "Iterator[IndexReport]":
    """Index now and after each change, until Ctrl-C; a later run that fails is told, and the next change tries again.

    The watcher stands before the first run, so that no change falls between them.
    """
    from watchfiles import watch

    from agents.errors import AgentError
    from knowledge.errors import KnowledgeError

    documents = settings.documents.documents
    if not documents.is_dir():
        yield index_now(program, settings)
    is_first = True
    for changes in watch(documents, debounce=_DEBOUNCE_MS, yield_on_timeout=True, rust_timeout=_IDLE_MS):
        if is_first:
            yield index_now(program, settings)
            click.echo(f"Watching {documents}. Ctrl-C ends it.", err=True)
        elif changes:
            try:
                report = index_now(program, settings)
            except (KnowledgeError, AgentError) as error:
                click.echo(f"firstline: {error}", err=True)
            else:
                yield report
        is_first = False


@contextmanager
def _bar() -> Iterator[Callable[["Progress"], None]]:
    """Show a bar for the step under way."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("starting", total=None)
        yield lambda progress: bars.update(
            task, description=progress.step, completed=progress.done, total=progress.total
        )


@contextmanager
def _lines() -> Iterator[Callable[["Progress"], None]]:
    """Print one line when a step is done."""

    def show(progress: "Progress") -> None:
        if progress.total and progress.done == progress.total:
            click.echo(f"{progress.step}: {progress.total}", err=True)

    yield show


def to_text(report: "IndexReport") -> str:
    """Return the report: totals, each document that differs from the last time, each that was skipped and why."""
    kept = len(report.added) + len(report.changed) + len(report.unchanged)
    totals = [f"{len(report.added)} added", f"{len(report.changed)} changed", f"{len(report.removed)} removed"]
    totals += [f"{len(report.unchanged)} unchanged", f"{len(report.skipped)} skipped"]
    lines = [f"{kept} documents, {report.passages} passages in {report.seconds:.1f} s: {', '.join(totals)}."]
    is_first = len(report.added) == kept and not report.removed
    if not is_first:
        marked = [("+", report.added), ("~", report.changed), ("-", report.removed)]
        lines += _some([f"  {mark} {path}" for mark, paths in marked for path in paths])
    lines += [f"  ! {path}: {reason}" for path, reason in report.skipped]
    return "\n".join(lines)


def _some(lines: list[str]) -> list[str]:
    """Return the first lines, and how many there are beyond."""
    beyond = len(lines) - _MAX_LISTED
    return lines if beyond <= 0 else [*lines[:_MAX_LISTED], f"  ... and {beyond} more"]
