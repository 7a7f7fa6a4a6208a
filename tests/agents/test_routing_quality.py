"""The shipped examples teach the classifier to route messages that it has never seen.

The messages of `routing_heldout.jsonl` were written apart from the examples, about no company in particular, and must
never be copied there.
"""

import json
import time
from pathlib import Path

import pytest

from agents.domains import OFFTOPIC, read_domains
from agents.evaluation import RoutingCase, RoutingPrediction, RoutingResult, measure_routing, routed_to
from knowledge.classifier import fit
from knowledge.embedders.minilm import build_minilm

# A thousand examples are embedded, once, on a machine that may be busy.
pytestmark = [pytest.mark.timeout(240), pytest.mark.long]

HELD_OUT = Path(__file__).with_name("routing_heldout.jsonl")


def read_cases() -> list[RoutingCase]:
    rows = [json.loads(line) for line in HELD_OUT.read_text(encoding="utf-8").splitlines()]
    return [RoutingCase(row["text"], routed_to(row["domain"])) for row in rows]


@pytest.fixture(scope="module")
def result() -> RoutingResult:
    embedder = build_minilm()
    examples = read_domains().examples()
    classifier = fit(examples, embedder.embed([example.text for example in examples]))
    predictions = []
    for case in read_cases():
        started = time.process_time()
        found = classifier.classify(case.text, embedder.embed([case.text])[0])
        predictions.append(RoutingPrediction(found.label, found.is_clear, time.process_time() - started))
    return measure_routing(read_cases(), predictions)


def test_nine_in_ten_unseen_messages_are_routed_right(result: RoutingResult) -> None:
    assert result.strict_accuracy >= 0.92


def test_clear_messages_are_right_and_many(result: RoutingResult) -> None:
    assert result.local_accuracy is not None
    assert result.local_accuracy >= 0.97
    assert result.local_share >= 0.5


def test_questions_for_the_company_are_seldom_taken_for_something_else(result: RoutingResult) -> None:
    inside = {domain: row for domain, row in result.confusion.items() if domain != OFFTOPIC}
    refused = sum(row.get(OFFTOPIC, 0) for row in inside.values())
    assert refused <= 0.05 * result.cases


def test_other_subjects_are_told_apart(result: RoutingResult) -> None:
    row = result.confusion[OFFTOPIC]
    assert row[OFFTOPIC] >= 0.9 * sum(row.values())


def test_the_held_out_messages_are_no_examples() -> None:
    known = {" ".join(example.text.casefold().split()) for example in read_domains().examples()}
    assert not [case.text for case in read_cases() if " ".join(case.text.casefold().split()) in known]
