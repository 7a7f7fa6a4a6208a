"""HTTP mode: what Slack tells the app as signed POSTs to the app's own address."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from tests.servers.slack.deliveries import COMMAND, EVENT, Deliveries, Delivery
from tests.servers.slack.world import Json


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The app's address. One path takes everything unless told otherwise."""

    url: str
    signing_secret: str
    commands_url: str = ""
    actions_url: str = ""

    def address_for(self, kind: str) -> str:
        """Return where a kind of delivery goes."""
        if kind == EVENT:
            return self.url
        return (self.commands_url if kind == COMMAND else self.actions_url) or self.url


class WebDelivery:
    """Posts deliveries. Tests may change `sign` to send what Slack never would."""

    def __init__(self, deliveries: Deliveries, clock: Callable[[], float]) -> None:
        self.endpoint: Endpoint | None = None
        self.sign: Callable[[str, str, bytes], str] = signature
        self._deliveries = deliveries
        self._clock = clock
        self._group: asyncio.TaskGroup | None = None
        self._session: aiohttp.ClientSession | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self, group: asyncio.TaskGroup, session: aiohttp.ClientSession) -> None:
        """Take what posting needs, for as long as the server runs."""
        self._group, self._session = group, session

    def carry(self, delivery: Delivery, envelope: str) -> bool:
        """Begin to post one attempt."""
        assert self._group is not None
        task = self._group.create_task(self._post(delivery, envelope))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return True

    def stop(self) -> None:
        """Give up what is under way."""
        for task in self._under_way:
            task.cancel()

    async def verify(self) -> bool:
        """Send the challenge with which Slack checks a new address, and return whether it was answered."""
        body = json.dumps({"type": "url_verification", "token": "legacy", "challenge": "prove-it"}).encode()
        assert self.endpoint is not None
        status, text, _ = await self._send(self.endpoint.url, body, "application/json", {})
        return status == 200 and "prove-it" in text

    async def _post(self, delivery: Delivery, envelope: str) -> None:
        assert self.endpoint is not None
        body, content_type = _encoded(delivery)
        retry = {"X-Slack-Retry-Num": str(delivery.retry), "X-Slack-Retry-Reason": delivery.reason}
        headers = retry if delivery.retry else {}
        try:
            async with asyncio.timeout(self._deliveries.timings.acknowledgement):
                status, text, is_final = await self._send(
                    self.endpoint.address_for(delivery.kind), body, content_type, headers
                )
        except TimeoutError:
            self._deliveries.fail(envelope, "http_timeout")
        except aiohttp.ClientError:
            self._deliveries.fail(envelope, "connection_failed")
        else:
            if 200 <= status < 300:
                self._deliveries.acknowledge(envelope, _answer(text))
            else:
                self._deliveries.fail(envelope, "http_error", is_final=is_final)

    async def _send(self, url: str, body: bytes, content_type: str, headers: dict[str, str]) -> tuple[int, str, bool]:
        assert self._session is not None
        assert self.endpoint is not None
        timestamp = str(int(self._clock()))
        signed = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": self.sign(self.endpoint.signing_secret, timestamp, body),
        }
        async with self._session.post(url, data=body, headers=signed | headers) as response:
            return response.status, await response.text(), response.headers.get("X-Slack-No-Retry") == "1"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return Slack's signature, version 0."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def _encoded(delivery: Delivery) -> tuple[bytes, str]:
    if delivery.kind == EVENT:
        return json.dumps(delivery.payload).encode(), "application/json"
    fields = delivery.payload if delivery.kind == COMMAND else {"payload": json.dumps(delivery.payload)}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def _answer(text: str) -> Json | None:
    try:
        answer = json.loads(text)
    except ValueError:
        return {"text": text} if text.strip() else None
    return answer if isinstance(answer, dict) and answer else None
