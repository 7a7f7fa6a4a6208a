import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models.pieces import Usage
from agents.models.pricing import cost_usd, estimate_usage, price_of

counts = st.integers(0, 10**7)


@pytest.mark.parametrize(
    ("model", "dollars"), [("bedrock:us.amazon.nova-lite-v1:0", 0.06 + 0.24), ("openai:gpt-4o-mini", 0.15 + 0.60)]
)
def test_the_built_in_prices(model: str, dollars: float) -> None:
    assert cost_usd(Usage(1_000_000, 1_000_000), price_of(model, {})) == pytest.approx(dollars)


def test_the_operators_price_wins_and_an_unknown_model_has_none() -> None:
    prices = {"openai:gpt-4o-mini": (1.0, 2.0), "openai:free": (0.0, 0.0)}
    assert price_of("openai:gpt-4o-mini", prices) == (1.0, 2.0)
    assert cost_usd(Usage(5, 5), price_of("openai:free", prices)) == 0
    assert cost_usd(Usage(5, 5), price_of("openai:new", prices)) is None


@given(counts, counts, st.data())
def test_cached_tokens_are_charged_once_at_their_own_price(
    input_tokens: int, output_tokens: int, data: st.DataObject
) -> None:
    cached = data.draw(st.integers(0, input_tokens))
    usage = Usage(input_tokens, output_tokens, cached)
    expected = ((input_tokens - cached) * 3 + cached * 1 + output_tokens * 5) / 1e6
    assert cost_usd(usage, (3.0, 5.0, 1.0)) == pytest.approx(expected)
    assert cost_usd(usage, (3.0, 5.0)) == cost_usd(Usage(input_tokens, output_tokens), (3.0, 5.0))


@given(counts, counts)
def test_an_estimate_is_four_characters_a_token_rounded_up(prompt_length: int, answer_length: int) -> None:
    usage = estimate_usage(prompt_length, answer_length)
    assert 4 * (usage.input_tokens - 1) < prompt_length <= 4 * usage.input_tokens
    assert 4 * (usage.output_tokens - 1) < answer_length <= 4 * usage.output_tokens
