"""The titles of threads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.titles import FALLBACK, title_of


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How do refunds work?", "How do refunds work?"),
        ("  **Why** does\n`GET /x` fail?\n\nsee below", "Why does GET /x fail? see below"),
        ("see [the docs](https://example.org/a) and https://example.org/b", "see the docs and link"),
        ("<@123> @everyone <@&5> <#7> help", "everyone help"),
        ("", FALLBACK),
        ("```", FALLBACK),
    ],
)
def test_a_title_is_the_question_as_plain_text(question: str, title: str) -> None:
    assert title_of(question) == title


@given(st.text(max_size=400))
def test_a_title_always_fits_and_is_never_empty(question: str) -> None:
    title = title_of(question)
    assert title.strip()
    assert len(title.encode("utf-16-le", "surrogatepass")) // 2 <= 100
    assert "\n" not in title
    assert "@" not in title
