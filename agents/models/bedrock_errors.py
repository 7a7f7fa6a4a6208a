"""What AWS's SDK, and LangChain around it, can raise, in our words."""

from collections.abc import Mapping, Sequence
from http.client import HTTPException

from botocore import eventstream, exceptions, parsers
from botocore.exceptions import ClientError
from langchain_core import exceptions as langchain
from urllib3 import exceptions as urllib3

from agents.errors import (
    AccessRefused,
    BadModelOutput,
    ModelError,
    ModelTooSlow,
    ModelUnavailable,
    PromptNotAnswered,
    RateLimited,
)
from agents.models.failures import Rule, failure_of_status, retry_after_of

NO_MODEL_MARKERS = ("model identifier is invalid", "on-demand throughput", "model is not supported")
"""Bedrock answers a wrong model's name as it answers a wrong prompt: only the text tells."""

STATUS_OF_CODE: Mapping[str, int] = {
    "throttlingexception": 429,
    "toomanyrequestsexception": 429,
    "modelnotreadyexception": 503,
    "modeltimeoutexception": 408,
    "modelerrorexception": 500,
    "modelstreamerrorexception": 500,
    "internalserverexception": 500,
    "serviceunavailableexception": 503,
    "servicequotaexceededexception": 429,
    "resourcenotfoundexception": 404,
    "accessdeniedexception": 403,
    "expiredtokenexception": 401,
    "incompletesignature": 401,
    "invalidclienttokenid": 401,
    "invalidsignatureexception": 401,
    "missingauthenticationtokenexception": 401,
    "unrecognizedclientexception": 401,
    "validationexception": 400,
}
"""Errors of a stream carry a code and no status, a model that isn't ready comes as a 429 and a wrong key as a 403."""


def _client(error: ClientError) -> ModelError:
    told = error.response.get("Error", {})
    response = error.response.get("ResponseMetadata", {})
    headers = response.get("HTTPHeaders", {})
    status = STATUS_OF_CODE.get(told.get("Code", "").lower()) or response.get("HTTPStatusCode", 500)
    if status == 400 and any(marker in told.get("Message", "") for marker in NO_MODEL_MARKERS):
        return AccessRefused("no such model")
    if status == 429:
        return RateLimited(retry_after_of(headers))
    return failure_of_status(status, headers)


def _no_credentials(_: Exception) -> ModelError:
    return AccessRefused("no AWS credentials")


def _refused(_: Exception) -> ModelError:
    return AccessRefused("connection refused")


def _late(_: Exception) -> ModelError:
    return ModelTooSlow("provider timed out")


def _lost(_: Exception) -> ModelError:
    return ModelUnavailable("connection lost")


def _malformed(_: Exception) -> ModelError:
    return BadModelOutput("malformed")


RULES: Sequence[Rule] = (
    (langchain.ContextOverflowError, lambda _: PromptNotAnswered("prompt too long")),
    (langchain.OutputParserException, lambda _: PromptNotAnswered("not of the asked form")),
    (ClientError, _client),
    (exceptions.NoCredentialsError, _no_credentials),
    (exceptions.PartialCredentialsError, _no_credentials),
    (exceptions.CredentialRetrievalError, _no_credentials),
    (exceptions.TokenRetrievalError, _no_credentials),
    (exceptions.NoAuthTokenError, _no_credentials),
    (exceptions.SSOError, _no_credentials),
    (exceptions.LoginError, _no_credentials),
    (exceptions.ProfileNotFound, _no_credentials),
    (exceptions.MetadataRetrievalError, _no_credentials),
    (exceptions.EndpointConnectionError, _refused),
    (exceptions.ProxyConnectionError, _refused),
    (exceptions.SSLError, _refused),
    (exceptions.NoRegionError, lambda _: AccessRefused("no region")),
    (exceptions.InvalidRegionError, lambda _: AccessRefused("no such region")),
    (exceptions.ConnectTimeoutError, _refused),
    (exceptions.ReadTimeoutError, _late),
    (exceptions.HTTPClientError, _lost),
    (exceptions.ParamValidationError, lambda _: PromptNotAnswered("request refused")),
    (exceptions.IncompleteReadError, _lost),
    (exceptions.ChecksumError, _malformed),
    # Configuration, waiters, pagination, S3 and so on: a call of a model that ends in one won't go better soon.
    (exceptions.BotoCoreError, lambda _: AccessRefused("AWS's SDK refused")),
    (exceptions.UndefinedModelAttributeError, lambda _: AccessRefused("AWS's SDK refused")),
    # The parts of a stream are read past botocore's own translation.
    (eventstream.ParserError, _malformed),
    (parsers.ResponseParserError, _malformed),
    (parsers.XMLParseError, _malformed),
    (urllib3.TimeoutError, _late),
    (urllib3.HTTPError, _lost),
    (HTTPException, _lost),
    (langchain.LangChainException, lambda _: ModelUnavailable("unknown failure")),
    (TimeoutError, _late),
    (ConnectionError, lambda _: BadModelOutput("truncated")),  # LangChain's word for a stream without messageStop
    (OSError, _lost),
    (ValueError, _malformed),
    (TypeError, _malformed),
    (LookupError, _malformed),
    (AttributeError, _malformed),
)
