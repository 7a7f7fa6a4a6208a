"""Slack's own writing, read as Markdown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.mentions import Said, read_text
from adapters.slack.render import escape

ME = "UBOT"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("<@UBOT> how?", "how?"),
        ("<@UBOT>: how?", "how?"),
        ("<@UBOT|firstline>, how?", "how?"),
        ("how, <@UBOT>?", "how, ?"),
        ("hey <@UBOT> how?", "hey how?"),
        ("<@UBOT> <@UBOT>", ""),
        ("<@UANN> and <@UBOB|bob> ask", "@UANN and @bob ask"),
        ("in <#C1|general> or <#C2>", "in #general or #C2"),
        ("<!here> <!subteam^S1|@oncall> <!subteam^S2>", "@here @oncall @subteam"),
        ("<!date^1700000000^{date}|14 Nov>", "14 Nov"),
        ("<https://a.example/x?a=1&amp;b=2>", "https://a.example/x?a=1&b=2"),
        ("<https://a.example|the page>", "[the page](https://a.example)"),
        ("<http://a.example/|a.example>", "http://a.example/"),
        ("<mailto:ann@a.example|ann@a.example>", "ann@a.example"),
        ("*bold* _it_ ~gone~", "**bold** _it_ ~~gone~~"),
        ("2 * 3 * 4, *args and **kwargs, a*b*c", "2 * 3 * 4, *args and **kwargs, a*b*c"),
        ("`*x* ~y~` and ```*z*\n~w~```", "`*x* ~y~` and ```*z*\n~w~```"),
        ("&lt;b&gt; &amp;lt; &amp;amp;", "<b> &lt; &amp;"),
        ("&lt;@UBOT&gt; is how you write it", "<@UBOT> is how you write it"),
        ("is 3 < 5 and 7 > 2? <b> <> <@>", "is 3 < 5 and 7 > 2? <b> <> <@>"),
        ("", ""),
    ],
)
def test_slacks_writing_becomes_markdown(raw: str, text: str) -> None:
    assert read_text(raw, ME).text == text


def test_the_people_in_a_text_are_named_without_the_bot() -> None:
    assert read_text("<@UBOT> ask <@UANN> and <@UBOB|bob>", ME) == Said(
        "ask @UANN and @bob", is_addressed=True, mentions=frozenset({"UANN", "UBOB"})
    )


def test_a_mention_of_somebody_else_does_not_address_the_bot() -> None:
    assert not read_text("<@UANN> how?", ME).is_addressed
    assert not read_text("<@UBOT> how?", "").is_addressed


def test_indented_code_keeps_its_spaces_beside_a_mention() -> None:
    assert read_text("<@UBOT> why?\n```\nif x:\n    y```", ME).text == "why?\n```\nif x:\n    y```"


@given(st.text().filter(lambda text: not set(text) & set("*~`")))
def test_plain_words_come_out_as_they_were_typed(typed: str) -> None:
    assert read_text(escape(typed), ME).text == typed.strip()


@given(st.text(alphabet="<>@#!|&;`*~ UBOTab\n", max_size=80))
def test_no_writing_raises_and_ours_is_never_among_the_people(raw: str) -> None:
    assert ME not in read_text(raw, ME).mentions
