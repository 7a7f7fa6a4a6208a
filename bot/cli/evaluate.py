"""`firstline eval`: measure retrieval, routing and answers on sets of questions."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.arguments import JSON_HELP, print_json
from bot.cli.program import Program
from bot.cli.start import begin, begin_ready

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
