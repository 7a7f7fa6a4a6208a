import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from knowledge.cache import CachedEmbedder, open_embedding_cache
from knowledge.contract import Embedder
from knowledge.embedders.minilm import MiniLM, build_minilm
from knowledge.embedders.openai import build_openai_embedder
from knowledge.embedders.recent import RecentEmbedder
from knowledge.embedders.titan import DIMENSIONS, build_titan_embedder
from knowledge.errors import EmbedderUnavailable
from tests.contracts.embedder import EmbedderContract, cosine
from tests.fakes.hashing_embedder import HashingEmbedder


class EmbeddingServer(ThreadingHTTPServer):
    """Answers OpenAI's and Bedrock's embedding requests; `status` other than 200 refuses them."""

    status = 200
    body: bytes | None = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.inner = HashingEmbedder()
        self.requests: list[dict[str, object]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: EmbeddingServer

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(request)
        answer = self.server.body or json.dumps(self._answer(request)).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _answer(self, request: dict[str, object]) -> dict[str, object]:
        if "inputText" in request:
            return {"embedding": self.server.inner.embed([str(request["inputText"])])[0]}
        texts = request["input"]
        assert isinstance(texts, list)
        doubled = [[2 * value for value in vector] for vector in self.server.inner.embed(texts)]
        rows = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(doubled)]
        return {"object": "list", "data": rows[::-1], "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Say nothing."""


@contextmanager
def serving() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with serving() as server:
        yield server


def openai(server: EmbeddingServer) -> Embedder:
    return build_openai_embedder(api_key="sk-test", base_url=f"{server.url}/v1", model="small", timeout_seconds=5)


def titan(server: EmbeddingServer) -> Embedder:
    return build_titan_embedder(
        region="us-east-1", access_key="A", secret_key="S", endpoint_url=server.url, timeout_seconds=5
    )


class TestMiniLM(EmbedderContract):
    @pytest.fixture
    def embedder(self, minilm: MiniLM) -> Embedder:
        return minilm

    def test_near_meanings_are_near(self, minilm: MiniLM) -> None:
        question, same, other = minilm.embed(
            ["How long does a refund take?", "When do I get my money back?", "Lasagna recipe"]
        )
        assert cosine(question, same) > 0.4 > cosine(question, other)

    def test_threads_may_share_it(self, minilm: MiniLM) -> None:
        texts = [f"question number {number}" for number in range(16)]
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda text: minilm.embed([text])[0], texts)) == minilm.embed(texts)


class TestHashingEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return HashingEmbedder()


class TestCachedEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> Iterator[Embedder]:
        with open_embedding_cache(tmp_path / "cache.sqlite") as cache:
            yield CachedEmbedder(HashingEmbedder(), cache)


class TestRecentEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return RecentEmbedder(HashingEmbedder())


class TestOpenAIEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self, server: EmbeddingServer) -> Embedder:
        return openai(server)


class TestTitanEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self, server: EmbeddingServer) -> Embedder:
        return titan(server)


@pytest.mark.parametrize("part", ["model_path", "tokenizer_path"])
def test_a_changed_model_file_is_refused(tmp_path: Path, part: str) -> None:
    changed = tmp_path / "model.onnx"
    changed.write_bytes(b"something else")
    with pytest.raises(EmbedderUnavailable, match=r"model\.onnx .* has changed"):
        build_minilm(**{part: changed})


def test_a_missing_model_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match="can't be read"):
        build_minilm(tokenizer_path=tmp_path / "nothing")


def test_openai_texts_are_sent_in_batches(server: EmbeddingServer) -> None:
    assert len(openai(server).embed([f"text {number}" for number in range(300)])) == 300
    sizes = [len(sent) for request in server.requests if isinstance(sent := request["input"], list)]
    assert sizes == [128, 128, 44]


def test_titan_is_asked_for_normalised_vectors_of_one_length(server: EmbeddingServer) -> None:
    titan(server).embed(["a text"])
    assert server.requests == [{"inputText": "a text", "dimensions": DIMENSIONS, "normalize": True}]


@pytest.mark.parametrize("build", [openai, titan])
@pytest.mark.parametrize(
    ("status", "body"), [(401, b'{"message": "no"}'), (400, b"{}"), (200, b"{}"), (200, b'{"data": []}')]
)
def test_a_refusal_is_named_by_its_class_only(
    server: EmbeddingServer, build: Callable[[EmbeddingServer], Embedder], status: int, body: bytes
) -> None:
    server.status, server.body = status, body
    with pytest.raises(EmbedderUnavailable) as refusal:
        build(server).embed(["a secret text"])
    assert "secret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_openai_without_a_key_says_what_to_set() -> None:
    with pytest.raises(EmbedderUnavailable, match="OPENAI_API_KEY"):
        build_openai_embedder(api_key="")


def test_a_recent_text_is_embedded_once() -> None:
    inner = HashingEmbedder()
    embedder = RecentEmbedder(inner)
    assert embedder.embed(["hello"]) == embedder.embed(["hello"])
    assert inner.embedded == ["hello"]


def test_a_failure_is_not_remembered() -> None:
    refusals = [EmbedderUnavailable("out of reach")]

    def refuse_once(_text: str) -> None:
        if refusals:
            raise refusals.pop()

    embedder = RecentEmbedder(HashingEmbedder(before=refuse_once))
    with pytest.raises(EmbedderUnavailable):
        embedder.embed(["hello"])
    assert embedder.embed(["hello"]) == HashingEmbedder().embed(["hello"])


def test_the_cache_keeps_models_apart_and_forgets_the_oldest(tmp_path: Path) -> None:
    one, other = HashingEmbedder("one"), HashingEmbedder("other")

    def embed(embedder: HashingEmbedder, texts: Sequence[str]) -> int:
        embedder.embedded.clear()
        CachedEmbedder(embedder, cache).embed(texts)
        return len(embedder.embedded)

    with open_embedding_cache(tmp_path / "cache.sqlite") as cache:
        assert [embed(one, ["a", "b", "a"]), embed(one, ["b", "a"]), embed(other, ["a"])] == [2, 0, 1]
        cache.trim(2)
        assert [embed(other, ["a"]), embed(one, ["b"]), embed(one, ["a"])] == [0, 0, 1]
