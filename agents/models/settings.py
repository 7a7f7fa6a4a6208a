"""What an operator can set about models, as plain values: nothing below reads the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.models.pricing import Price


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a model may stay silent. `decide_seconds` is for a whole decision, which isn't streamed."""

    first_token_seconds: float = 8.0
    between_tokens_seconds: float = 10.0
    decide_seconds: float = 8.0
    prepare_seconds: float = 20.0
    """The first call of all waits for imports, which take seconds on a small machine."""
    usage_seconds: float = 2.0
    """After the finish only the usage can still come: an estimate serves as well, so don't wait long for it."""

    @property
    def longest_seconds(self) -> float:
        """How long anybody waits for a silent provider."""
        return max(self.first_token_seconds, self.between_tokens_seconds, self.decide_seconds)


@dataclass(frozen=True, slots=True)
class CircuitLimits:
    """When a failing model is left alone, and for how long. A pause doubles with each failed trial."""

    failures: int = 2
    pause_seconds: float = 30.0
    max_pause_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Keys, endpoints, limits and prices. A key that is None is looked for by the provider's own means."""

    openai_api_key: str | None = field(default=None, repr=False)
    openai_base_url: str | None = None
    aws_access_key_id: str | None = field(default=None, repr=False)
    aws_secret_access_key: str | None = field(default=None, repr=False)
    aws_session_token: str | None = field(default=None, repr=False)
    aws_region: str | None = None
    bedrock_endpoint_url: str | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)
    """Prices beyond the built-in ones."""
    deadlines: Deadlines = Deadlines()
    circuit: CircuitLimits = CircuitLimits()
