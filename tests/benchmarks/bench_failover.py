"""What failing models cost: seconds to one clean answer, and seconds of the next message while the circuit is open."""

import argparse
import asyncio
import logging
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from langchain_core.messages import HumanMessage

from agents.contract import ModelCall
from agents.models.build import Models, open_models
from agents.models.chain import ModelChain
from agents.models.pieces import Delta, Restart
from agents.models.prompt import Prompt
from agents.models.settings import Deadlines, ModelSettings
from tests.servers.bedrock_server import BedrockServer
from tests.servers.model_server import FINE, Behaviour, Fault, ModelServer
from tests.servers.openai_server import OpenAIServer

OPENAI, BEDROCK = "openai:gpt-4o-mini", "bedrock:us.amazon.nova-lite-v1:0"
PROMPT = Prompt(system="Be brief.", messages=[HumanMessage("Why?")], max_tokens=200)
WRONG = "This answer is never read to its end."
RIGHT = "A refund takes five working days [1]. " * 10
FAULTS = {
    "none": FINE,
    "429": Behaviour(status=429, retry_after="30"),
    "500": Behaviour(status=500),
    "connection refused": None,
    "hang before first token": Behaviour(fault=Fault.HANG),
    "cut mid-stream": Behaviour(fault=Fault.CUT),
    "stall mid-stream": Behaviour(fault=Fault.STALL),
    "truncated": Behaviour(fault=Fault.TRUNCATED),
    "malformed": Behaviour(fault=Fault.MALFORMED),
}


async def ask(chain: ModelChain) -> tuple[str, float, int]:
    """Return what stays on screen, the seconds that it took, and how many models were called for it."""
    text, started = "", time.perf_counter()
    calls: list[ModelCall] = []
    async for piece in chain.stream(PROMPT, role="answer", calls=calls):
        if isinstance(piece, Delta):
            text += piece.text
        elif isinstance(piece, Restart):
            text = ""
    return text, time.perf_counter() - started, len(calls)


async def measure(names: tuple[str, str], fault: str, behaviour: Behaviour | None, seconds: float) -> str:
    """Return one row of the table."""
    async with AsyncExitStack() as stack:
        openai = await stack.enter_async_context(OpenAIServer())
        bedrock = await stack.enter_async_context(BedrockServer())
        models = await stack.enter_async_context(open_models(settings_for(openai, bedrock, seconds)))
        first, second = (openai, bedrock) if names[0] == OPENAI else (bedrock, openai)
        first.answer, second.answer = lambda _messages: WRONG, lambda _messages: RIGHT
        chain = await warmed(models, names, second)
        await break_down(first, behaviour)
        rows = [await ask(chain) for _ in range(3)]
        expected = WRONG if fault == "none" else RIGHT
        is_clean = all(text == expected for text, _, _ in rows)
        timings = "".join(f"{took:9.3f}s ({calls})" for _, took, calls in rows)
        return f"{names[0].split(':')[0]:8} {fault:25}{'yes' if is_clean else 'NO':6}{timings}"


async def warmed(models: Models, names: tuple[str, str], second: ModelServer) -> ModelChain:
    """Return the chain after a healthy call of each model, so that no row pays for imports or connections."""
    for name in names:
        chain, _ = await models.build_chain([name])
        await models.warm_up()
        await ask(chain)
    second.requests.clear()
    return (await models.build_chain(names))[0]


async def break_down(server: ModelServer, behaviour: Behaviour | None) -> None:
    """Make a server fail from now on; None closes its port."""
    if behaviour is None:
        await server.__aexit__()
    else:
        server.default = behaviour


def settings_for(openai: OpenAIServer, bedrock: BedrockServer, seconds: float) -> ModelSettings:
    """Return settings that lead to the loopback servers."""
    return ModelSettings(
        openai_api_key="sk-loopback",
        openai_base_url=openai.base_url,
        aws_access_key_id="AKIALOOPBACK",
        aws_secret_access_key="secret",
        aws_region="us-east-1",
        bedrock_endpoint_url=bedrock.url,
        deadlines=Deadlines(first_token_seconds=seconds, between_tokens_seconds=seconds),
    )


async def main(seconds: float) -> None:
    """Print the table."""
    logging.disable(logging.WARNING)
    print(f"Deadlines for the first and between tokens: {seconds} s. In brackets: models that were called.")
    print(f"{'first':8} {'fault of the first':25}{'clean':6}{'1st message':>14}{'2nd':>14}{'3rd':>14}")
    for names in ((OPENAI, BEDROCK), (BEDROCK, OPENAI)):
        for fault, behaviour in FAULTS.items():
            print(await measure(names, fault, behaviour, seconds), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="both deadlines")
    asyncio.run(main(parser.parse_args().seconds))
