"""Reads that share one limit: those who come together are served in line, and a refusal makes all of them wait."""

import asyncio
import time

import pytest

from adapters.contract import Content
from adapters.errors import RateLimited, Unreachable
from adapters.slack.calls import SingleToken, open_calls
from adapters.slack.reads import PacedReads
from tests.adapters.slack.slack_stage import SlackStage
from tests.servers.slack.faults import Limited


async def test_many_lookups_at_once_are_all_answered_and_none_is_refused(chat: SlackStage) -> None:
    await chat.platform.post(chat.address, Content("answer"), key="t0:0")
    async with asyncio.TaskGroup() as tasks:
        lookups = [tasks.create_task(chat.platform.find(chat.address, f"t{number}:0")) for number in range(9)]
    assert [lookup.result() is not None for lookup in lookups] == [True] + [False] * 8
    assert not chat.slack.limits.refused


async def test_a_refusal_makes_those_behind_it_wait_as_long_as_slack_says(chat: SlackStage) -> None:
    chat.slack.faults.plan("conversations.replies", Limited(retry_after=1))
    with pytest.raises(Unreachable):
        await chat.platform.find(chat.address, "t0:0")
    await chat.platform.find(chat.address, "t0:0")
    refused, answered = [call for call in chat.slack.calls if call.method == "conversations.replies"]
    assert answered.at - refused.at >= 0.95


async def test_each_workspace_and_each_method_has_a_line_of_its_own(chat: SlackStage) -> None:
    ask = {"channel": chat.channel.id, "ts": chat.question.ts}
    async with open_calls(chat.slack.api_url, SingleToken(chat.slack.team.bot_token)) as calls:
        reads = PacedReads(calls, time.monotonic)
        chat.slack.faults.plan("conversations.replies", Limited(retry_after=60))
        with pytest.raises(RateLimited):
            await reads.read("T1", "conversations.replies", ask)
        assert await reads.read("T1", "conversations.history", ask)
        assert await reads.read("T2", "conversations.replies", ask)
