"""Arguments and output that several subcommands share."""

import json

import click

JSON_HELP = "Print JSON."


def check_name(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:  # noqa: ARG001 - click's form
    """Take a conversation's name, also with the `console:` that its id has."""
    from bot.console import NAME, PREFIX

    if value is None:
        return None
    name = value.removeprefix(PREFIX)
    if not NAME.fullmatch(name):
        raise click.BadParameter("use up to 100 letters, digits and . _ @ -")
    return name


def check_text(ctx: click.Context, param: click.Parameter, value: str) -> str:  # noqa: ARG001 - click's form
    """Take a text that says something."""
    text = "".join(char for char in value if char.isprintable() or char in "\n\t").strip()
    if not text:
        raise click.BadParameter("it is empty")
    return text


def print_json(value: object) -> None:
    """Print one object, on one line, in ASCII."""
    click.echo(json.dumps(value))
