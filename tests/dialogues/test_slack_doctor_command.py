"""`firstline doctor slack` as operators run it: what it prints, and its exit code."""

import asyncio
import sys
from pathlib import Path

from tests.adapters.slack.test_slack_doctor import connected
from tests.programs.serving import environment
from tests.servers.slack.manifest import OUR_SCOPES
from tests.servers.slack.server import SlackServer


async def consult(folder: Path, slack: SlackServer, **more: str) -> tuple[int, str]:
    """Return the exit code and what is printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "doctor", "slack"),
        cwd=folder,
        env=environment(folder / "home", **(slack.environment | more)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, errors = await process.communicate()
    assert not errors, errors.decode()
    assert process.returncode is not None
    return process.returncode, printed.decode()


async def test_a_healthy_app_needs_no_mending_and_a_channel_without_the_bot_does(tmp_path: Path) -> None:
    async with SlackServer() as slack:
        code, printed = await consult(tmp_path, slack)
        assert (code, "MEND" in printed) == (0, False), printed
        assert "firstline" in printed
        closed = slack.add_channel("support", with_bot=False)
        code, printed = await consult(tmp_path, slack, FIRSTLINE_SLACK_SUPPORT_CHANNEL=closed.id)
    assert (code, printed.count("MEND")) == (1, 1), printed
    assert "/invite" in printed


async def test_a_wrong_token_and_a_second_process_are_told_apart_and_no_token_is_printed(tmp_path: Path) -> None:
    async with SlackServer(scopes=OUR_SCOPES - {"files:write"}) as slack:
        async with connected(slack, 2):
            code, printed = await consult(tmp_path, slack)
        assert (code, printed.count("MEND")) == (1, 2), printed
        assert "files:write" in printed
        assert "Slack gives each event to only one of them" in printed
        code, wrong = await consult(tmp_path, slack, SLACK_BOT_TOKEN="xoxb-wrong")
    assert (code, wrong.count("MEND")) == (1, 1), wrong
    assert "SLACK_BOT_TOKEN" in wrong
    assert "xoxb-wrong" not in wrong
