import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.coverage import Evidence, Thresholds, calibrate, is_covered

_SHARE = st.floats(0, 1)
_EVIDENCE = st.builds(Evidence, _SHARE, _SHARE)


def evidence(*strengths: float) -> list[Evidence]:
    return [Evidence(strength, 0.0) for strength in strengths]


OFFTOPIC = evidence(*(number / 200 for number in range(40)))
ANSWERABLE = evidence(*(0.5 + number / 200 for number in range(40)))


def test_most_of_what_is_off_topic_is_rejected_and_nothing_else() -> None:
    thresholds = calibrate(OFFTOPIC, ANSWERABLE)
    assert sum(is_covered(found, thresholds) for found in OFFTOPIC) <= 0.1 * len(OFFTOPIC)
    assert all(is_covered(found, thresholds) for found in ANSWERABLE)


def test_where_both_overlap_the_answerable_ones_win() -> None:
    thresholds = calibrate(evidence(*[0.6] * 40), ANSWERABLE)
    assert sum(not is_covered(found, thresholds) for found in ANSWERABLE) <= 2


def test_a_few_examples_change_nothing() -> None:
    assert calibrate(OFFTOPIC[:5], ANSWERABLE) == Thresholds()
    assert calibrate([], []) == Thresholds()


def test_without_vectors_the_words_decide() -> None:
    thresholds = Thresholds(strength=0.9, words_alone=0.5)
    assert is_covered(Evidence(None, 0.6), thresholds)
    assert not is_covered(Evidence(None, 0.4), thresholds)


def test_words_alone_are_calibrated_too() -> None:
    offtopic = [Evidence(None, number / 100) for number in range(40)]
    thresholds = calibrate(offtopic, [])
    assert thresholds.words_alone == pytest.approx(0.2, abs=0.02)
    assert thresholds.strength == Thresholds().strength


@given(_EVIDENCE, _SHARE, _SHARE)
def test_more_evidence_is_never_covered_less(found: Evidence, cosine: float, words: float) -> None:
    assert found.cosine is not None
    more = Evidence(max(found.cosine, cosine), max(found.words, words))
    assert is_covered(more, Thresholds()) >= is_covered(found, Thresholds())
