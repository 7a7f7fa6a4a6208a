import pytest

from adapters.limits import Action, Limits, Scope, Unit, build_discord_limits, build_slack_limits


@pytest.mark.parametrize(("unit", "size"), [(Unit.CHARACTERS, 3), (Unit.UTF16, 4), (Unit.BYTES, 7)], ids=str)
def test_a_text_is_measured_in_the_unit_of_the_platform(unit: Unit, size: int) -> None:
    assert Limits(unit, 10, 10, ()).measure("aé🙂") == size


def test_a_text_is_measured_after_escaping() -> None:
    limits = Limits(Unit.CHARACTERS, 10, 10, (), escape=lambda text: text.replace("&", "&amp;"))
    assert limits.measure("a&b") == 7


def test_a_lone_surrogate_of_a_model_does_not_break_measuring() -> None:
    assert build_discord_limits().measure("\ud83d") == 1
    assert build_slack_limits().measure("\ud83d") == 3


def test_a_message_may_hold_what_both_a_post_and_an_edit_may() -> None:
    assert Limits(Unit.BYTES, 40_000, 4_000, ()).max_size == 4_000


@pytest.mark.parametrize("limits", [build_slack_limits(), build_discord_limits()], ids=["slack", "discord"])
def test_posts_and_edits_each_have_a_rule_below_the_bot(limits: Limits) -> None:
    for action in Action:
        assert any(action in rule.actions and rule.scope is not Scope.BOT for rule in limits.rules)
