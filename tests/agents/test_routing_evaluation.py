"""The figures of routing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.evaluation import RoutingCase, RoutingPrediction, measure_routing, routed_to

LABELS = ["technical", "billing", "human", "offtopic", "smalltalk.thanks"]


def predicted(*labels: str, local: bool = True) -> list[RoutingPrediction]:
    return [RoutingPrediction(label, local, 0.004) for label in labels]


def test_strict_counts_the_domain_alone_and_lenient_the_others_that_would_do() -> None:
    cases = [
        RoutingCase("a", "billing"),
        RoutingCase("b", "billing", frozenset({"compliance"})),
        RoutingCase("c", "technical", frozenset({"general"})),
        RoutingCase("d", "offtopic"),
    ]
    result = measure_routing(cases, predicted("billing", "compliance", "billing", "offtopic"))
    assert (result.strict_accuracy, result.lenient_accuracy) == (0.5, 0.75)


def test_small_talk_counts_as_general() -> None:
    assert routed_to("smalltalk.greeting") == "general"
    assert measure_routing([RoutingCase("hi", "general")], predicted("smalltalk.greeting")).strict_accuracy == 1.0


def test_a_wish_for_a_person_counts_as_itself() -> None:
    result = measure_routing([RoutingCase("agent", "human"), RoutingCase("b", "general")], predicted("human", "human"))
    assert result.strict_accuracy == 0.5


def test_confusion_counts_what_each_domain_was_taken_for() -> None:
    cases = [RoutingCase("a", "billing"), RoutingCase("b", "billing"), RoutingCase("c", "technical")]
    result = measure_routing(cases, predicted("billing", "technical", "technical"))
    assert result.confusion == {"billing": {"billing": 1, "technical": 1}, "technical": {"technical": 1}}


def test_what_was_decided_locally_is_measured_apart() -> None:
    cases = [RoutingCase("a", "billing"), RoutingCase("b", "technical"), RoutingCase("c", "technical")]
    predictions = [*predicted("billing", "billing"), *predicted("technical", local=False)]
    result = measure_routing(cases, predictions)
    assert result.local_share == pytest.approx(2 / 3)
    assert result.local_accuracy == 0.5
    assert result.cpu_milliseconds == pytest.approx(4.0)


def test_nothing_decided_locally_has_no_accuracy() -> None:
    result = measure_routing([RoutingCase("a", "billing")], predicted("billing", local=False))
    assert result.local_accuracy is None


def test_a_missing_prediction_is_refused() -> None:
    with pytest.raises(ValueError, match="1 predictions for 2 cases"):
        measure_routing([RoutingCase("a", "billing"), RoutingCase("b", "billing")], predicted("billing"))


@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1))
def test_lenient_is_never_below_strict_and_every_case_is_counted_once(pairs: list[tuple[str, str]]) -> None:
    cases = [RoutingCase("x", routed_to(expected), frozenset({"billing"})) for expected, _ in pairs]
    result = measure_routing(cases, predicted(*(label for _, label in pairs)))
    assert result.strict_accuracy <= result.lenient_accuracy
    assert sum(sum(row.values()) for row in result.confusion.values()) == len(cases)
