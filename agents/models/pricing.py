"""What calls cost: a table of prices, and an estimate of tokens for providers that report none."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from agents.models.pieces import Usage

Price: TypeAlias = tuple[float, ...]
"""Dollars per million tokens: input, output and, if it differs from input, cached input."""

SEED_PRICES: Mapping[str, Price] = MappingProxyType(
    {
        "bedrock:us.amazon.nova-lite-v1:0": (0.06, 0.24),
        "openai:gpt-4o-mini": (0.15, 0.60),
    }
)

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English in today's tokenizers."""


def cost_usd(usage: Usage, price: Price | None) -> float | None:
    """Return what a call cost in dollars, or None for a model without a price."""
    if price is None:
        return None
    input_price, output_price, *rest = price
    cached_price = rest[0] if rest else input_price
    fresh_tokens = usage.input_tokens - usage.cached_tokens
    return (
        fresh_tokens * input_price + usage.cached_tokens * cached_price + usage.output_tokens * output_price
    ) / 1_000_000


def price_of(model: str, prices: Mapping[str, Price]) -> Price | None:
    """Return the price of `provider:model`: the operator's, else the built-in one, else None."""
    return prices.get(model) or SEED_PRICES.get(model)


def estimate_usage(prompt_length: int, answer_length: int) -> Usage:
    """Guess the tokens of texts from their lengths in characters."""
    return Usage(-(-prompt_length // CHARACTERS_PER_TOKEN), -(-answer_length // CHARACTERS_PER_TOKEN))
