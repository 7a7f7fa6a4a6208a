import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.actions import MAX_CUSTOM_ID, ButtonAction, Press, build_custom_id, read_custom_id


@given(action=st.sampled_from(ButtonAction), about=st.from_regex(r"[!-~]{0,120}", fullmatch=True))
def test_a_buttons_name_fits_and_says_what_it_was_made_for(action: ButtonAction, about: str) -> None:
    name = build_custom_id(action, about)
    assert len(name) <= MAX_CUSTOM_ID
    assert read_custom_id(name) in {Press(action, about), Press(action)}


def test_a_post_can_be_recognised_by_its_buttons() -> None:
    assert read_custom_id(build_custom_id(ButtonAction.STOP, "t1:0")) == Press(ButtonAction.STOP, "t1:0")


@pytest.mark.parametrize("name", ["", "stop", "firstline:", "firstline:shout", "firstline:stop:", "other:stop"])
def test_other_names_are_not_ours(name: str) -> None:
    assert read_custom_id(name) is None
