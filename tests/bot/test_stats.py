"""What the books say, and what is left of a person who was forgotten."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Wish
from bot.erasing import Erased, erase_conversation, erase_person
from bot.errors import StillAnswering
from bot.stats import Seconds, percentile, summarise
from tests.fakes.agent import ScriptedAgent
from tests.fakes.desk import Desk, open_desk
from tests.fakes.manual_clock import ManualClock
from tests.fakes.plain_replies import PlainReplies
from tests.fakes.talk import SUPPORT, build_platform, open_talk
from tests.fakes.wall import MemoryWall

TABLES = ("conversations", "participants", "inbox", "turns", "posts", "feedback", "handoffs", "notices", "notice_posts")


async def test_the_books_add_up_what_was_done(tmp_path: Path) -> None:
    clock = ManualClock()
    wall = MemoryWall()
    async with open_desk(
        tmp_path, agent=ScriptedAgent(), replies=PlainReplies(wall), clock=clock, support=SUPPORT
    ) as desk:
        for where, by in [("c1", "ann"), ("c1", "ann"), ("c2", "bob")]:
            await desk.says("how?", where=where, by=by)
            await desk.turns.join()
        await desk.presses(Wish.HELPFUL, concerns="m0")
        await desk.presses(Wish.UNHELPFUL, concerns="m0", by="bob")
        await desk.presses(Wish.PERSON)
        await desk.notices.join()
        clock.advance(60.0)
        await desk.presses(Wish.GIVE_BACK, by="staff")
        await desk.presses(Wish.PERSON, where="c2")
        await desk.notices.join()
        stats = summarise(await desk.store.books.read(0.0))
        later = summarise(await desk.store.books.read(clock.now()))
    assert (stats.turns, stats.conversations, stats.people) == (3, 2, 2)
    assert (stats.states, stats.outcomes) == ({"answered": 3}, {"answered": 3})
    assert (stats.domains, stats.models) == ({"billing": 3}, {"openai:gpt-4o-mini": 3})
    assert (stats.input_tokens, stats.output_tokens, stats.unpriced) == (2100, 120, 0)
    assert math.isclose(stats.cost_usd, 3 * 0.000129)
    assert (stats.first_text_seconds, stats.total_seconds) == (Seconds(0.0, 0.0), Seconds(0.0, 0.0))
    assert (stats.helpful, stats.unhelpful) == (1, 1)
    assert (stats.handoffs, stats.handoffs_open, stats.handoff_seconds) == (2, 1, Seconds(60.0, 60.0))
    assert (later.turns, later.handoffs, later.total_seconds) == (0, 1, Seconds(None, None))


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_a_percentile_is_one_of_the_values_and_covers_its_share(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-6


async def test_the_export_holds_no_text_and_no_address(tmp_path: Path) -> None:
    async with open_talk(tmp_path, build_platform()) as desk:
        await desk.says("a secret question")
        await desk.turns.join()
        await desk.presses(Wish.HELPFUL, concerns="m0")
        await desk.presses(Wish.PERSON)
        await desk.notices.join()
        entries = list(desk.store.books.export())
    assert [entry["kind"] for entry in entries] == ["conversation", "turn", "feedback", "handoff"]
    assert "secret" not in str(entries)
    assert not any("address" in name for entry in entries for name in entry)


async def count(desk: Desk) -> dict[str, int]:
    return {table: len(await desk.select(f"SELECT * FROM {table}")) for table in TABLES}  # noqa: S608 - our own names


async def dump(desk: Desk) -> str:
    return str([await desk.select(f"SELECT * FROM {table}") for table in TABLES])  # noqa: S608 - as above


async def talk(desk: Desk) -> None:
    """Let ann ask alone in c1 and with bob in c2, rate, and fetch a person."""
    for where, by in [("c1", "ann"), ("c2", "ann"), ("c2", "bob")]:
        await desk.says("how?", where=where, by=by)
        await desk.turns.join()
    for by in ("ann", "bob"):
        await desk.presses(Wish.HELPFUL, by=by, where="c2", concerns="m1")
    await desk.presses(Wish.PERSON, where="c1")
    await desk.presses(Wish.PERSON, where="c2")
    await desk.notices.join()


async def test_a_conversation_is_erased_with_all_that_hangs_on_it(tmp_path: Path) -> None:
    async with open_talk(tmp_path, build_platform()) as desk:
        await talk(desk)
        for where in ("c1", "c2"):
            assert await erase_conversation(desk.store, tmp_path / "none.db", where) == Erased(1)
        assert await count(desk) == dict.fromkeys(TABLES, 0)
        assert await erase_conversation(desk.store, tmp_path / "none.db", "c1") == Erased(0)
        await desk.says("how?")
        await desk.turns.join()


async def test_of_a_person_nothing_is_left(tmp_path: Path) -> None:
    async with open_talk(tmp_path, build_platform()) as desk:
        await talk(desk)
        assert await erase_person(desk.store, tmp_path / "none.db", "ann") == Erased(1, shared=1, feedback=1)
        assert "'ann'" not in await dump(desk)
        assert (await count(desk))["turns"] == 2
        assert await erase_person(desk.store, tmp_path / "none.db", "ann") == Erased(0)
        state = await desk.store.conversations.state_of("c2")
        assert state.people == frozenset({"bob"})


async def test_what_is_being_answered_is_not_torn_away(tmp_path: Path) -> None:
    agent = ScriptedAgent()
    async with open_desk(tmp_path, agent=agent, replies=PlainReplies(MemoryWall())) as desk:
        await desk.says("how?")
        with pytest.raises(StillAnswering):
            await erase_person(desk.store, tmp_path / "none.db", "ann")
        await desk.turns.join()
