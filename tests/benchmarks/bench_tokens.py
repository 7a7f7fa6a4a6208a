"""CPU for each token from the provider's delta to the last event's consumer, with 100 answers at once.

100 answers stream 50 tokens a second each from a loopback OpenAI server in a process of its own. The baseline is the
plain `ChatOpenAI.astream` under the same load, in the same run; Firstline is the whole agent: failover loop, frames,
citations, graph, checkpoint. Rounds alternate, since the machine may be shared.
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
from tests.servers.model_server import Behaviour, hang, pieces_of
from tests.servers.openai_server import OpenAIServer

ANSWERS, SENTENCES, TOKENS_PER_SECOND, ROUNDS = 100, 20, 50.0, 3
QUESTION = "Are annual plans refunded in full?"
ANSWER = "Annual plans are refunded in full within 30 days of the first purchase [1]. " * SENTENCES
TOKENS = len(pieces_of(ANSWER))
Ask = Callable[[int], Awaitable[None]]


async def serve() -> None:
    """Be the provider."""
    server = OpenAIServer()
    server.answer = lambda _messages: ANSWER
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

    async def ask(_number: int) -> None:
        text = [str(chunk.text) async for chunk in chat.astream(QUESTION)]
        assert "".join(text).strip() == ANSWER.strip()

    yield ask


@asynccontextmanager
async def firstline(base_url: str) -> AsyncIterator[Ask]:
    documents = [passage("billing/refunds.md", ANSWER[:1_200])]
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

                async def ask(number: int) -> None:
                    request = TurnRequest(f"console:{number}", "t", (Question("m", "ada", QUESTION),))
                    events = [event async for event in agent.answer(request)]
                    assert isinstance(events[-1], TurnFinished)
                    assert events[-1].text == ANSWER.strip()

                yield ask


async def microseconds(opened: Callable[[str], contextlib.AbstractAsyncContextManager[Ask]], base_url: str) -> float:
    async with opened(base_url) as ask:
        await ask(-1)
        before = time.process_time()
        await asyncio.gather(*(ask(number) for number in range(ANSWERS)))
        return (time.process_time() - before) / (ANSWERS * TOKENS) * 1e6


async def main() -> None:
    ratios: list[float] = []
    with provider() as base_url:
        for number in range(ROUNDS):
            bare, ours = await microseconds(plain, base_url), await microseconds(firstline, base_url)
            ratios.append(ours / bare)
            print(
                f"round {number + 1}: astream {bare:6.1f} us a token, Firstline {ours:6.1f} us, ratio {ours / bare:.2f}"
            )
    print(f"{ANSWERS} answers of {TOKENS} tokens at once: ratio {statistics.median(ratios):.2f} (median)")


if __name__ == "__main__":
    asyncio.run(serve() if "--serve" in sys.argv else main())
