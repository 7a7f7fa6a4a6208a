"""A loopback server that speaks Bedrock's Converse and ConverseStream, and fails on demand."""

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from tests.servers import event_stream
from tests.servers.model_server import (
    Behaviour,
    Fault,
    ModelServer,
    Recorded,
    cut,
    hang,
    paced,
    pieces_of,
    text_of,
    tokens_of,
)

ERROR_TYPES = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}
SIGNATURE = "AWS4-HMAC-SHA256 Credential="


class BedrockServer(ModelServer):
    """Bedrock's runtime API: `url` is what `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` is set to."""

    def routes(self) -> list[web.RouteDef]:
        """Return what is served."""
        return [
            web.post("/model/{model}/converse", self._converse),
            web.post("/model/{model}/converse-stream", self._converse_stream),
            web.post("/model/{model}/invoke", self._embed),
        ]

    async def _converse(self, request: web.Request) -> web.StreamResponse:
        recorded, behaviour = await self.record(request)
        try:
            if refusal := await _refusal(recorded, behaviour):
                return refusal
            if behaviour.fault in {Fault.HANG, Fault.STALL}:
                await hang()
            if behaviour.fault is Fault.CUT:
                cut(request)
            if behaviour.fault in {Fault.MALFORMED, Fault.TRUNCATED}:
                return web.Response(text='{"output": {"mess', content_type="application/json")
            recorded.is_answered = True
            return web.json_response(self._whole(recorded.body, behaviour))
        finally:
            recorded.ended.set()

    def _whole(self, body: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
        stop_reason = "end_turn"
        if tools := body.get("toolConfig", {}).get("tools"):
            tool = tools[0]["toolSpec"]
            value = self.decide(body["messages"], tool["inputSchema"]["json"])
            content: dict[str, Any] = {"toolUse": {"toolUseId": "tooluse_1", "name": tool["name"], "input": value}}
            text, stop_reason = json.dumps(value), "tool_use"
        else:
            text = self.answer(body["messages"])
            content = {"text": text}
        return {
            "output": {"message": {"role": "assistant", "content": [content]}},
            "stopReason": behaviour.finish or stop_reason,
            "metrics": {"latencyMs": 1},
            **({"usage": _usage(body, text, behaviour)} if behaviour.has_usage else {}),
        }

    async def _converse_stream(self, request: web.Request) -> web.StreamResponse:
        recorded, behaviour = await self.record(request)
        try:
            if refusal := await _refusal(recorded, behaviour):
                return refusal
            return await Stream(request, recorded, behaviour).send(self.answer(recorded.body["messages"]))
        finally:
            recorded.ended.set()

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        """Answer as Titan's embedding models do."""
        recorded, behaviour = await self.record(request)
        try:
            if refusal := await _refusal(recorded, behaviour):
                return refusal
            text = recorded.body["inputText"]
            recorded.is_answered = True
            return web.json_response({"embedding": self.embed(text), "inputTextTokenCount": tokens_of(text)})
        finally:
            recorded.ended.set()


class Stream:
    """One streamed answer."""

    def __init__(self, request: web.Request, recorded: Recorded, behaviour: Behaviour) -> None:
        self._request = request
        self._recorded = recorded
        self._behaviour = behaviour
        self._response = web.StreamResponse(headers={"Content-Type": event_stream.CONTENT_TYPE})

    async def send(self, text: str) -> web.StreamResponse:
        """Send the answer as frames, or as much of it as the fault allows."""
        fault = self._behaviour.fault
        await self._response.prepare(self._request)
        if fault is Fault.HANG:
            await hang()
        await self._event("messageStart", {"role": "assistant"})
        async for piece in paced(pieces_of(text), self._behaviour, self._recorded):
            await self._event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}})
        if fault in {None, Fault.HANG_AT_END}:
            await self._finish(text)
        else:
            await self._strike(fault)
        return self._response

    async def _finish(self, text: str) -> None:
        await self._event("contentBlockStop", {"contentBlockIndex": 0})
        await self._event("messageStop", {"stopReason": self._behaviour.finish or "end_turn"})
        if self._behaviour.fault is Fault.HANG_AT_END:
            await hang()
        if self._behaviour.has_usage:
            usage = _usage(self._recorded.body, text, self._behaviour)
            await self._event("metadata", {"usage": usage, "metrics": {"latencyMs": 1}})
        self._recorded.is_answered = True

    async def _strike(self, fault: Fault | None) -> None:
        delta = {"contentBlockIndex": 0, "delta": {"text": "never"}}
        match fault:
            case Fault.STALL:
                await hang()
            case Fault.CUT:
                cut(self._request)
            case Fault.MALFORMED:
                await self._response.write(event_stream.raw_event("contentBlockDelta", b'{"delta": {"te'))
            case Fault.DAMAGED:
                await self._response.write(event_stream.event("contentBlockDelta", delta, is_damaged=True))
            case Fault.THROTTLED:
                await self._response.write(event_stream.exception("throttlingException", "Too many tokens."))

    async def _event(self, kind: str, payload: Mapping[str, Any]) -> None:
        await self._response.write(event_stream.event(kind, payload))


async def _refusal(recorded: Recorded, behaviour: Behaviour) -> web.Response | None:
    if behaviour.fault is Fault.SILENT:
        await hang()
    if not recorded.headers.get("Authorization", "").startswith(SIGNATURE):
        return _error(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    messages = recorded.body.get("messages")
    if messages is not None and not is_conversation([message["role"] for message in messages]):
        return _error(400, "ValidationException", "A conversation must start with a user message and alternate.")
    if behaviour.status == 200:
        return None
    kind = behaviour.error_code or ERROR_TYPES.get(behaviour.status, "InternalServerException")
    response = _error(behaviour.status, kind, behaviour.error_message)
    if behaviour.retry_after is not None:
        response.headers["Retry-After"] = behaviour.retry_after
    return response


def is_conversation(roles: Sequence[str]) -> bool:
    """Say whether Bedrock takes messages of these roles: a person begins and ends, and nobody speaks twice."""
    return (
        all(role == ("assistant" if index % 2 else "user") for index, role in enumerate(roles)) and len(roles) % 2 == 1
    )


def _error(status: int, kind: str, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status, headers={"x-amzn-ErrorType": kind})


def _usage(body: Mapping[str, Any], text: str, behaviour: Behaviour) -> dict[str, int]:
    """Count as Bedrock does: `inputTokens` are those that were not read from the cache."""
    prompt = sum(tokens_of(text_of(message)) for message in body["messages"])
    prompt += sum(tokens_of(block.get("text", "")) for block in body.get("system", []))
    completion = tokens_of(text)
    return {
        "inputTokens": prompt - behaviour.cached_tokens,
        "outputTokens": completion,
        "totalTokens": prompt + completion,
        "cacheReadInputTokens": behaviour.cached_tokens,
        "cacheWriteInputTokens": 0,
    }


async def serve(port: int, tokens_per_second: float | None) -> None:
    """Serve until interrupted; the first line printed is the endpoint's URL."""
    server = BedrockServer(port=port)
    server.default = Behaviour(tokens_per_second=tokens_per_second)
    async with server:
        print(server.url, flush=True)  # noqa: T201 # the program that started this one reads it
        await hang()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tokens-per-second", type=float, default=None)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.tokens_per_second))
