"""search, route and eval: what they print for people and for programs."""

import json
from pathlib import Path

import pytest

from tests.bot.cli.conftest import Command


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "work" / "home"


def test_search_prints_passages_with_their_place(firstline: Command, home: Path) -> None:
    ended = firstline(home, "search", "refunds paid days")
    assert ended.returncode == 0
    assert ended.stdout == (
        "1. refunds.md > When [billing]\n"
        "   https://docs.example/refunds.md#when\n"
        "   Refunds of Brightquay are paid within 5-10 business days.\n"
    )


def test_search_prints_one_json_object(firstline: Command, home: Path) -> None:
    found = json.loads(firstline(home, "search", "refunds", "--domain", "billing", "--json").stdout)
    assert (found["query"], found["covered"], found["snapshot"]) == ("refunds", True, "memory")
    assert [(hit["rank"], hit["document"], hit["domain"]) for hit in found["hits"]] == [
        (1, "billing/refunds.md", "billing")
    ]


def test_search_without_hits_says_so(firstline: Command, home: Path) -> None:
    assert firstline(home, "search", "weather").stdout == "Nothing was found.\n"


def test_a_domain_that_is_not_there_is_a_usage_error_that_names_those_that_are(firstline: Command, home: Path) -> None:
    ended = firstline(home, "search", "refunds", "--domain", "sales")
    assert ended.returncode == 2
    assert "use one of technical, billing, compliance, general" in ended.stderr


def test_route_prints_who_decided(firstline: Command, home: Path) -> None:
    ended = firstline(home, "route", "refunds?", "--json")
    assert json.loads(ended.stdout) == {
        "domain": "billing",
        "title": "Billing",
        "confidence": 0.93,
        "decided_by": "local",
        "query": "refunds?",
        "calls": [],
        "cost": 0.0,
    }


def test_eval_routing_prints_shares_in_percent(firstline: Command, home: Path, tmp_path: Path) -> None:
    rows = [{"text": "refund?", "domain": "billing"}, {"text": "price?", "domain": "general", "also": ["billing"]}]
    rows += [{"text": "weather?", "domain": "offtopic"}, {"text": "invoice?", "domain": "billing"}]
    data = tmp_path / "rows.jsonl"
    data.write_text("\n".join(json.dumps(row) for row in rows))
    ended = firstline(home, "eval", "routing", "--data", str(data), "--json")
    measured = json.loads(ended.stdout)
    assert (measured["accuracy"], measured["accuracy_lenient"], measured["decided_locally"]) == (50.0, 75.0, 100.0)
    assert measured["cpu_ms_per_message"] >= 0
    assert measured["confusion"] == {"billing": {"billing": 2}, "general": {"billing": 1}, "offtopic": {"billing": 1}}
    shown = firstline(home, "eval", "routing", "--data", str(data)).stdout
    assert "accuracy" in shown
    assert "right / chosen" in shown


def test_eval_answers_prints_each_group(firstline: Command, home: Path, tmp_path: Path) -> None:
    row = {"id": "a1", "text": "refunds?", "domain": "billing", "facts": ["5-10 business days"]}
    (tmp_path / "answerable.jsonl").write_text(json.dumps(row))
    off = {"id": "u1", "text": "weather?", "kind": "offtopic", "domain": "offtopic"}
    (tmp_path / "unanswerable.jsonl").write_text(json.dumps(off))
    ended = firstline(home, "eval", "answers", "--data", str(tmp_path), "--json")
    measured = json.loads(ended.stdout)
    assert (measured["answerable"]["questions"], measured["offtopic"]["good"]) == (1, 0.0)
    assert measured["offtopic"]["misses"] == ["u1"]
    shown = firstline(home, "eval", "answers", "--data", str(tmp_path)).stdout
    assert "off-topic, refused" in shown
    assert "missed in offtopic: u1" in shown


def test_eval_of_a_file_that_is_not_there_is_one_line(firstline: Command, home: Path) -> None:
    ended = firstline(home, "eval", "routing", "--data", "nowhere.jsonl")
    assert (ended.returncode, ended.stderr) == (1, "firstline: nowhere.jsonl: there is no such file\n")
