"""`firstline route`: which field of support a message would go to, and who decided."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from bot.cli.arguments import JSON_HELP, check_text, print_json
from bot.cli.program import Program
from bot.cli.start import begin_ready

if TYPE_CHECKING:
    from agents.contract import ModelCall, Routed
    from bot.settings import Settings


@click.command("route")
@click.argument("text", callback=check_text)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.pass_obj
def command(program: Program, text: str, as_json: bool) -> None:
    """Show the route that a first message would take."""
    import asyncio

    settings = begin_ready(program)
    routed, calls = asyncio.run(_route(program, settings, text))
    if as_json:
        print_json(to_json(routed, calls))
    else:
        click.echo(to_text(routed))


async def _route(program: Program, settings: "Settings", text: str) -> tuple["Routed", tuple["ModelCall", ...]]:
    """Open the app and route."""
    async with program.open_app(settings) as app:
        return await app.agent.route(text)


def to_json(routed: "Routed", calls: Sequence["ModelCall"]) -> Mapping[str, object]:
    """Return the route as JSON, with what deciding it took."""
    from bot.translate import cost_of

    return {
        "domain": routed.domain,
        "title": routed.title,
        "confidence": round(routed.confidence, 4),
        "decided_by": str(routed.decided_by),
        "query": routed.query,
        "calls": [
            {"model": call.model, "seconds": round(call.seconds, 3), "error": call.error, "cost": call.cost_usd}
            for call in calls
        ],
        "cost": cost_of(calls),
    }


def to_text(routed: "Routed") -> str:
    """Return the route for people."""
    from adapters.console.plain import to_printable

    rows = {
        "domain": f"{routed.domain} ({routed.title})",
        "confidence": f"{routed.confidence:.0%}",
        "decided by": str(routed.decided_by),
        "query": routed.query,
    }
    return to_printable("\n".join(f"{name:<11}{value}" for name, value in rows.items()))
