"""stats, export and forget: what they print for people and for programs."""

import asyncio
import json
from pathlib import Path

import pytest

from adapters.contract import Wish
from bot.cli.forget import to_text
from bot.erasing import Erased
from bot.home import DATABASE
from tests.bot.cli.conftest import Command
from tests.fakes.desk import open_desk
from tests.fakes.plain_replies import PlainReplies
from tests.fakes.stepping_agent import SteppingAgent
from tests.fakes.wall import MemoryWall


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which ann has asked something and liked the answer."""

    async def live() -> None:
        async with open_desk(tmp_path / "home", agent=SteppingAgent(), replies=PlainReplies(MemoryWall())) as desk:
            await desk.says("a secret question")
            await desk.turns.join()
            await desk.presses(Wish.HELPFUL)

    asyncio.run(live())
    assert (tmp_path / "home" / DATABASE).exists()
    return tmp_path / "home"


def test_stats_are_printed_for_people_and_for_programs(firstline: Command, home: Path) -> None:
    shown = firstline(home, "stats", "--since", "1970-01-02").stdout
    assert "turns         1 in 1 conversations of 1 people\n" in shown
    assert "feedback      1 helpful, 0 not\n" in shown
    assert "whole answer  half within 0.0 s, 19 of 20 within 0.0 s\n" in shown
    stats = json.loads(firstline(home, "stats", "--json").stdout)
    assert (stats["turns"], stats["domains"], stats["helpful"]) == (1, {"general": 1}, 1)
    assert stats["total_seconds"] == {"p50": 0.0, "p95": 0.0}


def test_before_anything_was_asked_stats_say_so(firstline: Command, tmp_path: Path) -> None:
    ended = firstline(tmp_path / "work" / "home", "stats", "--since", "7d")
    assert (ended.returncode, ended.stdout) == (0, "Nothing was asked in this time on Slack or Discord.\n")


@pytest.mark.parametrize(
    "args", [("stats", "--since", "soon"), ("forget",), ("forget", "--person", "a", "--conversation", "b")]
)
def test_what_makes_no_sense_is_a_usage_error(firstline: Command, home: Path, args: tuple[str, ...]) -> None:
    assert firstline(home, *args).returncode == 2


def test_people_read_only_of_what_was_there_to_erase() -> None:
    assert to_text(Erased(2, histories=1)) == "Erased: whole conversations 2, histories of models 1."


def test_after_forgetting_a_person_the_export_is_empty(firstline: Command, home: Path) -> None:
    lines = firstline(home, "export", "--json").stdout.splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["conversation", "turn", "feedback"]
    assert "secret" not in "".join(lines)
    erased = firstline(home, "forget", "--person", "ann", "--json")
    assert json.loads(erased.stdout) == {"conversations": 1, "shared": 0, "feedback": 0, "histories": 0}
    assert firstline(home, "export").stdout == ""
    assert firstline(home, "forget", "--conversation", "c1").stdout == "Nothing was found, so nothing was erased.\n"
