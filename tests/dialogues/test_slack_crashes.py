"""Killed in the middle of its calls on a Slack where much goes wrong, the real program answers each question once."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.dialogues.slack_crowd import Crowd, Lives, answer_with_its_mark, plan_faults
from tests.servers.model_server import Behaviour
from tests.servers.openai_server import OpenAIServer
from tests.servers.slack.server import SlackServer

pytestmark = [pytest.mark.timeout(300), pytest.mark.long]


async def test_each_question_has_one_answer_whatever_is_delivered_again_fails_or_is_killed(tmp_path: Path) -> None:
    rng = random.Random(7)
    async with SlackServer() as slack, OpenAIServer() as model:
        model.answer, model.default = answer_with_its_mark, Behaviour(tokens_per_second=200)
        slack.deliveries.timings.retries = (0.0, 1.0, 3.0)
        plan_faults(slack, rng, chance=0.02)
        surroundings = slack.environment | {
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_API_KEY": "sk-loopback",
            "FIRSTLINE_ROUTING": "local",
            "FIRSTLINE_GRACE_SECONDS": "5",
        }
        crowd = Crowd(slack, rng)
        lives = Lives(tmp_path / "home", surroundings, crowd)
        async with asyncio.TaskGroup() as people:
            asking = people.create_task(crowd.ask(12, at_once=6))
            await lives.live(until_answered=1, is_killed=True)
            await lives.live(until_answered=6, is_killed=True)
            await lives.rest(asking)
    assert crowd.result().is_right, crowd.result()
    assert lives.exit_codes == [0]
    assert not lives.errors
