"""`firstline search`: what the documents hold on a query, without any model."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from bot.cli.arguments import JSON_HELP, check_text, print_json
from bot.cli.program import Program
from bot.cli.start import begin_ready

if TYPE_CHECKING:
    from bot.settings import Settings
    from knowledge.contract import Hit, SearchResult

_SHOWN_CHARS = 300


@click.command("search")
@click.argument("query", callback=check_text)
@click.option("--domain", metavar="D", help="Lift the passages of this domain; the others stay in.")
@click.option("--limit", type=click.IntRange(1, 100), default=6, show_default=True, help="How many passages at most.")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.pass_obj
def command(program: Program, query: str, domain: str | None, limit: int, as_json: bool) -> None:
    """Search the documents, best passage first."""
    import asyncio

    settings = begin_ready(program)
    if domain is not None:
        _check_domain(settings, domain)
    result = asyncio.run(_search(program, settings, query, domain, limit))
    if as_json:
        print_json(to_json(query, result))
    else:
        click.echo(to_text(result))


async def _search(program: Program, settings: "Settings", query: str, domain: str | None, limit: int) -> "SearchResult":
    """Open the app and search."""
    async with program.open_app(settings) as app:
        return await app.knowledge.search(query, domain=domain, limit=limit)


def _check_domain(settings: "Settings", domain: str) -> None:
    """Refuse a domain that isn't there: it would lift nothing, silently."""
    from agents.domains import read_domains

    names = read_domains(settings.documents.domains).names
    if domain not in names:
        raise click.BadParameter(f"there is no domain {domain!r}: use one of {', '.join(names)}", param_hint="--domain")


def to_json(query: str, result: "SearchResult") -> Mapping[str, object]:
    """Return the result as JSON; `score` orders these hits and means nothing beyond them."""
    hits = [
        {
            "rank": rank,
            "document": hit.passage.document,
            "domain": hit.passage.domain,
            "title": hit.passage.title,
            "breadcrumb": hit.passage.breadcrumb,
            "link": hit.passage.link,
            "score": round(hit.score, 4),
            "similarity": None if hit.similarity is None else round(hit.similarity, 4),
            "text": hit.passage.text,
        }
        for rank, hit in enumerate(result.hits, 1)
    ]
    return {"query": query, "covered": result.is_covered, "snapshot": result.snapshot, "hits": hits}


def to_text(result: "SearchResult") -> str:
    """Return the result for people."""
    if not result.hits:
        return "Nothing was found."
    parts = [_hit_text(rank, hit) for rank, hit in enumerate(result.hits, 1)]
    if not result.is_covered:
        parts.insert(0, "The documents probably don't answer this; the nearest passages are:")
    return "\n\n".join(parts)


def _hit_text(rank: int, hit: "Hit") -> str:
    """Return one hit: where it stands, and how its text begins."""
    from adapters.console.plain import to_printable

    passage = hit.passage
    text = " ".join(passage.text.split())
    shown = text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS].rsplit(' ', 1)[0]} ..."
    return to_printable(f"{rank}. {passage.breadcrumb} [{passage.domain}]\n   {passage.link}\n   {shown}")
