"""Between LangChain's messages and our pieces: what the providers' clients have in common."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from agents.errors import PromptNotAnswered
from agents.models.pieces import Delta, Finish, FinishReason, ModelPart, Schema, Usage

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

FINISH_KEYS = ("finish_reason", "stopReason")
FINISH_REASONS: Mapping[str, FinishReason] = {
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.FILTERED,
    "content_filtered": FinishReason.FILTERED,
    "guardrail_intervened": FinishReason.FILTERED,
    "malformed_model_output": FinishReason.BROKEN,
    "malformed_tool_use": FinishReason.BROKEN,
    "model_context_window_exceeded": FinishReason.BROKEN,
}
"""Every other reason counts as a regular end: OpenAI-compatible servers have words of their own for it."""


def parts_of(chunk: "AIMessage") -> Iterator[ModelPart]:
    """Yield what a streamed chunk holds: most hold a piece of text, some hold nothing."""
    if text := str(chunk.text):
        yield Delta(text)
    if finish := finish_of(chunk):
        yield Finish(finish)
    if usage := usage_of(chunk):
        yield usage


def finish_of(message: "AIMessage") -> FinishReason | None:
    """Return why the model stopped, if the message says so."""
    for key in FINISH_KEYS:
        if reason := message.response_metadata.get(key):
            return FINISH_REASONS.get(reason, FinishReason.STOP)
    return None


def usage_of(message: "AIMessage") -> Usage | None:
    """Return the tokens that the provider counted, if it did."""
    counted = message.usage_metadata
    if counted is None:
        return None
    cached_tokens = counted.get("input_token_details", {}).get("cache_read") or 0
    return Usage(counted["input_tokens"], counted["output_tokens"], cached_tokens)


def decision_of(outcome: Any, schema: type[Schema]) -> tuple[Schema, Usage | None]:
    """Read what `with_structured_output(..., include_raw=True)` returns.

    Raises PromptNotAnswered for one that was refused, that our own limit cut, or that is of another form.
    """
    raw, parsed = outcome["raw"], outcome["parsed"]
    finish = finish_of(raw)
    if finish is FinishReason.FILTERED or raw.additional_kwargs.get("refusal"):
        raise PromptNotAnswered("filtered")
    if isinstance(parsed, schema):
        return parsed, usage_of(raw)
    if finish is FinishReason.LENGTH:
        raise PromptNotAnswered("cut by our own limit")
    raise PromptNotAnswered("not of the asked form") from outcome["parsing_error"]
