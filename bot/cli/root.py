"""The top of the command: finds the subcommand, and turns every way to end into an exit code and at most one line."""

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, NoReturn

import click

from agents.errors import AgentError, ConfigurationError
from bot.cli.exits import Exit, render_exits
from bot.cli.program import Program
from bot.errors import BotError, SettingsInvalid
from knowledge.errors import IndexBusy, KnowledgeError, NoSnapshot, SnapshotDamaged

SUBCOMMANDS: Final[Mapping[str, str]] = {
    "chat": "bot.cli.chat",
    "ask": "bot.cli.ask",
    "index": "bot.cli.index",
    "search": "bot.cli.search",
    "route": "bot.cli.route",
    "eval": "bot.cli.evaluate",
    "stats": "bot.cli.stats",
    "export": "bot.cli.export",
    "forget": "bot.cli.forget",
}

_EXIT_OF: Final[Sequence[tuple[type[Exception], Exit]]] = (
    (SettingsInvalid, Exit.CONFIGURATION),
    (ConfigurationError, Exit.CONFIGURATION),
    (NoSnapshot, Exit.NO_KNOWLEDGE),
    (SnapshotDamaged, Exit.NO_KNOWLEDGE),
    (IndexBusy, Exit.BUSY),
    (KnowledgeError, Exit.FAILED),
    (AgentError, Exit.FAILED),
    (BotError, Exit.FAILED),
)


class LazyGroup(click.Group):
    """Import a subcommand's module when it is looked at."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names the parameters
        """Return the names, in the order in which a newcomer meets them."""
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - see above
        """Import and return a subcommand."""
        if cmd_name not in SUBCOMMANDS:
            return None
        command = importlib.import_module(SUBCOMMANDS[cmd_name]).command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the subcommand; without this, click itself would end a closed pipe with exit code 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise click.exceptions.Exit(_leave_closed_pipe()) from None


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExit codes:\n"
    + render_exits()
    + "\n\nSettings come from the environment and from .env; see the README.",
)
@click.version_option(package_name="firstline", prog_name="firstline")
def root() -> None:
    """Answer questions from your own documents, with citations."""


def main(args: Sequence[str] | None = None, *, program: Program | None = None) -> NoReturn:
    """Run the command and exit; a defect of ours is told in one line, and its trace goes to the log."""
    sys.excepthook = tell_defect
    sys.exit(run(args, program=program))


def run(args: Sequence[str] | None = None, *, program: Program | None = None) -> int:
    """Run the command and return its exit code. Errors that someone can act on are one line on stderr."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # A pipe may hold bytes that are no text, and a terminal may lack a character: neither ends a conversation.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        return _run_once(args, program or Program())
    except BaseExceptionGroup as group:
        return _explain(_only_leaf(group))
    except (BotError, AgentError, KnowledgeError) as error:
        return _explain(error)
    except BrokenPipeError:
        return _leave_closed_pipe()


def _run_once(args: Sequence[str] | None, program: Program) -> int:
    """Let click run the command; return the exit code of what click itself reports."""
    try:
        code = root.main(args, prog_name="firstline", standalone_mode=False, obj=program)
        sys.stdout.flush()
    except click.UsageError as error:
        error.show()
        return Exit.USAGE
    except click.ClickException as error:
        error.show()
        return Exit.FAILED
    except click.Abort:
        return Exit.INTERRUPTED
    return code if isinstance(code, int) else Exit.OK


def _explain(error: BaseException) -> int:
    """Say in one line what went wrong, and return the exit code; a defect of ours goes on as it is."""
    if isinstance(error, BrokenPipeError):
        return _leave_closed_pipe()
    code = next((code for kind, code in _EXIT_OF if isinstance(error, kind)), None)
    if code is None:
        raise error
    click.echo(f"firstline: {error}", err=True)
    return code


def tell_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say that something is wrong inside Firstline. The reference finds the trace in the log."""
    import logging
    import secrets

    reference = secrets.token_hex(3)
    logging.getLogger("bot").critical("defect %s", reference, exc_info=(kind, error, trace))
    click.echo(f"firstline: something went wrong inside Firstline (reference {reference}, see the log)", err=True)


def _only_leaf(error: BaseException) -> BaseException:
    """Return the error inside groups of one, as a TaskGroup raises them."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _leave_closed_pipe() -> int:
    """End without a word: whoever read the output has what they wanted. Python would complain at its own flush."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return Exit.CLOSED_PIPE
