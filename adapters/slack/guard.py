"""What stands between the network and Bolt: nothing unsigned, stale or shapeless gets further.

Bolt verifies signatures too, but it parses a body before it does, takes a timestamp that is no number for one, and
writes a body whose signature is wrong into the log. What comes by the socket needs no signature, but a shape it needs.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import Clock, SignatureVerifier

TIMESTAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"
CONTENT_TYPES = frozenset({"application/json", "application/x-www-form-urlencoded"})

_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_DIGEST = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
# Slack's headers that something reads; whatever else a client sends gets no further.
_PASSED_ON = (TIMESTAMP, SIGNATURE, "X-Slack-Retry-Num", "X-Slack-Retry-Reason", "Content-Type")


class _Now(Clock):
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock()


class Signatures:
    """Tells Slack's requests from others by their HMAC; those older than five minutes are refused."""

    def __init__(self, signing_secret: str, clock: Callable[[], float]) -> None:
        self._verifier = SignatureVerifier(signing_secret, _Now(clock))

    def are_valid(self, body: str, headers: Mapping[str, str]) -> bool:
        """Tell whether Slack signed this body within five minutes from now. Any headers are understood."""
        timestamp, signature = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
        if not _SECONDS.fullmatch(timestamp) or not _DIGEST.fullmatch(signature):
            return False
        return self._verifier.is_valid(body, timestamp, signature)


def read_text(body: bytes) -> str | None:
    """Return a body as text, or None when it isn't UTF-8, as all that Slack sends is."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def read_request(body: str, headers: Mapping[str, str]) -> AsyncBoltRequest | None:
    """Return a signed request as Bolt takes it, or None when its body has no shape that Slack's requests have."""
    return _build(body, {name: headers[name] for name in _PASSED_ON if name in headers}, "http")


def read_payload(payload: object) -> AsyncBoltRequest | None:
    """Return what an envelope of the socket holds as Bolt takes it, or None when it has no shape of Slack's."""
    return _build(payload, {}, "socket_mode") if isinstance(payload, dict) else None


def _build(body: str | dict[str, Any], headers: dict[str, str | Sequence[str]], mode: str) -> AsyncBoltRequest | None:
    try:
        request = AsyncBoltRequest(body=body, headers=headers, mode=mode)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        # Bolt looks for ids in the body while it builds a request, and expects Slack's shapes.
        return None
    return request if _has_shape(request.body) else None


def _has_shape(body: object) -> bool:
    """Tell whether Bolt can read a body: it takes an event for granted, even while it reports a failure."""
    if not isinstance(body, dict) or not body:
        return False
    return body.get("type") != "event_callback" or isinstance(body.get("event"), dict)
