"""CPU for each token from the provider's delta to the last event's consumer, with 100 answers at once.

100 answers stream 50 tokens a second each from a loopback OpenAI server in a process of its own. The baseline is the
plain `ChatOpenAI.astream` under the same load, in the same run; Firstline is the whole agent: failover loop, frames,
citations, graph, checkpoint. Answers of two lengths tell what a token costs from what a turn costs. Rounds alternate,
since the machine may be shared.
"""

import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agents.agent import AgentSettings, Chains, open_agent
from agents.contract import Question, TurnFinished, TurnRequest
from agents.domains import read_domains
from agents.models.build import open_models
from agents.models.chain import ModelChain
from agents.models.settings import ModelSettings
from agents.supervisor import Routing
from tests.fakes.memory_knowledge import MemoryKnowledge, classified, passage
from tests.servers.model_server import Behaviour, hang, pieces_of, text_of
from tests.servers.openai_server import OpenAIServer

ANSWERS, TOKENS_PER_SECOND, ROUNDS = 100, 50.0, 2
SHORT, LONG = 15, 45
SENTENCE = "Annual plans are refunded in full within 30 days of the first purchase [1]. "


def ask_for(sentences: int) -> str:
    return f"Are annual plans refunded in full? {sentences}"


def answer_to(question: str) -> str:
    return SENTENCE * int(question.rsplit(maxsplit=1)[-1])


def count_tokens(sentences: int) -> int:
    return len(pieces_of(SENTENCE * sentences))


Ask = Callable[[int, int], Awaitable[None]]
"""Takes the answer's sentences and a number that makes the conversation."""


async def serve() -> None:
    """Be the provider."""
    server = OpenAIServer()
    server.answer = lambda messages: answer_to(text_of(messages[-1]))
    server.default = Behaviour(tokens_per_second=TOKENS_PER_SECOND)
    async with server:
        print(server.base_url, flush=True)
        await hang()


@contextlib.contextmanager
def provider() -> Iterator[str]:
    with subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@asynccontextmanager
async def plain(base_url: str) -> AsyncIterator[Ask]:
    chat = ChatOpenAI(model="gpt-4o-mini", api_key=SecretStr("k"), base_url=base_url, max_retries=0, stream_usage=True)

    async def ask(sentences: int, _number: int) -> None:
        text = [str(chunk.text) async for chunk in chat.astream(ask_for(sentences))]
        assert "".join(text) == SENTENCE * sentences

    yield ask


@asynccontextmanager
async def firstline(base_url: str) -> AsyncIterator[Ask]:
    documents = [passage("billing/refunds.md", SENTENCE)]
    knowledge = MemoryKnowledge(documents, default=classified("billing"))
    domains = read_domains()
    with tempfile.TemporaryDirectory() as folder:
        async with open_models(ModelSettings(openai_api_key="k", openai_base_url=base_url)) as models:
            chain, _ = await models.build_chain(["openai:gpt-4o-mini"])
            async with open_agent(
                domains,
                retriever=knowledge,
                classifier=knowledge,
                chains=Chains(ModelChain([]), dict.fromkeys(domains.names, chain)),
                settings=AgentSettings("Acme", None, Routing.LOCAL, 60_000),
                checkpoints_path=Path(folder) / "c.db",
            ) as agent:

                async def ask(sentences: int, number: int) -> None:
                    question = Question("m", "ada", ask_for(sentences))
                    request = TurnRequest(f"console:{sentences}.{number}", "t", (question,))
                    events = [event async for event in agent.answer(request)]
                    assert isinstance(events[-1], TurnFinished)
                    assert events[-1].text == (SENTENCE * sentences).strip()

                yield ask


async def seconds(ask: Ask, sentences: int) -> float:
    before = time.process_time()
    await asyncio.gather(*(ask(sentences, number) for number in range(ANSWERS)))
    return time.process_time() - before


async def measure(opened: Callable[[str], contextlib.AbstractAsyncContextManager[Ask]], base_url: str) -> list[float]:
    """Return microseconds for each token: of short answers with their turns, and of what longer answers cost more."""
    async with opened(base_url) as ask:
        await ask(1, -1)
        short, long = await seconds(ask, SHORT), await seconds(ask, LONG)
    more = count_tokens(LONG) - count_tokens(SHORT)
    return [short / (ANSWERS * count_tokens(SHORT)) * 1e6, (long - short) / (ANSWERS * more) * 1e6]


async def main() -> None:
    ratios: list[list[float]] = []
    print(f"{ANSWERS} answers at once; us a token     with the turn's own cost    each further token")
    with provider() as base_url:
        for _ in range(ROUNDS):
            bare, ours = await measure(plain, base_url), await measure(firstline, base_url)
            ratios.append([mine / theirs for mine, theirs in zip(ours, bare, strict=True)])
            for name, row in (("astream", bare), ("Firstline", ours)):
                print(f"{name:<32} {row[0]:27.1f} {row[1]:21.1f}")
    best = [statistics.median(column) for column in zip(*ratios, strict=True)]
    print(f"{'ratio (median)':<32} {best[0]:27.2f} {best[1]:21.2f}")


if __name__ == "__main__":
    asyncio.run(serve() if "--serve" in sys.argv else main())
