"""The real program on the loopback Discord, killed in the middle of its calls: nothing is lost, nothing comes twice."""

from pathlib import Path

import pytest

from tests.dialogues.discord_crowd import Crowd, Lives, answer_with_its_mark, kill_at
from tests.dialogues.discord_talk import build_surroundings
from tests.dialogues.slack_talk import PATIENCE
from tests.servers.discord.server import open_discord
from tests.servers.model_server import Behaviour
from tests.servers.openai_server import OpenAIServer

pytestmark = [pytest.mark.timeout(240), pytest.mark.long]


async def test_questions_around_two_crashes_are_each_answered_once(tmp_path: Path) -> None:
    async with open_discord() as discord, OpenAIServer() as model:
        discord.interactions.answer_seconds = PATIENCE
        surroundings = {
            **discord.settings,
            **build_surroundings(model),
            "FIRSTLINE_DISCORD_MESSAGE_CONTENT": "true",
            "FIRSTLINE_BURST_SECONDS": "0.3",
        }
        model.answer, model.default = answer_with_its_mark, Behaviour(tokens_per_second=40)
        crowd = Crowd(discord)
        lives = Lives(tmp_path / "home", surroundings, crowd)
        async with lives.life() as bot:
            await crowd.tell()
            await crowd.is_answered()
            await crowd.ask_in_all_ways()
            await lives.die(bot, kill_at("message.create", skip=1, after_write=True))
        await crowd.mention()
        async with lives.life() as bot:
            await crowd.ask_in_all_ways()
            await lives.die(bot, kill_at("message.edit", skip=1))
        await crowd.mention()
        await crowd.write_on()
        await crowd.tell()
        async with lives.life():
            await crowd.ask_in_all_ways()
            await crowd.is_answered()
            discord.gateway.repeat(20)
            await crowd.mention()
            await crowd.is_answered()
        result = crowd.result()
        assert result.is_right, result
        assert result.asked >= 14
