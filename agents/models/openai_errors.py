"""What OpenAI's SDK, and LangChain around it, can raise, in our words."""

from collections.abc import Sequence

import openai
from langchain_core import exceptions as langchain
from langchain_openai.chat_models.base import OpenAIRefusalError
from pydantic import ValidationError

from agents.errors import (
    AccessRefused,
    BadModelOutput,
    ModelError,
    ModelTooSlow,
    ModelUnavailable,
    PromptNotAnswered,
    RateLimited,
)
from agents.models.failures import Rule, failure_of_status, has_cause

NOBODY_LISTENS = frozenset({"ConnectError", "ConnectTimeout", "UnsupportedProtocol"})
"""The HTTP client's errors before a connection exists, by name: which client that is changes with the SDK."""


HANGS_UP = frozenset({"ServerDisconnectedError", "ClientOSError", "ClientConnectionResetError"})
"""The HTTP client's errors of a connection that existed, which the SDK takes for one that never came to be."""


def _status(error: openai.APIStatusError) -> ModelError:
    match error.code:
        case "insufficient_quota":
            return AccessRefused("quota used up")
        case "context_length_exceeded":
            return PromptNotAnswered("prompt too long")
        case "content_filter":
            return PromptNotAnswered("filtered")
        case _:
            return failure_of_status(error.status_code, error.response.headers)


def _in_stream(error: openai.APIError) -> ModelError:
    """Read an error that came as an event of a stream, which has no status."""
    kinds = {error.code, error.type}
    if kinds & {"rate_limit_exceeded", "tokens", "requests", "429"}:
        return RateLimited()
    return ModelUnavailable("error in the stream")


def _connection(error: openai.APIConnectionError) -> ModelError:
    if _has_no_listener(error):
        return AccessRefused("connection refused")
    return ModelUnavailable("connection lost")


def _timeout(error: openai.APITimeoutError) -> ModelError:
    is_late = not _has_no_listener(error) and not has_cause(error, HANGS_UP)
    return _late() if is_late else _connection(error)


def _has_no_listener(error: openai.APIConnectionError) -> bool:
    return has_cause(error, NOBODY_LISTENS) and not has_cause(error, HANGS_UP)


RULES: Sequence[Rule] = (
    (langchain.ContextOverflowError, lambda _: PromptNotAnswered("prompt too long")),
    (openai.APIStatusError, _status),
    (openai.APITimeoutError, _timeout),
    (openai.APIConnectionError, _connection),
    (openai.APIResponseValidationError, lambda _: BadModelOutput("malformed")),
    (openai.APIError, _in_stream),
    (openai.LengthFinishReasonError, lambda _: PromptNotAnswered("cut by our own limit")),
    (openai.ContentFilterFinishReasonError, lambda _: PromptNotAnswered("filtered")),
    (openai.WebSocketConnectionClosedError, lambda _: ModelUnavailable("connection lost")),
    (openai.WebSocketQueueFullError, lambda _: ModelUnavailable("connection lost")),
    (langchain.ModelAuthenticationError, lambda _: AccessRefused("key refused")),
    (langchain.ModelPermissionDeniedError, lambda _: AccessRefused("not permitted")),
    (langchain.ModelNotFoundError, lambda _: AccessRefused("no such model")),
    (langchain.ModelInvalidRequestError, lambda _: PromptNotAnswered("request refused")),
    (langchain.ModelRateLimitError, lambda _: RateLimited()),
    (langchain.ModelTimeoutError, lambda _: _late()),
    (langchain.ModelConnectionError, lambda _: ModelUnavailable("connection lost")),
    (langchain.ModelAPIError, lambda _: ModelUnavailable("server error")),
    (langchain.OutputParserException, lambda _: PromptNotAnswered("not of the asked form")),
    (OpenAIRefusalError, lambda _: PromptNotAnswered("filtered")),
    (ValidationError, lambda _: PromptNotAnswered("not of the asked form")),  # the SDK checks decisions itself
    (TimeoutError, lambda _: _late()),
    (OSError, lambda _: ModelUnavailable("connection lost")),
    # What a malformed body makes of the code that reads it: JSONDecodeError is a ValueError.
    (ValueError, lambda _: BadModelOutput("malformed")),
    (TypeError, lambda _: BadModelOutput("malformed")),
    (LookupError, lambda _: BadModelOutput("malformed")),
    (AttributeError, lambda _: BadModelOutput("malformed")),
    # What a later version may add: a test fails for a class that is covered by these two alone.
    (openai.OpenAIError, lambda _: ModelUnavailable("unknown failure")),
    (langchain.LangChainException, lambda _: ModelUnavailable("unknown failure")),
)


def _late() -> ModelTooSlow:
    return ModelTooSlow("provider timed out")
