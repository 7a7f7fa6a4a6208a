"""Whatever comes through the socket, the real program goes on, answers who asks, and tells its log nothing of it."""

from pathlib import Path

import pytest

from tests.dialogues.slack_siege import besiege

pytestmark = pytest.mark.timeout(300)


async def test_nonsense_by_the_socket_is_received_and_keeps_nobody_from_an_answer(tmp_path: Path) -> None:
    verdict = await besiege(tmp_path / "home", frames=300, questions=6, seed=5)
    assert verdict.faults == []
    assert verdict.answered == verdict.asked == 6
    assert verdict.acknowledged > 200
    assert verdict.hostile_answers > 3
    assert verdict.exit_code == 0
    assert not [
        name for name in verdict.log if "adapters.slack.client" in name
    ]  # Slack's libraries have nothing to say
