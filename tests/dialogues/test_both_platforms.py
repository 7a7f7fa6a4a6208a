"""One process that serves Slack and Discord at once, on Discord without the privileged message-content intent."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.dialogues.discord_talk import DiscordTalk, Place, build_surroundings
from tests.dialogues.slack_talk import PATIENCE, SlackTalk
from tests.programs.serving import open_firstline
from tests.servers.discord.server import open_discord
from tests.servers.openai_server import OpenAIServer
from tests.servers.slack.server import SlackServer
from tests.servers.slack.world import Channel as SlackChannel

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
    pytest.mark.long,
]

REFUND, WEBHOOK = "how long does a refund take?", "how do webhook retries work?"


@dataclass(frozen=True, slots=True)
class Both:
    """The two platforms of one bot, each with its support channel."""

    slack: SlackTalk
    discord: DiscordTalk
    slack_desk: SlackChannel
    discord_desk: Place


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Both]:
    async with SlackServer() as slack, open_discord() as discord, OpenAIServer() as model:
        discord.interactions.answer_seconds = PATIENCE
        slack_desk = slack.add_channel("support")
        discord_desk = discord.world.add_channel(discord.guild, "staff")
        surroundings = {
            **slack.environment,
            **discord.settings,
            **build_surroundings(model),
            "FIRSTLINE_BURST_SECONDS": "0.3",
            "FIRSTLINE_SLACK_SUPPORT_CHANNEL": slack_desk.id,
            "FIRSTLINE_DISCORD_SUPPORT_CHANNEL": str(discord_desk.id),
        }
        async with open_firstline(tmp_path_factory.mktemp("both") / "home", **surroundings) as bot:
            await bot.until_logged("slack: ready")
            await bot.until_logged("discord: ready")
            talk = DiscordTalk(discord, model, bot)
            yield Both(SlackTalk(slack, model, bot), talk, slack_desk, Place(talk, discord_desk.id))


async def test_people_of_both_are_answered_side_by_side(both: Both) -> None:
    ann, dan = both.slack.person("ann"), both.discord.person("dan")
    on_slack = await ann.mentions(both.slack.channel(ann), REFUND)
    on_discord = await dan.mentions(both.discord.channel(), WEBHOOK)
    assert "business days" in (await on_slack.is_answered()).text
    assert "24 hours" in (await on_discord.is_answered()).content
    assert (len(on_slack.said()), len(on_discord.said())) == (1, 1)


async def test_a_hand_off_goes_to_the_support_channel_of_its_own_platform(both: Both) -> None:
    ann, dan = both.slack.person("ann"), both.discord.person("dan")
    on_slack = await ann.mentions(both.slack.channel(ann), REFUND)
    on_discord = await dan.mentions(both.discord.channel(), WEBHOOK)
    await ann.presses(await on_slack.is_answered(), "firstline_person")
    await dan.presses(await on_discord.is_answered(), "Talk to a person")
    wanted_on_discord = await both.discord_desk.hears("A person is wanted")
    wanted_on_slack = (
        await both.slack.slack.until(lambda: both.slack.slack.messages(both.slack_desk), timeout=PATIENCE)
    )[0]
    assert "webhook" in wanted_on_discord.content
    assert "refund" in wanted_on_slack.text
    assert (len(both.slack.slack.messages(both.slack_desk)), len(both.discord_desk.said())) == (1, 1)
    await on_discord.hears("support team to take over")  # by then the bot knows its notice
    await both.discord.person("sam").presses(wanted_on_discord, "Give back to the bot")
    await on_discord.hears("has given this conversation back")
    assert not [each for each in on_slack.said() if "given" in each.text]


async def test_without_the_intent_follow_ups_take_a_mention_and_the_log_says_so_once(both: Both) -> None:
    dan = both.discord.person("dan")
    thread = await dan.mentions(both.discord.channel(), REFUND)
    answer = await thread.is_answered()
    for _ in range(2):
        await dan.writes(thread.channel, "and then?")
    await dan.writes(thread.channel, WEBHOOK, reply_to=answer)
    assert "24 hours" in (await thread.is_answered(2)).content
    direct = await dan.tells(REFUND)
    await direct.is_answered()
    assert len(thread.said()) == 2
    assert len([line for line in both.discord.bot.log if "FIRSTLINE_DISCORD_MESSAGE_CONTENT=true" in line]) == 1
