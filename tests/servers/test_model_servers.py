import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator

import boto3
import pytest
from botocore.exceptions import ClientError
from openai import AsyncOpenAI, RateLimitError

from tests.servers.bedrock_server import BedrockServer, is_conversation
from tests.servers.model_server import Behaviour, hashed_vector
from tests.servers.openai_server import OpenAIServer


@pytest.fixture
async def openai_server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        yield server


@pytest.fixture
async def client(openai_server: OpenAIServer) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key="sk", base_url=openai_server.base_url, max_retries=0) as client:
        yield client


@pytest.mark.parametrize("encoding", ["float", "base64", None])
async def test_openais_client_reads_the_vectors_in_both_encodings(client: AsyncOpenAI, encoding: str | None) -> None:
    options = {} if encoding is None else {"encoding_format": encoding}
    answer = await client.embeddings.create(model="text-embedding-3-small", input=["refund", "a b"], **options)  # type: ignore[arg-type] # two of the literals it lists
    assert len(answer.data) == 2
    if encoding != "base64":
        assert answer.data[0].embedding == pytest.approx(hashed_vector("refund"))


async def test_requests_are_recorded_and_scripted_behaviour_is_used_up_in_order(
    openai_server: OpenAIServer, client: AsyncOpenAI
) -> None:
    openai_server.behave(Behaviour(status=429, retry_after="3"))
    with pytest.raises(RateLimitError) as limited:
        await client.embeddings.create(model="m", input="first")
    assert limited.value.response.headers["Retry-After"] == "3"
    await client.embeddings.create(model="m", input="second")
    assert [request.body["input"] for request in openai_server.requests] == ["first", "second"]


async def test_titans_vectors_come_from_bedrock_and_only_for_signed_requests() -> None:
    def call(url: str, key: str | None) -> list[float]:
        session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=key and "x", region_name="us-east-1")
        runtime = session.client("bedrock-runtime", endpoint_url=url)
        answer = runtime.invoke_model(modelId="amazon.titan-embed-text-v2:0", body=json.dumps({"inputText": "refund"}))
        vector: list[float] = json.loads(answer["body"].read())["embedding"]
        return vector

    async with BedrockServer() as server:
        assert await asyncio.to_thread(call, server.url, "AKIA") == pytest.approx(hashed_vector("refund"))
        server.behave(Behaviour(status=403))
        with pytest.raises(ClientError, match="AccessDenied"):
            await asyncio.to_thread(call, server.url, "AKIA")
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("roles", "is_taken"),
    [
        (["user"], True),
        (["user", "assistant", "user"], True),
        (["assistant", "user"], False),
        (["user", "user"], False),
        (["user", "assistant"], False),
    ],
)
def test_bedrock_takes_only_conversations_that_alternate(roles: list[str], *, is_taken: bool) -> None:
    assert is_conversation(roles) is is_taken


@pytest.mark.parametrize("module", ["openai_server", "bedrock_server"])
def test_a_server_can_be_started_as_a_program_that_prints_its_address(module: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", f"tests.servers.{module}"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        server.terminate()
    assert line.startswith("http://127.0.0.1:")
