"""What can go wrong in the agents, by who must act.

AgentError
├── ConfigurationError   the operator, before start: domains.toml, a model's name, a domain too large
├── ModelError           the failover loop: try the next model
│   ├── RateLimited          and leave this one alone for `retry_after` seconds
│   ├── ModelUnavailable     refused, unreachable, 5xx, no credentials
│   ├── ModelTooSlow         a deadline passed
│   └── BadModelOutput       truncated, malformed, filtered, not of the asked form
└── NoModelAvailable     the worker: every model of a chain has failed
"""


class AgentError(Exception):
    """Base of all errors of this package."""


class ConfigurationError(AgentError):
    """Something in the configuration must be changed; the text says what."""


class ModelError(AgentError):
    """A model failed; its text is a short class of failure and never a provider's own words."""


class RateLimited(ModelError):
    """The provider asks for a pause of `retry_after` seconds."""

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("rate limited")
        self.retry_after = retry_after


class ModelUnavailable(ModelError):
    """The provider can't be used now."""


class ModelTooSlow(ModelError):
    """A deadline for the first or the next token passed."""


class BadModelOutput(ModelError):
    """The model's output can't be used."""


class NoModelAvailable(AgentError):
    """Every model of a chain has failed or is paused."""
