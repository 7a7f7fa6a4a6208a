import pytest

from agents.support import Support, read_claim, read_source

REFUNDS = "Annual plans are refunded in full within 30 days of the first purchase, to the original payment method."
LIMITS = "The Team plan allows 300 API requests a minute. Requests beyond it get error BQ-3001 and status 429."


def supports(claim: str, source: str, *, same_language: bool) -> bool:
    return read_source(source).supports(read_claim(claim), same_language=same_language)


class Numbering:
    """Numbers on screen, as a draft gives them."""

    def __init__(self, shown: dict[int, int]) -> None:
        self.shown = dict(shown)

    def number(self, passage: int) -> int:
        return self.shown.setdefault(passage, len(self.shown) + 1)


def mended(text: str, shown: dict[int, int], *, same_language: bool = True) -> str:
    numbering = Numbering(shown)
    contents = {1: read_source(REFUNDS), 2: read_source(LIMITS)}
    return Support(contents, numbering.number, numbering.shown, same_language).mend(text)


@pytest.mark.parametrize(
    ("claim", "is_supported"),
    [
        ("Annual plans can be refunded within 30 days [1].", True),
        ("Annual plans can be refunded within 60 days [1].", False),
        ("You get the money back in thirty years of purchase [1].", False),
        ("1. Annual plans are refunded to the original payment method [1].", True),
        ("Webhooks are signed with a secret [1].", False),
    ],
)
def test_a_claim_needs_its_words_and_its_figures_in_the_source(claim: str, is_supported: bool) -> None:
    assert supports(claim, REFUNDS, same_language=True) is is_supported


def test_a_spelled_number_supports_its_figure() -> None:
    assert supports("There are 8 attempts.", "We make eight attempts in all.", same_language=True)


def test_in_another_language_only_figures_are_compared() -> None:
    assert supports("Erstattung innerhalb von 30 Tagen [1].", REFUNDS, same_language=False)
    assert not supports("Erstattung innerhalb von 45 Tagen [1].", REFUNDS, same_language=False)


def test_a_right_citation_stays_as_it_is() -> None:
    text = "Annual plans are refunded within 30 days [1]. The Team plan allows 300 requests a minute [2]."
    assert mended(text, {1: 1, 2: 2}) == text
    text = "Annual plans are refunded within 30 days. [1] The Team plan allows 300 requests a minute. [2]"
    assert mended(text, {1: 1, 2: 2}) == text


def test_a_wrong_citation_is_pointed_to_the_passage_that_supports_the_claim() -> None:
    assert mended("The Team plan allows 300 API requests a minute [1].", {1: 1}).endswith("a minute [2].")


def test_a_citation_that_nothing_supports_is_removed() -> None:
    text = "Annual plans are refunded within 30 days [1]. Monthly plans within 99 days [1]."
    assert mended(text, {1: 1}) == "Annual plans are refunded within 30 days [1]. Monthly plans within 99 days."


def test_an_answer_without_citations_gets_them_where_the_words_carry_the_claim() -> None:
    assert mended("Annual plans are refunded in full within 30 days.", {}) == (
        "Annual plans are refunded in full within 30 days [1]."
    )


def test_an_answer_that_no_passage_carries_gets_none() -> None:
    assert mended("Bananas are rich in potassium and taste great.", {}) == (
        "Bananas are rich in potassium and taste great."
    )


def test_a_number_written_for_other_readers_is_the_same_number() -> None:
    assert supports("Es sind 10.000 Zeilen.", "Up to 10,000 rows.", same_language=False)


def test_inline_code_is_left_alone() -> None:
    text = "Annual plans are refunded within 30 days, see `row[30]` [1]."
    assert mended(text, {1: 1}) == text


def test_code_is_left_alone() -> None:
    code = "```\nlimit = 300 [1]\n```"
    assert mended(f"Annual plans are refunded within 30 days [1].\n\n{code}", {1: 1}).endswith(code)
