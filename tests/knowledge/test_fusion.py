from hypothesis import given
from hypothesis import strategies as st

from knowledge.fusion import boost, fuse

_KEYS = st.sampled_from("abcdefgh")
_ARM = st.dictionaries(_KEYS, st.floats(-50, 50))


@given(_ARM, _ARM)
def test_scores_of_either_arm_lie_between_0_and_1(words: dict[str, float], vectors: dict[str, float]) -> None:
    scores = fuse(words, vectors)
    assert scores.keys() == words.keys() | vectors.keys()
    assert all(-1e-9 <= score <= 1 + 1e-9 for score in scores.values())


@given(_ARM, _ARM)
def test_what_is_better_in_both_arms_is_not_worse_in_the_end(
    words: dict[str, float], vectors: dict[str, float]
) -> None:
    scores = fuse(words, vectors)
    shared = words.keys() & vectors.keys()
    for one in shared:
        for other in shared:
            if words[one] >= words[other] and vectors[one] >= vectors[other]:
                assert scores[one] >= scores[other] - 1e-9


@given(_ARM, st.floats(0.1, 10), st.floats(-5, 5))
def test_the_scale_of_an_arm_means_nothing(words: dict[str, float], factor: float, shift: float) -> None:
    vectors = {"a": 0.9, "b": 0.5, "c": 0.1}
    rounded = {key: round(value, 3) for key, value in words.items()}
    moved = {key: value * factor + shift for key, value in rounded.items()}
    plain, scaled = fuse(rounded, vectors), fuse(moved, vectors)
    assert all(abs(plain[key] - scaled[key]) < 1e-6 for key in plain)


def test_a_single_hit_of_an_arm_counts_in_full() -> None:
    assert fuse({"a": 3.2}, {}, words_weight=0.6) == {"a": 0.6}
    assert fuse({"a": 3.2}, {"a": 0.4}, words_weight=0.6) == {"a": 1.0}


def test_no_hits_are_no_scores() -> None:
    assert fuse({}, {}) == {}


@given(_ARM, st.sets(_KEYS))
def test_a_boost_keeps_the_order_within_and_outside_of_the_favoured(
    words: dict[str, float], favoured: set[str]
) -> None:
    scores = fuse(words, {})
    lifted = boost(scores, favoured)
    assert lifted.keys() == scores.keys()
    assert all(-1e-9 <= score <= 1 + 1e-9 for score in lifted.values())
    for one in scores:
        for other in scores:
            if scores[one] >= scores[other] and (one in favoured or other not in favoured):
                assert lifted[one] >= lifted[other] - 1e-9
