"""What can go wrong in the agents, by who must act.

AgentError
├── ConfigurationError   the operator, before start: domains.toml, a model's name, a domain too large
├── ModelError           the failover loop: try the next model
│   ├── RateLimited          and leave this one alone for `retry_after` seconds
│   ├── ModelUnavailable     unreachable, 5xx
│   │   └── AccessRefused        and leave this one alone: connection or key refused, no such model
│   ├── ModelTooSlow         a deadline passed
│   └── BadModelOutput       truncated, malformed
│       └── PromptNotAnswered    for this prompt only: too long, filtered, not of the asked form
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


class AccessRefused(ModelUnavailable):
    """Nobody listens, or the key, the account or the model's name is refused: trying again soon is of no use."""


class ModelTooSlow(ModelError):
    """A deadline for the first or the next token passed."""


class BadModelOutput(ModelError):
    """The model's output can't be used."""


class PromptNotAnswered(BadModelOutput):
    """This prompt is too long, was filtered or got an answer of another form; the model's health isn't in doubt."""


class NoModelAvailable(AgentError):
    """Every model of a chain has failed or is paused."""
