"""`firstline chat`: a conversation in the terminal, or line by line through a pipe."""

import sys
from typing import TYPE_CHECKING

import click

from bot.cli.arguments import check_name
from bot.cli.program import Program
from bot.cli.start import begin_ready, is_terminal

if TYPE_CHECKING:
    from adapters.console.lines import LineSource
    from adapters.console.screen import Screen
    from bot.console import NamedConversation
    from bot.settings import Settings


@click.command("chat")
@click.option(
    "--conversation",
    metavar="NAME",
    default="default",
    show_default=True,
    callback=check_name,
    help="Go on with the conversation of this name, or begin it.",
)
@click.pass_obj
def command(program: Program, conversation: str) -> None:
    """Hold a conversation.

    It goes on where it ended last time. At a terminal: /new begins afresh, /quit or Ctrl-D leaves, Ctrl-C stops an
    answer. In a pipe every line is a question, and the answers are plain Markdown.
    """
    import asyncio

    settings = begin_ready(program, is_quiet=True)
    asyncio.run(_chat(program, settings, conversation, is_interactive=is_terminal(sys.stdin, sys.stdout)))


async def _chat(program: Program, settings: "Settings", name: str, *, is_interactive: bool) -> None:
    """Open the app and converse."""
    from adapters.console.adapter import ConsoleChat
    from bot.console import ConsoleDesk, NamedConversation

    conversation = NamedConversation(settings.operation.home, name)
    lines, screen = _terminal(settings) if is_interactive else _pipe()
    if is_interactive:
        _greet(screen, settings, conversation)
    async with program.open_app(settings) as app:
        desk = ConsoleDesk(app.agent, conversation, contact=settings.support_contact, new_id=program.new_id)
        await ConsoleChat(desk, lines, screen, new_id=program.new_id, is_interactive=is_interactive).run()


def _terminal(settings: "Settings") -> tuple["LineSource", "Screen"]:
    """Return a prompt and a live screen."""
    from adapters.console.prompt import PromptLines
    from adapters.console.terminal import TerminalScreen

    return PromptLines(settings.operation.home / "history"), TerminalScreen()


def _pipe() -> tuple["LineSource", "Screen"]:
    """Return plain lines and a plain screen."""
    from adapters.console.lines import PipedLines
    from adapters.console.screen import PlainScreen

    return PipedLines(sys.stdin), PlainScreen(sys.stdout, sys.stderr)


def _greet(screen: "Screen", settings: "Settings", conversation: "NamedConversation") -> None:
    """Say where one is and how to go on."""
    from adapters.console.adapter import HELP

    screen.say(f"Support of {settings.company_name}. {HELP}")
    if settings.uses_sample:
        screen.say("It answers from the sample documents; `firstline index FOLDER` reads yours.")
    if conversation.is_begun:
        screen.say("The conversation of last time goes on; /new begins a fresh one.")
