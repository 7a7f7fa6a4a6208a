"""`firstline forget`: erase a person or a conversation."""

from typing import TYPE_CHECKING

import click

from bot.cli.arguments import JSON_HELP, print_json
from bot.cli.start import begin

if TYPE_CHECKING:
    from pathlib import Path

    from bot.erasing import Erased


@click.command("forget")
@click.option("--person", metavar="ID", help="The person's id on their platform, such as U012AB3CD.")
@click.option("--conversation", metavar="ID", help="The conversation's id, as `firstline export` prints it.")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def command(person: str | None, conversation: str | None, as_json: bool) -> None:
    """Erase a person or a conversation: questions, who took part, feedback, and what models are told of it.

    Of conversations that others share, the person's part and the whole history go. It can't be undone.
    """
    import asyncio
    from dataclasses import asdict

    if (person is None) == (conversation is None):
        raise click.UsageError("name one of --person ID and --conversation ID")
    erased = asyncio.run(_forget(begin().operation.home, person, conversation))
    if as_json:
        print_json(asdict(erased))
    else:
        click.echo(to_text(erased))


def to_text(erased: "Erased") -> str:
    """Return what was erased, for people."""
    counts = {
        "whole conversations": erased.conversations,
        "parts of shared conversations": erased.shared,
        "ratings of answers": erased.feedback,
        "histories of models": erased.histories,
    }
    found = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    return f"Erased: {found}." if found else "Nothing was found, so nothing was erased."


async def _forget(home: "Path", person: str | None, conversation: str | None) -> "Erased":
    from bot.erasing import erase_conversation, erase_person
    from bot.home import CHECKPOINTS, DATABASE
    from bot.store.engine import open_store, url_of

    async with open_store(url_of(home / DATABASE)) as store:
        if person is not None:
            return await erase_person(store, home / CHECKPOINTS, person)
        assert conversation is not None
        return await erase_conversation(store, home / CHECKPOINTS, conversation)
