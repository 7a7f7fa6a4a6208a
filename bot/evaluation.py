"""How well answers hold: facts in the first citations, refusals of what the documents don't hold, follow-ups.

Measured on the agent itself, turn by turn, as a person would ask. Facts are judged on the cited passages rather than
on wording, so that the same measure fits search-only mode and any model.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import knowledge
from agents.contract import Agent, DecidedBy, Outcome, Question, Routed, Sources, TurnFailed, TurnFinished, TurnRequest
from agents.evaluation import RoutingCase, RoutingPrediction
from bot.datasets import Row, read_rows
from bot.errors import DataUnreadable
from bot.settings import Settings

SAMPLE: Final = Path(knowledge.__file__).parent / "sample" / "evaluation"
FIRST_CITATIONS: Final = 2
_ANSWERS: Final = frozenset({Outcome.ANSWERED, Outcome.QUOTED})


@dataclass(frozen=True, slots=True)
class Case:
    """One question of an evaluation. `facts` are empty where the right answer is none.

    `group` is "answerable", "offtopic", "ontopic", "dialogue" (its first turn) or "followup".
    """

    id: str
    group: str
    text: str
    domains: frozenset[str]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a case. `is_good`: facts within the first citations, or refused where that was right."""

    case: Case
    is_good: bool
    is_shown: bool
    is_routed: bool
    outcome: str


@dataclass(frozen=True, slots=True)
class GroupResult:
    """The shares of a group, in percent. `shown`: the text itself holds the facts. None where it has no meaning."""

    questions: int
    good: float
    shown: float | None
    routed: float | None
    misses: tuple[str, ...]


def holds_facts(text: str, facts: Sequence[str]) -> bool:
    """Return whether a text holds every fact; `a|b` is held by either. Case and white space don't matter."""
    held = _collapse(text)
    return all(any(_collapse(option) in held for option in fact.split("|")) for fact in facts)


def read_cases(folder: Path) -> list[list[Case]]:
    """Return conversations of one or more questions, from the folder's three files of JSON lines.

    `answerable.jsonl` is needed, `unanswerable.jsonl` and `dialogues.jsonl` may be missing. Raises DataUnreadable.
    """
    if not folder.is_dir():
        raise DataUnreadable(f"{folder}: there is no such folder")
    conversations = [[_answerable(row, "answerable")] for row in read_rows(folder / "answerable.jsonl")]
    if (path := folder / "unanswerable.jsonl").exists():
        conversations += [[_unanswerable(row)] for row in read_rows(path)]
    if (path := folder / "dialogues.jsonl").exists():
        conversations += [_dialogue(row) for row in read_rows(path)]
    return conversations


def without_models(settings: Settings) -> Settings:
    """Return the settings of search-only mode, in which an evaluation costs nothing and repeats itself."""
    none = settings.answering.model_copy(update={"routing": "local", "route_models": (), "answer_models": ()})
    return settings.model_copy(update={"answering": none})


def read_routing_cases(path: Path) -> list[RoutingCase]:
    """Return the messages of a file of JSON lines. Raises DataUnreadable."""
    return [RoutingCase(row.text("text"), row.text("domain"), frozenset(row.texts("also"))) for row in read_rows(path)]


async def route_cases(
    agent: Agent, cases: Sequence[RoutingCase], *, cpu_clock: Callable[[], float]
) -> list[RoutingPrediction]:
    """Route each message as a first one; `cpu_clock` is in seconds of this process."""
    predictions = []
    for case in cases:
        started = cpu_clock()
        routed, _ = await agent.route(case.text)
        is_local = routed.decided_by is not DecidedBy.MODEL
        predictions.append(RoutingPrediction(routed.domain, is_local, cpu_clock() - started))
    return predictions


async def evaluate(
    agent: Agent, conversations: Sequence[Sequence[Case]], *, new_id: Callable[[], str]
) -> AsyncIterator[Verdict]:
    """Ask everything, and yield a verdict for each question. Nothing stays in the agent's memory."""
    for cases in conversations:
        conversation_id = f"eval:{new_id()}"
        try:
            for case in cases:
                yield await _judge(agent, case, conversation_id, new_id())
        finally:
            await agent.forget(conversation_id)


def summarise(verdicts: Sequence[Verdict]) -> dict[str, GroupResult]:
    """Return the result of each group that has questions."""
    groups = dict.fromkeys(verdict.case.group for verdict in verdicts)
    return {group: _result([v for v in verdicts if v.case.group == group]) for group in groups}


async def _judge(agent: Agent, case: Case, conversation_id: str, turn_id: str) -> Verdict:
    """Ask one question and judge the answer."""
    request = TurnRequest(conversation_id, turn_id, (Question(f"q-{turn_id}", "evaluation", case.text),))
    route, cited, outcome, text = "", list[str](), "failed", ""
    async for event in agent.answer(request):
        match event:
            case Routed():
                route = event.domain
            case Sources():
                cited = [f"{citation.breadcrumb}\n{citation.text}" for citation in event.citations]
            case TurnFinished():
                outcome, text = event.outcome, event.text
            case TurnFailed():
                outcome = "failed"
            case _:
                pass
    is_answered = outcome in _ANSWERS
    if case.facts:
        is_good = is_answered and any(holds_facts(passage, case.facts) for passage in cited[:FIRST_CITATIONS])
    else:
        is_good = not is_answered and outcome != "failed"
    is_shown = is_answered and holds_facts(text.replace("\n>", "\n"), case.facts)
    return Verdict(case, is_good, is_shown, route in case.domains, str(outcome))


def _result(verdicts: Sequence[Verdict]) -> GroupResult:
    """Add up one group."""
    has_facts = bool(verdicts[0].case.facts)
    return GroupResult(
        questions=len(verdicts),
        good=_percent([verdict.is_good for verdict in verdicts]),
        shown=_percent([verdict.is_shown for verdict in verdicts]) if has_facts else None,
        routed=_percent([verdict.is_routed for verdict in verdicts]) if has_facts else None,
        misses=tuple(verdict.case.id for verdict in verdicts if not verdict.is_good),
    )


def _percent(values: Sequence[bool]) -> float:
    """Return the share of True, in percent."""
    return round(100 * sum(values) / len(values), 2)


def _answerable(row: Row, group: str, case_id: str | None = None) -> Case:
    """Return a question that the documents answer."""
    facts = row.texts("facts")
    if not facts or not all(option.strip() for fact in facts for option in fact.split("|")):
        raise DataUnreadable(f'{row.place}: "facts" must name at least one text that the answer holds')
    domains = frozenset({row.text("domain"), *row.texts("also")})
    return Case(case_id or row.text("id"), group, row.text("text"), domains, facts)


def _unanswerable(row: Row) -> Case:
    """Return a question that the documents don't answer."""
    kind = row.text("kind")
    if kind not in {"offtopic", "ontopic"}:
        raise DataUnreadable(f'{row.place}: "kind" must be offtopic or ontopic')
    return Case(row.text("id"), kind, row.text("text"), frozenset({row.text("domain")}), ())


def _dialogue(row: Row) -> list[Case]:
    """Return the questions of one conversation."""
    turns = enumerate(row.rows("turns"), 1)
    return [
        _answerable(turn, "dialogue" if number == 1 else "followup", f"{row.text('id')}/{number}")
        for number, turn in turns
    ]


def _collapse(text: str) -> str:
    """Return text without differences of case and white space."""
    return " ".join(text.split()).casefold()
