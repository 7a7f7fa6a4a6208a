import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord.dialect import to_discord
from adapters.discord.render import build_limits
from adapters.markdown.heal import close_fence
from adapters.markdown.split import normalise
from tests.adapters.markdown.laws import check_split, code_of, feed
from tests.fakes.hostile_texts import finds_ping
from tests.fakes.markdown_texts import write_markdown

TABLE = "| plan | price |\n|---|---:|\n| small | 5 |"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("#### Refunds", "**Refunds**"),
        ("###### **Refunds** ##", "**Refunds**"),
        ("### Refunds", "### Refunds"),
        ("#### ", "#### "),
        ("see ![the page](https://docs.example/a.png)", "see [the page](https://docs.example/a.png)"),
        (TABLE, f"```\n{TABLE}\n```"),
        (f"Before:\n\n{TABLE}\n\nAfter | this", f"Before:\n\n```\n{TABLE}\n```\n\nAfter | this"),
        (f"````md\n#### x\n{TABLE}\n```\n#### y\n````\n#### z", f"````md\n#### x\n{TABLE}\n```\n#### y\n````\n**z**"),
        ("a | b", "a | b"),
        ("| only a head |", "| only a head |"),
    ],
)
def test_what_discord_does_not_show_is_said_in_what_it_does(text: str, shown: str) -> None:
    assert to_discord(text) == shown


@given(text=st.text(alphabet="#|-`~ ![]()*ab\n", max_size=200))
def test_nothing_of_the_words_is_lost(text: str) -> None:
    assert [sign for sign in to_discord(text) if sign in "ab"] == [sign for sign in text if sign in "ab"]


@given(text=st.text(alphabet="#|-`~ ![]()*<@&everyonhr\n", max_size=200))
def test_no_ping_comes_of_it(text: str) -> None:
    if not finds_ping(text):
        assert not finds_ping(to_discord(text))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(min_value=0), size=st.sampled_from([300, 2000]), whole=st.booleans())
def test_a_text_is_split_as_it_will_be_sent(seed: int, size: int, whole: bool) -> None:
    rng = random.Random(seed)
    text = write_markdown(rng, rng.choice([300, 2000, 5000]))
    limits = build_limits()
    pages = feed(text, limits, size, rng, whole=whole)
    assert check_split(text, pages, limits, size) == []
    assert code_of(pages.show(is_final=True)) == code_of([close_fence(normalise(text))])
