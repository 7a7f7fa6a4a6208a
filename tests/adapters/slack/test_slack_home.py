"""What newcomers are shown, within Slack's limits whatever an operator or a person has written."""

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contract import Address
from adapters.desk import Field, Talk, Welcome
from adapters.slack.home import MAX_BLOCKS, MAX_HEADER_CHARS, MAX_SECTION_CHARS, build_help, build_home
from adapters.slack.prompts import MAX_PROMPTS, build_prompts
from tests.servers.slack.blocks import check_blocks

PLACE = Address("slack", "T1", "C1", "1.2")
FIELDS = (
    Field("Technical", "Errors and how-tos", ("Why does the export hang?", "How do I log in?")),
    Field("Billing", "Plans and invoices", ("What does Pro cost?", "Where are my invoices?")),
    Field("Compliance", "Privacy", ("Where are data stored?",)),
)
WELCOME = Welcome(
    "Acme", FIELDS, "help@acme.example", (Talk(PLACE, "Billing", 1_700_000_000.5, "1.3"), Talk(PLACE, "Technical", 1.0))
)

texts = st.text(max_size=60) | st.sampled_from(["<!here>", "&" * 3_000, "word " * 200, "a|b>c", ""])
fields = st.builds(Field, texts, texts, st.tuples(texts, texts, texts))
talks = st.builds(Talk, st.just(PLACE), texts, st.floats(0, 2e9), texts)
welcomes = st.builds(
    Welcome, texts, st.lists(fields, max_size=9).map(tuple), st.none() | texts, st.lists(talks, max_size=9).map(tuple)
)


def shown(view: dict[str, object], kind: str = "") -> str:
    blocks = view["blocks"]
    assert isinstance(blocks, list)
    texts = [block["text"] for block in blocks if "text" in block]
    return "\n".join(text["text"] for text in texts if kind in {"", text["type"]})


def test_the_home_tab_tells_what_it_can_do_what_it_knows_the_last_talks_and_who_else_helps() -> None:
    text = shown(build_home(WELCOME, ["https://acme.slack.com/archives/C1/p13"]))
    for expected in ("Acme", "/support", ":x:", "*Billing*", "What does Pro cost?", "help@acme.example"):
        assert expected in text
    assert "<https://acme.slack.com/archives/C1/p13|Billing> · <!date^1700000000^" in text
    assert "• Technical · <!date^1^" in text


def test_a_newcomer_without_talks_is_asked_to_begin() -> None:
    assert "None yet" in shown(build_home(Welcome("Acme", ())))


@settings(max_examples=60)
@given(welcomes, st.lists(st.text(max_size=50), max_size=5))
def test_a_home_view_is_always_one_that_slack_takes_and_pings_nobody(welcome: Welcome, links: list[str]) -> None:
    view = build_home(welcome, links)
    blocks = view["blocks"]
    assert isinstance(blocks, list)
    check_blocks(blocks, most=MAX_BLOCKS)
    for block in blocks:
        limit = MAX_HEADER_CHARS if block["type"] == "header" else MAX_SECTION_CHARS
        assert len(block.get("text", {}).get("text", "")) <= limit
    assert "<!here" not in shown(view, "mrkdwn")
    assert "<!here" not in build_help(welcome)


def test_a_view_of_very_many_fields_has_no_more_blocks_than_slack_takes() -> None:
    blocks = build_home(Welcome("Acme", FIELDS * 50))["blocks"]
    assert isinstance(blocks, list)
    check_blocks(blocks, most=MAX_BLOCKS)


def test_prompts_take_one_question_of_each_field_before_a_second_one_of_any() -> None:
    assert [prompt["message"] for prompt in build_prompts(WELCOME)] == [
        "Why does the export hang?",
        "What does Pro cost?",
        "Where are data stored?",
        "How do I log in?",
    ]


@given(welcomes)
@settings(max_examples=30)
def test_there_are_never_more_prompts_than_slack_shows_and_none_is_empty(welcome: Welcome) -> None:
    prompts = build_prompts(welcome)
    assert len(prompts) <= MAX_PROMPTS
    assert all(prompt["title"] and prompt["message"] for prompt in prompts)
