from adapters.budget import EditBudget
from adapters.contract import Address, Allowance
from adapters.errors import RateLimited
from adapters.limits import Action, Scope, build_discord_limits, build_slack_limits

HERE = Address("slack", "team", "channel")
ELSEWHERE = Address("slack", "team", "other")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def spend_all(budget: EditBudget, action: Action, address: Address = HERE) -> int:
    calls = 0
    while budget.may_call(action, address):
        budget.spend(action, address)
        budget.succeed(action, address)
        calls += 1
    return calls


def test_slack_starts_with_its_burst_and_refills_at_the_documented_rate() -> None:
    clock = Clock()
    budget = EditBudget(build_slack_limits(), clock)
    assert spend_all(budget, Action.EDIT) == 10
    clock.now += 60
    assert spend_all(budget, Action.EDIT) == 10
    clock.now += 2.5
    assert spend_all(budget, Action.EDIT) == 2


def test_a_bucket_refills_from_when_its_first_call_may_have_arrived() -> None:
    """The platform's bucket was full until then: who counts from the sending is refused at the bucket's end."""
    clock = Clock()
    budget = EditBudget(build_slack_limits(), clock)
    budget.spend(Action.EDIT, HERE)
    clock.now += 1.2
    budget.succeed(Action.EDIT, HERE)
    assert spend_all(budget, Action.EDIT) == 9
    clock.now += 1.3
    assert spend_all(budget, Action.EDIT) == 1


def test_a_call_that_is_never_answered_holds_its_bucket_for_half_a_minute_only() -> None:
    clock = Clock()
    budget = EditBudget(build_slack_limits(), clock)
    budget.spend(Action.EDIT, HERE)
    clock.now += 31.3
    assert spend_all(budget, Action.EDIT) == 10


def test_edits_are_shared_by_the_workspace_and_posts_by_the_channel_too() -> None:
    budget = EditBudget(build_slack_limits(), Clock())
    spend_all(budget, Action.EDIT)
    assert not budget.may_call(Action.EDIT, ELSEWHERE)
    assert spend_all(budget, Action.POST) == 5
    assert budget.may_call(Action.POST, ELSEWHERE)


def test_a_window_never_lets_more_than_its_calls_into_any_stretch_of_its_length() -> None:
    clock = Clock()
    budget = EditBudget(build_discord_limits(), clock)
    made: list[float] = []
    for _ in range(600):
        if budget.may_call(Action.EDIT, HERE):
            budget.spend(Action.EDIT, HERE)
            budget.succeed(Action.EDIT, HERE)
            made.append(clock.now)
        clock.now += 0.1
    assert len(made) >= 55
    assert all(later - earlier >= 5 for earlier, later in zip(made, made[5:], strict=False))


def test_a_channel_of_discord_does_not_wait_for_another() -> None:
    budget = EditBudget(build_discord_limits(), Clock())
    assert spend_all(budget, Action.EDIT) == 5
    assert spend_all(budget, Action.EDIT, ELSEWHERE) == 5


def test_the_window_that_a_response_names_is_believed() -> None:
    clock = Clock()
    budget = EditBudget(build_discord_limits(), clock)
    budget.spend(Action.EDIT, HERE)
    budget.succeed(Action.EDIT, HERE, Allowance(Action.EDIT, Scope.CHANNEL, remaining=1, reset_after=2.0))
    assert spend_all(budget, Action.EDIT) == 1
    assert budget.wait(Action.EDIT, HERE) == 2.0
    clock.now += 2.0
    assert budget.may_call(Action.EDIT, HERE)


def test_a_429_pauses_its_scope_for_as_long_as_the_platform_says() -> None:
    clock = Clock()
    budget = EditBudget(build_slack_limits(), clock)
    budget.spend(Action.EDIT, HERE)
    budget.refuse(Action.EDIT, HERE, RateLimited(7.0, Scope.WORKSPACE))
    assert not budget.may_call(Action.EDIT, ELSEWHERE)
    assert budget.may_call(Action.POST, ELSEWHERE)
    clock.now += 6.9
    assert not budget.may_call(Action.EDIT, HERE)
    clock.now += 0.2
    assert budget.may_call(Action.EDIT, HERE)


def test_a_429_teaches_the_burst_that_was_let_through() -> None:
    clock = Clock()
    budget = EditBudget(build_slack_limits(), clock)
    for _ in range(3):
        budget.spend(Action.EDIT, HERE)
        budget.succeed(Action.EDIT, HERE)
    budget.spend(Action.EDIT, HERE)
    budget.refuse(Action.EDIT, HERE, RateLimited(1.0, Scope.WORKSPACE))
    clock.now += 120
    assert spend_all(budget, Action.EDIT) == 3


def test_a_second_429_in_a_minute_slows_the_rate_and_success_brings_it_back() -> None:
    clock = Clock()
    budget = EditBudget(build_slack_limits(), clock)
    for _ in range(2):
        budget.spend(Action.EDIT, HERE)
        budget.refuse(Action.EDIT, HERE, RateLimited(1.0, Scope.WORKSPACE))
    spend_all(budget, Action.EDIT)
    assert budget.refill_seconds(Action.EDIT, HERE, within=Scope.WORKSPACE) > 2.0
    for _ in range(20):
        budget.succeed(Action.EDIT, HERE)
    clock.now += 10
    assert budget.refill_seconds(Action.EDIT, HERE, within=Scope.WORKSPACE) < 1.3


def test_long_success_at_the_edge_raises_the_burst() -> None:
    clock = Clock()
    budget = EditBudget(build_slack_limits(), clock)
    spend_all(budget, Action.EDIT)
    for _ in range(30):
        clock.now += 1.2
        spend_all(budget, Action.EDIT)
    assert budget.capacity(Action.EDIT, HERE, within=Scope.WORKSPACE) > 10


def test_quiet_channels_are_forgotten() -> None:
    clock = Clock()
    budget = EditBudget(build_slack_limits(), clock)
    for number in range(5_000):
        budget.spend(Action.POST, Address("slack", "team", f"c{number}"))
        clock.now += 2
    assert len(budget._meters) <= 2_001
