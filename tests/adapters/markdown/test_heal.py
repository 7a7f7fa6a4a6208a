import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.markdown.heal import close_fence, heal
from tests.adapters.markdown.laws import check_frame
from tests.fakes.markdown_texts import write_markdown

FRAMES = {
    "a **bold": "a **bold**",
    "a **bold ": "a **bold**",
    "a **b *c": "a **b *c***",
    "run `firstline index": "run `firstline index`",
    "run `": "run",
    "~~gone": "~~gone~~",
    "see [the page](https://docs.exa": "see the page",
    "see [the pa": "see the pa",
    "it takes ten days [1": "it takes ten days",
    "it takes ten days [1]": "it takes ten days [1]",
    "```py\nprint(1)": "```py\nprint(1)\n```",
    "```py\nprint(1)\n``": "```py\nprint(1)\n```",
    "- item\n  ~~~\n  code": "- item\n  ~~~\n  code\n  ~~~",
    "> ```\n> code": "> ```\n> code\n> ```",
    "| plan | pri": "| plan | pri |\n|---|---|",
    "| plan | price |\n|--": "| plan | price |\n|---|---|",
    "| plan | price |\n|---|---|\n| Pro | 1": "| plan | price |\n|---|---|\n| Pro | 1",
    "## A **head": "## A **head**",
    "2 ** 3 is 8": "2 ** 3 is 8",
    "plain text": "plain text",
    "": "",
}


@pytest.mark.parametrize(("frame", "healed"), FRAMES.items(), ids=repr)
def test_a_frame_is_closed(frame: str, healed: str) -> None:
    assert heal(frame) == healed


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(min_value=0))
def test_every_prefix_of_any_text_is_closed_and_healing_again_changes_nothing(seed: int) -> None:
    rng = random.Random(seed)
    text = write_markdown(rng, 1500)
    for _ in range(5):
        frame = text[: rng.randint(0, len(text))]
        assert check_frame(heal(frame), frame) == []


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="*_`~[]()<>|#-> \n1.ab\\!", max_size=60))
def test_healing_is_idempotent_on_any_punctuation(frame: str) -> None:
    assert heal(heal(frame)) == heal(frame)


def test_a_finished_text_keeps_its_lone_marks() -> None:
    assert close_fence("2 *3 and `x") == "2 *3 and `x"
