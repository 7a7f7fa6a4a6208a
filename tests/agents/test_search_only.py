from hypothesis import given
from hypothesis import strategies as st

from agents.search_only import choose, excerpt, quote
from knowledge.contract import Hit, Passage


def hit(number: int, text: str, link: str | None = None) -> Hit:
    link = link or f"https://a.example/#{number}"
    return Hit(Passage(f"p{number}", "a.md", "general", "A", f"A > {number}", text, link, 0), 1.0, 0.9)


def test_two_sources_are_quoted_with_their_citations() -> None:
    evidence = choose([hit(1, "One."), hit(2, "Two.\nMore."), hit(3, "Three.")], is_covered=True)
    assert "".join(quote("two", evidence)).endswith("**A > 1** [1]\n\n> One.\n\n**A > 2** [2]\n\n> Two.\n> More.")


def test_a_second_passage_of_the_same_section_does_not_take_the_second_source() -> None:
    evidence = choose([hit(1, "One.", "l1"), hit(2, "Two.", "l1"), hit(3, "Three.", "l2")], is_covered=True)
    assert [passage.id for passage in evidence.passages] == ["p1", "p3"]


def test_an_excerpt_keeps_the_block_that_answers_and_marks_what_it_leaves_out() -> None:
    text = "\n\n".join(["alpha " * 20, "beta " * 20, "The refund takes five days.", "gamma " * 20])
    assert excerpt("how long does a refund take", text, 40) == "…\n\nThe refund takes five days.\n\n…"


def test_an_excerpt_never_cuts_a_code_block() -> None:
    code = "```\nalpha\n\nbeta\n```"
    assert code in excerpt("alpha beta", f"{'x ' * 100}\n\n{code}\n\n{'y ' * 100}", 30)


@given(st.text(max_size=300), st.text(max_size=40), st.integers(1, 100))
def test_an_excerpt_holds_only_blocks_of_the_text(text: str, query: str, max_chars: int) -> None:
    for block in excerpt(query, text, max_chars).split("\n\n"):
        assert block == "…" or block in text
