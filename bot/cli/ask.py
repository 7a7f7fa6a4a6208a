"""`firstline ask`: one question, one answer."""

import sys
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING

import click

from bot.cli.arguments import check_name, check_text
from bot.cli.exits import Exit
from bot.cli.program import Program
from bot.cli.start import begin_ready, is_terminal

if TYPE_CHECKING:
    from adapters.console.screen import Screen, ShownReply
    from adapters.contract import ReplyEvent
    from bot.settings import Settings


@click.command("ask")
@click.argument("text", callback=check_text)
@click.option(
    "--conversation",
    metavar="ID",
    callback=check_name,
    help="Ask in this conversation, which remembers; by default the question stands alone.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the events as JSON, one a line, as they come.")
@click.pass_obj
def command(program: Program, text: str, conversation: str | None, as_json: bool) -> int:
    """Ask one question.

    The events of --json are start, route, token, reset, sources, done and error. `reset` makes all tokens before it
    void; the text of `done` is the whole answer. Exit code 1 if there was no answer.
    """
    import asyncio

    settings = begin_ready(program)
    return asyncio.run(_ask(program, settings, text, conversation, as_json=as_json))


async def _ask(program: Program, settings: "Settings", text: str, name: str | None, *, as_json: bool) -> int:
    """Print the answer as it comes, and return the exit code."""
    import asyncio

    from adapters.contract import IncomingMessage, ReplyFailed
    from bot.console import PREFIX, NamedConversation, answer_with

    turn_id = program.new_id()
    conversation_id = f"{PREFIX}ask-{turn_id}"
    if name is not None:
        conversation = NamedConversation(settings.operation.home, name)
        conversation.begin()
        conversation_id = conversation.id
    message = IncomingMessage(program.new_id(), conversation_id, "console", text)
    has_failed = False
    async with program.open_app(settings) as app:
        answer = answer_with(app.agent, message, turn_id=turn_id, contact=settings.support_contact)
        async with aclosing(answer) as events:
            with _json_reply(conversation_id, turn_id) if as_json else _screen().open_reply(text) as reply:
                try:
                    async for event in events:
                        reply.show(event)
                        has_failed = isinstance(event, ReplyFailed)
                except asyncio.CancelledError:
                    reply.stop()
                    raise
    return Exit.FAILED if has_failed else Exit.OK


def _screen() -> "Screen":
    """Return a live screen at a terminal, a plain one in a pipe."""
    if is_terminal(sys.stdout):
        from adapters.console.terminal import TerminalScreen

        return TerminalScreen()
    from adapters.console.screen import PlainScreen

    return PlainScreen(sys.stdout, sys.stderr)


@contextmanager
def _json_reply(conversation_id: str, turn_id: str) -> "Iterator[ShownReply]":
    """Print the first event, and begin a reply that prints the others."""
    from adapters import wire

    click.echo(wire.to_line(wire.start(conversation_id, turn_id)))
    yield _JsonReply()


class _JsonReply:
    """Print each event as one line, at once."""

    def show(self, event: "ReplyEvent") -> None:
        """Print the event."""
        from adapters import wire

        if (message := wire.to_json(event)) is not None:
            click.echo(wire.to_line(message))

    def stop(self) -> None:
        """Print nothing: without `done` or `error` the stream is seen to be cut."""
