"""The stage that most tests of Slack's adapter need."""

from collections.abc import AsyncIterator

import pytest

from tests.adapters.slack.slack_stage import SlackStage, open_stage


@pytest.fixture
async def chat() -> AsyncIterator[SlackStage]:
    async with open_stage() as stage:
        yield stage
