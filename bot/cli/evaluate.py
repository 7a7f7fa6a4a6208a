"""`firstline eval`: measure retrieval, routing and answers on sets of questions."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.arguments import JSON_HELP, print_json
from bot.cli.program import Program
from bot.cli.start import begin, begin_ready

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agents.evaluation import RoutingCase, RoutingResult
    from bot.evaluation import Case, GroupResult, Verdict
    from bot.settings import Settings

_ROWS = {
    "answerable": "facts in the first two citations",
    "dialogue": "the same, first turns of dialogues",
    "followup": "the same, follow-ups",
    "offtopic": "off-topic, refused",
    "ontopic": "on-topic but not in the documents, refused",
}


@click.group("eval")
def command() -> None:
    """Measure how well Firstline works on your own questions."""


@command.command("retrieval")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Holds corpus.jsonl, queries.jsonl and qrels.tsv.",
)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def retrieval(data: Path, as_json: bool) -> None:
    """Measure the search on a set of its own, in the form of the BEIR benchmark, in percent."""
    from bot.indexing import open_embedder
    from knowledge.evaluation import evaluate_folder

    settings = begin()
    report = evaluate_folder(data, open_embedder(settings))
    measured = {
        "ndcg@10": round(100 * report.ndcg_at_10, 2),
        "recall@5": round(100 * report.recall_at_5, 2),
        "mrr@10": round(100 * report.mrr_at_10, 2),
        "cpu_ms_per_query": round(report.cpu_ms_per_query, 2),
        "queries": report.queries,
        "documents": report.documents,
    }
    if as_json:
        print_json(measured)
        return
    click.echo("\n".join(f"{name:<18}{value:>8}" for name, value in measured.items()))
    for miss in report.misses:
        click.echo(f"  {miss.query}: {miss.rank or 'not found'}, {miss.text[:90]}")


@command.command("routing")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help='JSON lines with "text", "domain", and perhaps "also": a list of other domains that would do.',
)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.pass_obj
def routing(program: Program, data: Path, as_json: bool) -> None:
    """Measure the routing of first messages, in percent.

    Domains are those of domains.toml, human and offtopic. With FIRSTLINE_ROUTING=local no model is asked.
    """
    import asyncio

    from bot.evaluation import read_routing_cases

    cases = read_routing_cases(data)
    settings = begin_ready(program)
    result = asyncio.run(_route_all(program, settings, cases))
    measured = {
        "accuracy": round(100 * result.strict_accuracy, 2),
        "accuracy_lenient": round(100 * result.lenient_accuracy, 2),
        "decided_locally": round(100 * result.local_share, 2),
        "cpu_ms_per_message": round(result.cpu_milliseconds, 2),
        "messages": result.cases,
    }
    if as_json:
        print_json({**measured, "confusion": result.confusion})
        return
    click.echo("\n".join(f"{name:<20}{value:>8}" for name, value in measured.items()))
    click.echo(_confusion_text(result.confusion))


@command.command("answers")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Holds answerable.jsonl, and perhaps unanswerable.jsonl and dialogues.jsonl. By default the sample's.",
)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.pass_obj
def answers(program: Program, data: Path | None, as_json: bool) -> None:
    """Measure answers in search-only mode, in percent: no model is asked.

    An answer is good if one of its first two citations holds all facts, and where the documents hold no answer, if
    it says so.
    """
    import asyncio

    from bot.evaluation import SAMPLE, read_cases, summarise, without_models

    settings = begin_ready(program)
    if data is None and not settings.uses_sample:
        raise click.UsageError("the sample's questions fit the sample's documents only: name yours with --data")
    cases = read_cases(data or SAMPLE)
    verdicts = asyncio.run(_answer_all(program, without_models(settings), cases))
    results = summarise(verdicts)
    if as_json:
        print_json({group: asdict(result) for group, result in results.items()})
    else:
        click.echo(_answers_text(results))


async def _answer_all(
    program: Program, settings: "Settings", conversations: "Sequence[Sequence[Case]]"
) -> "list[Verdict]":
    """Ask all questions of a fresh app."""
    from bot.evaluation import evaluate

    async with program.open_app(settings) as app:
        return [verdict async for verdict in evaluate(app.agent, conversations, new_id=program.new_id)]


def _answers_text(results: "Mapping[str, GroupResult]") -> str:
    """Return the results as a table, with the questions that went wrong."""
    lines = [f"{'':<44}{'questions':>10}{'good':>8}{'shown':>8}{'routed':>8}"]
    for group, result in results.items():
        shown, routed = ("" if share is None else f"{share:.1f}" for share in (result.shown, result.routed))
        lines.append(f"{_ROWS[group]:<44}{result.questions:>10}{result.good:>8.1f}{shown:>8}{routed:>8}")
    lines += [f"missed in {group}: {', '.join(result.misses)}" for group, result in results.items() if result.misses]
    return "\n".join(lines)


async def _route_all(program: Program, settings: "Settings", cases: "Sequence[RoutingCase]") -> "RoutingResult":
    """Route all messages. The first one is routed twice: what it loads is no part of a message's cost."""
    from agents.evaluation import measure_routing
    from bot.evaluation import route_cases

    async with program.open_app(settings) as app:
        await app.agent.route(cases[0].text)
        return measure_routing(cases, await route_cases(app.agent, cases, cpu_clock=time.process_time))


def _confusion_text(confusion: "Mapping[str, Mapping[str, int]]") -> str:
    """Return what was routed where: a row for each domain that was right, a column for each that was chosen."""
    chosen = sorted({name for row in confusion.values() for name in row})
    lines = ["", f"{'right / chosen':<16}" + "".join(f"{name[:14]:>15}" for name in chosen)]
    lines += [
        f"{name[:15]:<16}" + "".join(f"{row.get(c, 0) or '':>15}" for c in chosen) for name, row in confusion.items()
    ]
    return "\n".join(lines)
