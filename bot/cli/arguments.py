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


def check_since(ctx: click.Context, param: click.Parameter, value: str | None) -> float:  # noqa: ARG001 - click's form
    """Take a stretch of time before now or a day, and return when that begins, in seconds since 1970."""
    import re
    import time
    from datetime import datetime

    if value is None:
        return 0.0
    if stretch := re.fullmatch(r"(\d{1,5})([mhdw])", value):
        return time.time() - int(stretch[1]) * {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}[stretch[2]]
    try:
        return datetime.fromisoformat(value).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise click.BadParameter("write 30m, 24h, 7d or 4w, or a day such as 2025-01-31") from None


def print_json(value: object) -> None:
    """Print one object, on one line, in ASCII."""
    click.echo(json.dumps(value))
