"""A loopback server that speaks OpenAI's chat completions and embeddings, and fails on demand."""

import argparse
import asyncio
import base64
import json
import struct
from collections.abc import Mapping
from typing import Any

from aiohttp import web

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

ERROR_TYPES = {400: "invalid_request_error", 401: "authentication_error", 404: "invalid_request_error", 429: "tokens"}
PING_SECONDS = 0.02


class OpenAIServer(ModelServer):
    """OpenAI's API below `base_url`."""

    @property
    def base_url(self) -> str:
        """What `OPENAI_BASE_URL` is set to."""
        return f"{self.url}/v1"

    def routes(self) -> list[web.RouteDef]:
        """Return what is served."""
        return [
            web.post("/v1/chat/completions", self._complete),
            web.post("/v1/embeddings", self._embeddings),
        ]

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        recorded, behaviour = await self.record(request)
        try:
            return await self._respond(request, recorded, behaviour)
        finally:
            recorded.ended.set()

    async def _respond(self, request: web.Request, recorded: Recorded, behaviour: Behaviour) -> web.StreamResponse:
        if behaviour.fault is Fault.SILENT:
            await hang()
        if not recorded.headers.get("Authorization", "").startswith("Bearer "):
            behaviour = Behaviour(status=401)
        if behaviour.status != 200:
            return refuse(behaviour)
        text = self._text(recorded.body)
        if recorded.body.get("stream"):
            return await Stream(request, recorded, behaviour).send(text)
        if behaviour.fault is Fault.HANG:
            await hang()
        if behaviour.fault is Fault.CUT:
            cut(request)
        if behaviour.fault in {Fault.MALFORMED, Fault.TRUNCATED}:
            return web.Response(text='{"id": "chatcmpl-1", "choi', content_type="application/json")
        recorded.is_answered = True
        return web.json_response(
            {
                **_head(recorded.body, "chat.completion"),
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": text, "refusal": None},
                        "finish_reason": behaviour.finish or "stop",
                        "logprobs": None,
                    }
                ],
                **({"usage": _usage(recorded.body, text, behaviour)} if behaviour.has_usage else {}),
            }
        )

    def _text(self, body: Mapping[str, Any]) -> str:
        form = body.get("response_format", {})
        if form.get("type") == "json_schema":
            return json.dumps(self.decide(body["messages"], form["json_schema"]["schema"]))
        return self.answer(body["messages"])

    async def _embeddings(self, request: web.Request) -> web.StreamResponse:
        recorded, behaviour = await self.record(request)
        if behaviour.status != 200:
            return refuse(behaviour)
        texts = recorded.body["input"]
        texts = [texts] if isinstance(texts, str) else texts
        as_base64 = recorded.body.get("encoding_format") == "base64"
        vectors = [self.embed(text if isinstance(text, str) else str(text)) for text in texts]
        recorded.is_answered = True
        recorded.ended.set()
        tokens = sum(tokens_of(str(text)) for text in texts)
        return web.json_response(
            {
                "object": "list",
                "model": recorded.body["model"],
                "data": [
                    {"object": "embedding", "index": index, "embedding": _base64(vector) if as_base64 else vector}
                    for index, vector in enumerate(vectors)
                ],
                "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
            }
        )


class Stream:
    """One streamed answer."""

    def __init__(self, request: web.Request, recorded: Recorded, behaviour: Behaviour) -> None:
        self._request = request
        self._recorded = recorded
        self._behaviour = behaviour
        self._response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})

    async def send(self, text: str) -> web.StreamResponse:
        """Send the answer as server-sent events, or as much of it as the fault allows."""
        fault = self._behaviour.fault
        await self._response.prepare(self._request)
        if fault is Fault.HANG:
            await self._hang()
        await self._chunk({"role": "assistant", "content": ""})
        async for piece in paced(pieces_of(text), self._behaviour, self._recorded):
            if self._behaviour.has_pings:
                await self._response.write(b": ping\n\n")
            await self._chunk({"content": piece})
        if fault in {None, Fault.HANG_AT_END}:
            await self._finish(text)
        else:
            await self._strike(fault)
        return self._response

    async def _hang(self) -> None:
        """Say nothing, or nothing but that the connection is alive."""
        while self._behaviour.has_pings:
            await self._response.write(b": ping\n\n")
            await asyncio.sleep(PING_SECONDS)
        await hang()

    async def _finish(self, text: str) -> None:
        await self._chunk({}, finish=self._behaviour.finish or "stop")
        wants_usage = self._recorded.body.get("stream_options", {}).get("include_usage")
        if self._behaviour.fault is Fault.HANG_AT_END:
            await hang()
        if wants_usage and self._behaviour.has_usage:
            head = _head(self._recorded.body, "chat.completion.chunk")
            await self._data({**head, "choices": [], "usage": _usage(self._recorded.body, text, self._behaviour)})
        await self._response.write(b"data: [DONE]\n\n")
        self._recorded.is_answered = True

    async def _strike(self, fault: Fault | None) -> None:
        match fault:
            case Fault.STALL:
                await hang()
            case Fault.CUT:
                cut(self._request)
            case Fault.MALFORMED:
                await self._response.write(b'data: {"id": "chatcmpl-1", "choices": [{"del\n\n')
            case Fault.THROTTLED:
                await self._data({"error": {"message": "Too much.", "type": "tokens", "code": "rate_limit_exceeded"}})
            case _:
                await self._response.write(b"data: [DONE]\n\n")

    async def _chunk(self, delta: dict[str, Any], *, finish: str | None = None) -> None:
        head = _head(self._recorded.body, "chat.completion.chunk")
        await self._data({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    async def _data(self, payload: dict[str, Any]) -> None:
        await self._response.write(b"data: " + json.dumps(payload).encode() + b"\n\n")


def refuse(behaviour: Behaviour) -> web.Response:
    """Answer with an error."""
    headers = {} if behaviour.retry_after is None else {"Retry-After": behaviour.retry_after}
    error = {
        "message": behaviour.error_message,
        "type": ERROR_TYPES.get(behaviour.status, "server_error"),
        "code": behaviour.error_code,
        "param": None,
    }
    return web.json_response({"error": error}, status=behaviour.status, headers=headers)


def _head(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1_700_000_000, "model": body["model"]}


def _usage(body: Mapping[str, Any], text: str, behaviour: Behaviour) -> dict[str, Any]:
    prompt = sum(tokens_of(text_of(message)) for message in body["messages"])
    completion = tokens_of(text)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": behaviour.cached_tokens},
    }


def _base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


async def serve(port: int, tokens_per_second: float | None) -> None:
    """Serve until interrupted; the first line printed is the base URL."""
    server = OpenAIServer(port=port)
    server.default = Behaviour(tokens_per_second=tokens_per_second)
    async with server:
        print(server.base_url, flush=True)  # noqa: T201 # the program that started this one reads it
        await hang()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tokens-per-second", type=float, default=None)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.tokens_per_second))
