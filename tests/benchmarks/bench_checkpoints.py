"""200 turns of one conversation, answers of 1,000 tokens: megabytes on disk and milliseconds a turn.

The baseline is the same conversation in a graph of one node with LangGraph's defaults, measured in the same run.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, MessagesState, StateGraph

sys.path.insert(0, str(Path(__file__).parents[2]))

from agents.agent import AgentSettings, Chains, open_agent
from agents.contract import Question, TurnRequest
from agents.domains import read_domains
from agents.models.chain import ModelChain, build_link
from agents.models.scripted import ScriptedModel, answer
from agents.supervisor import Routing
from tests.fakes.memory_knowledge import MemoryKnowledge, classified, passage

TURNS = 200
ANSWER = "Annual plans are refunded in full within 30 days of the first purchase [1]. " * 70  # about 1,000 tokens
QUESTION = "Are annual plans refunded in full?"
Ask = Callable[[int], Awaitable[None]]


@asynccontextmanager
async def firstline(path: Path) -> AsyncIterator[Ask]:
    documents = [passage("billing/refunds.md", ANSWER[:1_200])]
    knowledge = MemoryKnowledge(documents, default=classified("billing"))
    domains = read_domains()
    chain = ModelChain([build_link(ScriptedModel(lambda _prompt: answer(ANSWER)))])
    chains = Chains(ModelChain([]), dict.fromkeys(domains.names, chain))
    settings = AgentSettings("Acme", None, Routing.AUTO, 60_000)
    async with open_agent(
        domains,
        retriever=knowledge,
        classifier=knowledge,
        chains=chains,
        settings=settings,
        checkpoints_path=path,
    ) as agent:

        async def ask(number: int) -> None:
            request = TurnRequest("console:bench", f"t{number}", (Question(f"m{number}", "ada", QUESTION),))
            async for _ in agent.answer(request):
                pass

        yield ask


@asynccontextmanager
async def defaults(path: Path) -> AsyncIterator[Ask]:
    async def supervisor(state: MessagesState) -> dict[str, object]:  # noqa: ARG001 - LangGraph passes it by name
        return {}

    async def worker(state: MessagesState) -> dict[str, object]:  # noqa: ARG001 - as above
        return {"messages": [AIMessage(ANSWER)]}

    graph = StateGraph(MessagesState)
    graph.add_node("supervisor", supervisor)
    graph.add_node("worker", worker)
    graph.add_edge(START, "supervisor")
    graph.add_edge("supervisor", "worker")
    graph.add_edge("worker", END)
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        compiled = graph.compile(checkpointer=saver)

        async def ask(number: int) -> None:
            question = HumanMessage(QUESTION, id=f"m{number}")
            async for _ in compiled.astream(
                {"messages": [question]}, {"configurable": {"thread_id": "bench"}}, stream_mode="custom"
            ):
                pass

        yield ask


async def measure(name: str, opened: Callable[[Path], object]) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        started, cpu = time.perf_counter(), time.process_time()
        async with opened(Path(folder) / "c.db") as ask:  # type: ignore[attr-defined]  # both are context managers
            for number in range(TURNS):
                await ask(number)
            size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
        wall = (time.perf_counter() - started) / TURNS * 1e3
        cpu = (time.process_time() - cpu) / TURNS * 1e3
    print(f"{name:<20} {size:8.2f} MB  {wall:7.1f} ms a turn  {cpu:7.1f} CPU-ms a turn")
    return size, cpu


async def main() -> None:
    size, cpu = await measure("LangGraph's defaults", defaults)
    our_size, our_cpu = await measure("Firstline", firstline)
    print(f"ratio                {our_size / size:8.4f}     {'':17}  {our_cpu / cpu:7.2f}")


if __name__ == "__main__":
    asyncio.run(main())
