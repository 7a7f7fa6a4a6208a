from collections.abc import Sequence
from types import ModuleType

import botocore.eventstream
import botocore.exceptions
import botocore.parsers
import httpx2
import langchain_core.exceptions
import langchain_openai.chat_models.base
import openai
import pytest
import urllib3.exceptions
from hypothesis import given
from hypothesis import strategies as st

from agents.errors import AccessRefused, BadModelOutput, ModelTooSlow, ModelUnavailable, PromptNotAnswered, RateLimited
from agents.models import bedrock_errors, openai_errors
from agents.models.failures import Rule, covered_by, failure_of_status, retry_after_of, translate

ROOTS = {openai.OpenAIError, langchain_core.exceptions.LangChainException}
NOT_OF_CALLS = {
    "InvalidWebhookSignatureError",  # we receive no webhooks
    "SubjectTokenProviderError",  # we use keys, not workload identity
    "TracerException",  # LangSmith's own
    "ModelError",  # never raised itself
    "LangChainException",  # never raised itself
    "OpenAIError",  # never raised itself
    "_AmbiguousModuleClientUsageError",  # for those who use the SDK's module instead of a client
}


def exceptions_in(*modules: ModuleType) -> list[type[Exception]]:
    # Classes are told by their type: OpenAI's module has proxies that import half the SDK when asked for their class.
    members = [member for module in modules for member in vars(module).items() if issubclass(type(member[1]), type)]
    found = {
        kind
        for name, kind in members
        if issubclass(kind, Exception) and not issubclass(kind, Warning) and name not in NOT_OF_CALLS
    }
    return sorted(found, key=lambda kind: f"{kind.__module__}.{kind.__name__}")


def rule_for(kind: type[Exception], rules: Sequence[Rule]) -> type[Exception] | None:
    return next((covered for covered, _ in rules if issubclass(kind, covered)), None)


@pytest.mark.parametrize("kind", exceptions_in(openai, langchain_openai.chat_models.base, langchain_core.exceptions))
def test_every_error_of_openais_sdk_and_of_langchain_has_a_rule_of_its_own(kind: type[Exception]) -> None:
    assert rule_for(kind, openai_errors.RULES) not in {None, *ROOTS}


@pytest.mark.parametrize(
    "kind",
    exceptions_in(
        botocore.exceptions, botocore.eventstream, botocore.parsers, urllib3.exceptions, langchain_core.exceptions
    ),
)
def test_every_error_of_awss_sdk_and_of_langchain_is_covered(kind: type[Exception]) -> None:
    assert rule_for(kind, bedrock_errors.RULES) is not None


@pytest.mark.parametrize("rules", [openai_errors.RULES, bedrock_errors.RULES])
def test_no_rule_is_hidden_behind_an_earlier_one(rules: Sequence[Rule]) -> None:
    kinds = covered_by(rules)
    hidden = [
        later.__name__ for index, later in enumerate(kinds) if any(issubclass(later, kind) for kind in kinds[:index])
    ]
    assert hidden == []


def test_an_error_without_a_rule_is_raised_as_it_is() -> None:
    with pytest.raises(KeyboardInterrupt):
        translate(KeyboardInterrupt(), openai_errors.RULES)  # type: ignore[arg-type] # nothing else is uncovered


REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/chat/completions")


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (httpx2.ConnectError("refused"), AccessRefused),
        (httpx2.ConnectTimeout("no answer"), AccessRefused),
        (httpx2.ReadError("reset"), ModelUnavailable),
        (httpx2.RemoteProtocolError("cut"), ModelUnavailable),
    ],
)
def test_a_refused_connection_is_told_from_a_lost_one(cause: Exception, expected: type[Exception]) -> None:
    error = openai.APIConnectionError(request=REQUEST)
    error.__cause__ = cause
    assert type(translate(error, openai_errors.RULES)) is expected


def test_a_timeout_of_openais_sdk_is_too_slow() -> None:
    assert isinstance(translate(openai.APITimeoutError(REQUEST), openai_errors.RULES), ModelTooSlow)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ThrottlingException", RateLimited),
        ("throttlingException", RateLimited),
        ("ModelNotReadyException", ModelUnavailable),
        ("modelStreamErrorException", ModelUnavailable),
        ("ModelTimeoutException", ModelTooSlow),
        ("ValidationException", PromptNotAnswered),
        ("AccessDeniedException", AccessRefused),
        ("ResourceNotFoundException", AccessRefused),
        ("SomethingNewException", ModelUnavailable),
    ],
)
def test_aws_codes_decide_even_without_a_status(code: str, expected: type[Exception]) -> None:
    error = botocore.exceptions.ClientError({"Error": {"Code": code, "Message": ""}}, "ConverseStream")
    assert type(translate(error, bedrock_errors.RULES)) is expected


@pytest.mark.parametrize(
    "error",
    [
        botocore.exceptions.NoCredentialsError(),
        botocore.exceptions.NoRegionError(),
        botocore.exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1"),
    ],
)
def test_what_a_person_must_change_at_aws_is_a_refusal(error: Exception) -> None:
    assert isinstance(translate(error, bedrock_errors.RULES), AccessRefused)


def test_a_damaged_frame_is_bad_output() -> None:
    error = botocore.eventstream.ChecksumMismatch(1, 2)
    assert type(translate(error, bedrock_errors.RULES)) is BadModelOutput


@given(st.integers(400, 599))
def test_every_status_of_an_error_has_a_meaning(status: int) -> None:
    assert str(failure_of_status(status, {}))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 90.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:05 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1 day"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_of(headers, clock=lambda: 10.0) == seconds


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), st.text(max_size=12)))
def test_retry_after_never_raises_and_is_never_negative(headers: dict[str, str]) -> None:
    seconds = retry_after_of(headers)
    assert seconds is None or seconds >= 0
