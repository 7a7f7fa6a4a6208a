import pytest

from agents.errors import (
    AccessRefused,
    BadModelOutput,
    ModelError,
    ModelTooSlow,
    ModelUnavailable,
    PromptNotAnswered,
    RateLimited,
)
from agents.models.circuit import Circuit, Permit
from agents.models.settings import CircuitLimits


class Bench:
    """A circuit with its clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.circuit = Circuit(lambda: self.now, CircuitLimits(failures=2, pause_seconds=30, max_pause_seconds=300))

    def call(self, error: ModelError | None = None) -> bool:
        permit = self.circuit.admit()
        if permit is None:
            return False
        if error is None:
            self.circuit.succeed(permit)
        else:
            self.circuit.fail(permit, error)
        return True


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("error", [ModelUnavailable(), ModelTooSlow(), BadModelOutput()])
def test_two_failures_in_a_row_open_it(bench: Bench, error: ModelError) -> None:
    assert [bench.call(error), bench.call(error), bench.call()] == [True, True, False]


def test_failures_that_are_not_in_a_row_leave_it_closed(bench: Bench) -> None:
    for _ in range(5):
        assert bench.call(ModelUnavailable())
        assert bench.call()


def test_one_refusal_opens_it(bench: Bench) -> None:
    assert [bench.call(AccessRefused()), bench.call()] == [True, False]


def test_a_prompt_that_is_not_answered_does_not_speak_against_the_model(bench: Bench) -> None:
    for _ in range(5):
        assert bench.call(PromptNotAnswered())


def test_after_the_pause_one_trial_is_let_through_and_closes_it_by_success(bench: Bench) -> None:
    bench.call(AccessRefused())
    bench.now = 29.9
    assert bench.circuit.admit() is None
    bench.now = 30
    trial = bench.circuit.admit()
    assert trial is Permit.TRIAL
    assert bench.circuit.admit() is None
    bench.circuit.succeed(trial)
    assert bench.circuit.admit() is Permit.REGULAR


def test_failed_trials_double_the_pause_up_to_its_limit_and_success_resets_it(bench: Bench) -> None:
    bench.call(AccessRefused())
    pauses = []
    for _ in range(6):
        opened = bench.now
        while not bench.call(ModelUnavailable()):
            bench.now += 10
        pauses.append(bench.now - opened)
    assert pauses == [30, 60, 120, 240, 300, 300]
    bench.now += 300
    assert bench.call()
    assert [bench.call(AccessRefused()), bench.call()] == [True, False]
    bench.now += 30
    assert bench.call()


def test_a_trial_that_was_given_up_leaves_the_next_call_to_be_the_trial(bench: Bench) -> None:
    bench.call(AccessRefused())
    bench.now = 30
    trial = bench.circuit.admit()
    assert trial is Permit.TRIAL
    bench.circuit.abandon(trial)
    assert bench.circuit.admit() is Permit.TRIAL


def test_a_trial_whose_prompt_is_not_answered_closes_it(bench: Bench) -> None:
    bench.call(AccessRefused())
    bench.now = 30
    assert bench.call(PromptNotAnswered())
    assert bench.circuit.admit() is Permit.REGULAR


def test_calls_that_fail_together_are_one_incident(bench: Bench) -> None:
    permits = [bench.circuit.admit() for _ in range(20)]
    for permit in permits:
        assert permit is not None
        bench.circuit.fail(permit, ModelUnavailable())
    bench.now = 30
    assert bench.circuit.admit() is Permit.TRIAL


def test_a_late_success_of_a_call_from_before_does_not_close_it(bench: Bench) -> None:
    earlier = bench.circuit.admit()
    assert earlier is not None
    bench.call(AccessRefused())
    bench.circuit.succeed(earlier)
    assert bench.circuit.is_open


@pytest.mark.parametrize(("retry_after", "pause"), [(2.0, 2), (None, 30), (86_400.0, 300)])
def test_rate_limited_pauses_for_as_long_as_the_provider_asks_within_a_limit(
    bench: Bench, retry_after: float | None, pause: float
) -> None:
    bench.call(RateLimited(retry_after))
    bench.now = pause - 0.1
    assert not bench.call()
    bench.now = pause
    assert bench.call()


def test_the_longest_of_several_rate_limits_holds(bench: Bench) -> None:
    first, second = bench.circuit.admit(), bench.circuit.admit()
    assert first is not None
    assert second is not None
    bench.circuit.fail(first, RateLimited(20))
    bench.circuit.fail(second, RateLimited(5))
    bench.now = 19
    assert bench.circuit.admit() is None
