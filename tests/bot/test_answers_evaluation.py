"""The measure of answers, on an agent that says what it was told."""

import json
from pathlib import Path

import pytest

from agents.contract import Citation, DecidedBy, Outcome, Routed, Sources, TurnFinished
from bot.errors import DataUnreadable
from bot.evaluation import Case, evaluate, holds_facts, read_cases, summarise
from tests.fakes.agent import Script, ScriptedAgent

PASSAGES = {"p1": "Refunds > When\nPaid within 5-10 business\n  days.", "p2": "Plans\nTeam costs $29.", "p3": "Other"}


def answer(*passages: str, outcome: Outcome = Outcome.QUOTED, domain: str = "billing", text: str = "") -> Script:
    citations = tuple(Citation(n, p, "", "link", "doc", p, PASSAGES[p]) for n, p in enumerate(passages, 1))
    routed = Routed(domain, domain.title(), 0.9, DecidedBy.LOCAL, "q")
    return (routed, Sources(citations), TurnFinished(outcome, text, "search-only", 0.1))


def case(group: str, *facts: str, case_id: str = "c1") -> Case:
    return Case(case_id, group, "When?", frozenset({"billing"}), facts)


async def judge(script: Script, asked: Case) -> tuple[bool, bool, bool]:
    verdicts = [v async for v in evaluate(ScriptedAgent(script), [[asked]], new_id=lambda: "x")]
    return verdicts[0].is_good, verdicts[0].is_shown, verdicts[0].is_routed


@pytest.mark.parametrize(
    ("text", "facts", "holds"),
    [
        ("Paid within 5-10  Business\ndays", ["5-10 business days"], True),
        ("five to ten business days", ["5-10 business days|five to ten business days"], True),
        ("5-10 business days", ["5-10 business days", "original method"], False),
        ("", [], True),
    ],
)
def test_facts_are_found_whatever_the_case_and_white_space(text: str, facts: list[str], holds: bool) -> None:
    assert holds_facts(text, facts) is holds


async def test_an_answer_is_good_if_one_of_its_first_two_citations_holds_all_facts() -> None:
    asked = case("answerable", "5-10 business days")
    assert (await judge(answer("p3", "p1"), asked))[0]
    assert not (await judge(answer("p3", "p2", "p1"), asked))[0]
    assert not (await judge(answer("p1", "p2"), case("answerable", "5-10 business days", "$29")))[0]
    assert not (await judge(answer("p1", outcome=Outcome.ABSTAINED), asked))[0]


async def test_what_the_documents_do_not_hold_is_good_if_refused() -> None:
    assert (await judge(answer(outcome=Outcome.ABSTAINED), case("offtopic")))[0]
    assert not (await judge(answer("p1"), case("offtopic")))[0]


async def test_facts_in_the_quoted_text_are_counted_apart() -> None:
    asked = case("answerable", "5-10 business days")
    assert (await judge(answer("p1", text="> Paid within 5-10\n> business days."), asked))[1]
    assert not (await judge(answer("p1", text="See the page."), asked))[1]


async def test_a_dialogue_is_one_conversation_and_is_forgotten() -> None:
    agent = ScriptedAgent(answer("p1"), answer("p2", domain="general"))
    turns = [case("dialogue", "5-10", case_id="d1/1"), case("followup", "5-10", case_id="d1/2")]
    verdicts = [v async for v in evaluate(agent, [turns], new_id=iter("abc").__next__)]
    assert [request.conversation_id for request in agent.requests] == ["eval:a", "eval:a"]
    assert agent.forgotten == ["eval:a"]
    results = summarise(verdicts)
    assert (results["dialogue"].good, results["dialogue"].routed) == (100.0, 100.0)
    assert (results["followup"].good, results["followup"].routed, results["followup"].misses) == (0.0, 0.0, ("d1/2",))


def test_cases_are_read_from_three_files_of_which_one_is_needed(tmp_path: Path) -> None:
    row = {"id": "a1", "text": "When?", "domain": "billing", "also": ["general"], "facts": ["5-10"]}
    (tmp_path / "answerable.jsonl").write_text(json.dumps(row) + "\n\n")
    assert read_cases(tmp_path) == [[Case("a1", "answerable", "When?", frozenset({"billing", "general"}), ("5-10",))]]
    (tmp_path / "unanswerable.jsonl").write_text('{"id": "u1", "text": "?", "kind": "offtopic", "domain": "offtopic"}')
    (tmp_path / "dialogues.jsonl").write_text(json.dumps({"id": "d1", "turns": [row, row]}))
    assert [[c.group for c in cases] for cases in read_cases(tmp_path)] == [
        ["answerable"],
        ["offtopic"],
        ["dialogue", "followup"],
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", r"answerable.jsonl:1: is not JSON"),
        ("[1]", r":1: must be a JSON object"),
        ("\n\n", r"holds no rows"),
        ('{"id": "a", "domain": "b", "facts": ["x"]}', r':1: "text" must be a text'),
        ('{"id": "a", "text": "t", "domain": "b"}', r':1: "facts" must name'),
        ('{"id": "a", "text": "t", "domain": "b", "facts": "x"}', r':1: "facts" must be a list'),
        ('{"id": "a", "text": "t", "domain": "b", "facts": ["x|"]}', r':1: "facts" must name'),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "answerable.jsonl").write_text(content)
    with pytest.raises(DataUnreadable, match=says):
        read_cases(tmp_path)


def test_missing_data_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataUnreadable, match="no such folder"):
        read_cases(tmp_path / "nothing")
    with pytest.raises(DataUnreadable, match=r"answerable\.jsonl: there is no such file"):
        read_cases(tmp_path)
