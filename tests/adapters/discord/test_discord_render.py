"""What messages look like on Discord: sizes, sources, mentions."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Content, SourceLink
from adapters.discord.render import build_allowed_mentions, build_footer, build_message, footer_size
from adapters.limits import build_discord_limits
from tests.fakes.hostile_texts import finds_ping, write_hostile

LIMITS = build_discord_limits()
LINKS = st.sampled_from(
    ["", "docs/a.md", "https://docs.example/a", "https://docs.example/" + "b" * 500, "javascript:x"]
)
# Without the signs of mentions, which are made to grow.
PLAIN = st.builds(
    lambda text, more: text + "a" * more,
    st.text(alphabet=st.characters(exclude_characters="<@&", exclude_categories=["Cs"]), max_size=200),
    st.integers(min_value=0, max_value=1600),
)
SOURCES = st.builds(
    SourceLink,
    number=st.integers(min_value=1, max_value=99),
    title=st.text(max_size=200),
    link=LINKS | st.text(max_size=50),
    document=st.just("docs/a.md"),
)
CONTENTS = st.builds(
    Content,
    text=PLAIN,
    is_live=st.booleans(),
    is_last=st.booleans(),
    sources=st.lists(SOURCES, max_size=40).map(tuple),
)


def text_of(body: dict[str, object]) -> str:
    text = body["content"]
    assert isinstance(text, str)
    return text


@given(content=CONTENTS, key=st.text(min_size=1, max_size=60))
def test_a_message_is_never_empty_and_its_footer_never_makes_it_too_long(content: Content, key: str) -> None:
    text = text_of(build_message(content, key=key))
    assert text.strip()
    assert LIMITS.measure(text) <= LIMITS.max_size
    assert text.startswith(content.text.rstrip())


@given(content=CONTENTS)
def test_a_footer_for_which_there_is_room_stands_there_whole(content: Content) -> None:
    footer, room = build_footer(content), LIMITS.max_size - LIMITS.measure(content.text)
    if footer and footer_size(content) <= room:
        assert text_of(build_message(content)).endswith(footer)


@given(sources=st.lists(SOURCES, min_size=1, max_size=60).map(tuple))
def test_sources_alone_always_fit_a_message_and_no_link_is_cut(sources: tuple[SourceLink, ...]) -> None:
    content = Content("", sources=sources)
    text = text_of(build_message(content))
    assert LIMITS.measure(text) <= LIMITS.max_size
    assert text == build_footer(content)
    shown = re.findall(r"\]\(<(.*?)>\)$", text, flags=re.MULTILINE)
    assert set(shown) <= {source.link for source in sources}
    assert all(line.startswith("-# ") for line in text.split("\n"))


def test_a_source_is_a_small_line_with_its_link() -> None:
    content = Content("Do this [1].", sources=(SourceLink(1, "Refunds > Cards", "https://docs.example/refunds#cards"),))
    assert text_of(build_message(content)) == (
        "Do this [1].\n\n-# [1] [Refunds \\> Cards](<https://docs.example/refunds#cards>)"
    )


def test_a_source_without_an_address_is_named_only() -> None:
    assert build_footer(Content("x", sources=(SourceLink(2, "The handbook", "docs/handbook.pdf"),))) == (
        "-# [2] The handbook"
    )


@pytest.mark.parametrize("title", ["a](https://evil.example) [b", "[x]", "line\nbreak", "`code`", "> quote", "# head"])
def test_a_title_stays_inside_of_its_link(title: str) -> None:
    line = build_footer(Content("x", sources=(SourceLink(1, title, "https://docs.example/a"),)))
    assert "\n" not in line
    assert line.endswith("](<https://docs.example/a>)")
    assert "](https://evil" not in line


def test_sources_stand_below_the_last_message_only_and_not_before_its_end() -> None:
    sources = (SourceLink(1, "A", "https://docs.example/a"),)
    assert build_footer(Content("x", is_live=True, sources=sources)) == ""
    assert build_footer(Content("x", is_last=False, sources=sources)) == ""


def test_sources_beyond_the_room_are_counted() -> None:
    many = tuple(SourceLink(number, "T" * 70, f"https://docs.example/{'x' * 200}") for number in range(1, 21))
    lines = build_footer(Content("x", sources=many)).splitlines()
    assert lines[-1] == f"-# … and {20 - len(lines) + 1} more"


def test_hostile_texts_ping_nobody_wherever_they_stand() -> None:
    rng = random.Random(3)
    for _ in range(500):
        hostile = write_hostile(rng)
        content = Content(hostile, sources=(SourceLink(1, hostile, "https://docs.example/a"),))
        assert not finds_ping(text_of(build_message(content)))


def test_only_ids_are_allowed_to_be_mentioned() -> None:
    allowed = build_allowed_mentions({"12", "everyone", "77"}, group="77")
    assert allowed == {"parse": [], "users": ["12"], "roles": ["77"], "replied_user": False}


def test_the_support_team_is_mentioned_as_the_role_that_it_is() -> None:
    body = build_message(Content("<@77>: please help <@12>", may_ping=frozenset({"77"})), group="77")
    assert text_of(body) == "<@&77>: please help <\u2060@12>"
