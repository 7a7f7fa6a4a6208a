"""What the tables promise, shown on a real SQLite file."""

import sqlite3
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateIndex, CreateTable

from adapters.contract import Address, MessageReference, ReplyDone, ReplyFailed
from bot.store import migrations
from bot.store.engine import Store, open_store, url_of
from bot.store.handoffs import Place
from bot.store.inbox import Acceptance, InboxMessage
from bot.store.migrate import newest_version
from bot.store.notices import Notice, NoticeKind
from bot.store.schema import metadata
from bot.store.turns import TurnEnd, TurnRecord
from bot.store.values import read_ending, write_address, write_ending
from bot.store.whereabouts import Whereabouts
from tests.fakes.desk import message as event

PLACE = Address("wall", "w", "c1", thread="1.2")
DONE = ReplyDone("text", "answered", "model", 1.0, 10, 20, 0.5, contact="me")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(url_of(tmp_path / "home" / "firstline.db")) as opened:
        yield opened


def asked(id: str, text: str = "how?", *, where: str = "c1", by: str = "ann", at: float = 1.0) -> Acceptance:  # noqa: A002 - named as the field
    question = InboxMessage(id, where, Address("wall", "w", where), by, text, sent_at=at, received_at=at)
    return Acceptance(question, "w", "ch", frozenset({by}))


async def test_a_message_is_new_once(store: Store) -> None:
    assert await store.inbox.add([asked("a"), asked("b")]) == {"a", "b"}
    assert await store.inbox.add([asked("b"), asked("c")]) == {"c"}


async def test_a_copy_changes_nothing_of_the_first(store: Store) -> None:
    await store.inbox.add([asked("a", "first")])
    await store.inbox.add([asked("a", "second")])
    turn = await store.turns.claim("c1", "t1", 2.0)
    assert turn is not None
    assert [question.text for question in turn.questions] == ["first"]


async def test_where_people_asked_lately_is_known_by_platform_and_workspace(store: Store) -> None:
    def directly(id_: str, where: str, at: float) -> Acceptance:
        return replace(asked(id_, where=where, at=at), workspace="", channel=where.rpartition(":")[2])

    await store.inbox.add([directly("a", "p:dm:7", 5.0), directly("b", "p:dm:8", 9.0), directly("c", "p:dm:7", 11.0)])
    await store.inbox.add(
        [directly("d", "p:dm:9", 2.0), directly("e", "q:dm:1", 12.0), asked("f", where="p:w:1", at=12.0)]
    )
    assert await store.talks.last_heard("p", workspace="", since=5.0, limit=9) == [("7", 11.0), ("8", 9.0)]
    assert await store.talks.last_heard("p", workspace="", since=5.0, limit=1) == [("7", 11.0)]
    place = Place("p:dm:8", "", "8", PLACE)
    notice = Notice("n1", "wanted:h1", NoticeKind.WANTED, "p:dm:8", PLACE, person="ann")
    await store.handoffs.open("h1", place, by="ann", now=9.5, notice=notice)
    assert await store.talks.last_heard("p", workspace="", since=5.0, limit=9) == [("7", 11.0), ("8", 9.0)]
    await store.handoffs.close("h1", by="sam", now=10.0)
    assert await store.talks.last_heard("p", workspace="", since=5.0, limit=9) == [("7", 11.0), ("8", 10.0)]


async def test_a_turn_takes_all_that_waits_in_the_order_of_sending(store: Store) -> None:
    await store.inbox.add([asked("b", at=2.0), asked("a", at=3.0), asked("c", at=1.0), asked("x", where="c2")])
    turn = await store.turns.claim("c1", "t1", 4.0)
    assert turn is not None
    assert [question.id for question in turn.questions] == ["c", "b", "a"]
    assert not turn.is_retaken


async def test_no_turn_is_new_before_the_history_is_forgotten(store: Store) -> None:
    await store.inbox.add([asked("a")])
    await store.turns.claim("c1", "t1", 1.0)
    await store.conversations.forget_soon("c1")
    await store.inbox.add([asked("b", at=2.0)])
    assert (open_ := await store.turns.claim("c1", "t2", 2.0)) is not None
    assert open_.id == "t1"
    await store.turns.start("t1", 2.0)
    await store.turns.close("t1", TurnEnd.ANSWERED, 3.0)
    await store.inbox.add([asked("c", at=4.0)])
    assert await store.turns.claim("c1", "t2", 4.0) is None
    await store.conversations.has_forgotten("c1")
    assert (new := await store.turns.claim("c1", "t2", 5.0)) is not None
    assert [question.id for question in new.questions] == ["c"]


async def test_what_is_to_be_answered_in_different_places_makes_different_turns(store: Store) -> None:
    elsewhere = replace(asked("b", at=2.0).message, address=PLACE)
    await store.inbox.add([asked("a"), replace(asked("b"), message=elsewhere), asked("c", at=3.0)])
    first = await store.turns.claim("c1", "t1", 4.0)
    started = await store.turns.start("t1", 4.0)
    await store.turns.close("t1", TurnEnd.ANSWERED, 5.0)
    second = await store.turns.claim("c1", "t2", 6.0)
    assert first is not None
    assert second is not None
    assert [question.id for question in started.questions] == ["a", "c"]
    assert ([question.id for question in second.questions], second.address) == (["b"], PLACE)


async def test_a_turn_that_never_began_has_posted_nothing_that_is_to_be_looked_up(store: Store) -> None:
    await store.inbox.add([asked("a")])
    await store.turns.claim("c1", "t1", 1.0)
    again = await store.turns.claim("c1", "t2", 2.0)
    assert again is not None
    assert (again.id, again.is_retaken) == ("t1", False)
    await store.turns.start("t1", 3.0)
    await store.turns.hand_over("t1")
    handed_over = await store.turns.claim("c1", "t3", 4.0)
    assert handed_over is not None
    assert (handed_over.attempt, handed_over.is_retaken) == (0, True)


async def test_an_open_turn_is_claimed_before_a_new_one(store: Store) -> None:
    await store.inbox.add([asked("a")])
    await store.turns.claim("c1", "t1", 1.0)
    await store.turns.start("t1", 1.0)
    await store.inbox.add([asked("b")])
    again = await store.turns.claim("c1", "t2", 2.0)
    assert again is not None
    assert (again.id, again.is_retaken, [question.id for question in again.questions]) == ("t1", True, ["a"])
    await store.turns.close("t1", TurnEnd.ANSWERED, 3.0)
    following = await store.turns.claim("c1", "t2", 4.0)
    assert following is not None
    assert [question.id for question in following.questions] == ["b"]


async def test_messages_join_a_turn_that_is_still_in_line(store: Store) -> None:
    await store.inbox.add([asked("a")])
    await store.turns.claim("c1", "t1", 1.0)
    await store.inbox.add([asked("b")])
    started = await store.turns.start("t1", 2.0)
    assert [question.id for question in started.questions] == ["a", "b"]


async def test_a_turn_whose_answer_is_made_takes_no_more_questions(store: Store) -> None:
    await store.inbox.add([asked("a")])
    await store.turns.claim("c1", "t1", 1.0)
    await store.turns.start("t1", 1.0)
    await store.turns.settle("t1", DONE, TurnRecord())
    await store.turns.hand_over("t1")
    await store.inbox.add([asked("b")])
    started = await store.turns.start("t1", 2.0)
    assert [question.id for question in started.questions] == ["a"]
    assert started.undelivered == DONE


async def test_nothing_waits_where_nothing_was_asked(store: Store) -> None:
    assert await store.turns.claim("c1", "t1", 1.0) is None
    assert await store.inbox.open_conversations() == []


async def test_open_conversations_are_those_with_work_the_oldest_first(store: Store) -> None:
    await store.inbox.add([asked("new", where="c3", at=9.0), asked("old", where="c2", at=1.0), asked("x", where="c1")])
    await store.turns.claim("c1", "t1", 5.0)
    await store.turns.close("t1", TurnEnd.ANSWERED, 6.0)
    await store.turns.claim("c2", "t2", 5.0)
    assert await store.inbox.open_conversations() == ["c2", "c3"]


async def test_posts_are_given_back_in_order_and_replaced_by_position(store: Store) -> None:
    await store.inbox.add([asked("a")])
    await store.turns.claim("c1", "t1", 1.0)
    for position, message in [(1, "m2"), (0, "m0"), (0, "m1")]:
        await store.turns.add_post("t1", MessageReference(PLACE, message), position)
    turn = await store.turns.claim("c1", "t1", 1.0)
    assert turn is not None
    assert turn.references == (MessageReference(PLACE, "m1"), MessageReference(PLACE, "m2"))
    for concerns, is_known in {"m2": True, "wall:w:c1:m2": True, "t1": True, "a": True, "m0": False, "": False}.items():
        found = await store.whereabouts.find(replace(event("b1", "", where="c1"), concerns=concerns))
        assert found == (Whereabouts("c1", "t1") if is_known else None)


@pytest.mark.parametrize("end", [DONE, ReplyFailed("sorry", "REF")])
async def test_an_undelivered_end_survives_word_by_word(store: Store, end: ReplyDone | ReplyFailed) -> None:
    assert read_ending(write_ending(end)) == end
    await store.inbox.add([asked("a")])
    await store.turns.claim("c1", "t1", 1.0)
    await store.turns.settle("t1", end, TurnRecord(domain="billing", cost_usd=0.5))
    turn = await store.turns.claim("c1", "t1", 1.0)
    assert turn is not None
    assert turn.undelivered == end


async def test_a_closed_turn_keeps_no_text(store: Store, tmp_path: Path) -> None:
    await store.inbox.add([asked("a", "my secret question")])
    await store.turns.claim("c1", "t1", 1.0)
    await store.turns.settle("t1", replace(DONE, text="my secret answer"), TurnRecord(domain="billing"))
    await store.turns.close("t1", TurnEnd.ANSWERED, 2.0)
    with sqlite3.connect(tmp_path / "home" / "firstline.db") as connection:
        rows = (
            connection.execute("SELECT * FROM inbox").fetchall() + connection.execute("SELECT * FROM turns").fetchall()
        )
    connection.close()
    assert "secret" not in str(rows)
    assert "billing" in str(rows)


async def test_a_closed_turn_stays_as_it_was_closed(store: Store) -> None:
    await store.inbox.add([asked("a")])
    await store.turns.claim("c1", "t1", 1.0)
    await store.turns.close("t1", TurnEnd.STOPPED, 2.0)
    await store.turns.close("t1", TurnEnd.ANSWERED, 3.0)
    await store.turns.start("t1", 4.0)
    assert await store.turns.claim("c1", "t2", 5.0) is None


async def test_withdrawn_messages_are_not_asked_and_not_brought_back(store: Store) -> None:
    await store.inbox.add([asked("a"), asked("b")])
    assert await store.inbox.withdraw("a")
    await store.inbox.add([asked("a")])
    turn = await store.turns.claim("c1", "t1", 1.0)
    assert turn is not None
    assert [question.id for question in turn.questions] == ["b"]
    await store.turns.start("t1", 1.0)
    assert not await store.inbox.withdraw("b")
    assert not await store.inbox.revise("b", "new", None)
    assert not await store.inbox.is_waiting("b")


async def test_stopping_before_a_turn_begins_withdraws_ones_own_messages(store: Store) -> None:
    await store.inbox.add([asked("a", by="ann"), asked("b", by="bob")])
    assert await store.turns.ask_stop("c1", "ann")
    turn = await store.turns.claim("c1", "t1", 1.0)
    assert turn is not None
    assert [question.id for question in turn.questions] == ["b"]
    assert not await store.turns.ask_stop("c2", None)


async def test_the_gate_learns_who_takes_part_who_waits_and_who_took_over(store: Store) -> None:
    conversations = store.conversations
    assert not (await conversations.state_of("c1")).is_known
    await conversations.add_people("c1", frozenset({"eve"}))
    await store.inbox.add([asked("a")])
    await conversations.add_people("c1", frozenset({"bob", "ann"}))
    state = await conversations.state_of("c1")
    assert (state.people, state.askers) == (frozenset({"ann", "bob"}), frozenset({"ann"}))
    notice = Notice("n1", "wanted:h1", NoticeKind.WANTED, "c1", PLACE, person="ann")
    place = Place("c1", "w", "c1", PLACE)
    assert await store.handoffs.open("h1", place, by="ann", now=1.0, notice=notice)
    assert not await store.handoffs.open("h2", place, by="bob", now=2.0, notice=replace(notice, id="n2", cause="h2"))
    assert (await conversations.state_of("c1")).is_handed_off
    assert await store.notices.open_ids() == ["n1"]
    assert await store.handoffs.close("h1", by="sam", now=3.0)
    assert not await store.handoffs.close("h1", by="sam", now=4.0)
    await conversations.mute("c1", is_muted=True)
    state = await conversations.state_of("c1")
    assert (state.is_handed_off, state.is_muted) == (False, True)
    await store.turns.claim("c1", "t1", 1.0)
    await store.turns.close("t1", TurnEnd.ANSWERED, 2.0)
    assert not (await conversations.state_of("c1")).askers


async def test_a_persons_latest_word_on_an_answer_counts(store: Store, tmp_path: Path) -> None:
    await store.inbox.add([asked("a")])
    await store.turns.claim("c1", "t1", 1.0)
    for is_helpful in (True, False):
        await store.conversations.rate("t1", person="ann", is_helpful=is_helpful, now=1.0)
    with sqlite3.connect(tmp_path / "home" / "firstline.db") as connection:
        assert connection.execute("SELECT person, is_helpful FROM feedback").fetchall() == [("ann", 0)]
    connection.close()


async def test_acceptance_is_secured_by_full_synchronous_commits(store: Store) -> None:
    def settings(connection: sa.Connection) -> list[object]:
        return [connection.scalar(sa.text(f"PRAGMA {name}")) for name in ("synchronous", "journal_mode")]

    assert await store.database.secured.run(settings) == [2, "wal"]
    assert await store.database.writing.run(settings) == [1, "wal"]


async def test_the_database_itself_refuses_a_second_open_turn(store: Store) -> None:
    await store.inbox.add([asked("a")])
    await store.turns.claim("c1", "t1", 1.0)
    second = sa.text(
        "INSERT INTO turns (id, conversation_id, state, attempt, is_stop_asked, queued_at)"
        " VALUES (:id, 'c1', 'queued', 0, false, 1)"
    )
    with pytest.raises(sa.exc.IntegrityError):
        await store.database.writing.run(lambda connection: connection.execute(second, {"id": "t2"}))


async def test_files_are_for_the_owner_only(store: Store, tmp_path: Path) -> None:
    await store.inbox.add([asked("a")])
    home = tmp_path / "home"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in home.iterdir()} == {0o600}


async def test_migrations_make_the_tables_of_the_schema(store: Store) -> None:
    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    version = sa.text("SELECT version_num FROM alembic_version")
    assert await store.database.reading.run(differences) == []
    assert await store.database.reading.run(lambda connection: connection.scalar(version)) == newest_version()


def test_the_tables_can_be_written_for_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its constructor untyped
    statements = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    indexes = [
        str(CreateIndex(index).compile(dialect=dialect)) for table in metadata.sorted_tables for index in table.indexes
    ]
    assert len(statements) == 9
    assert sum("WHERE" in index for index in indexes) == 3


async def test_a_second_start_finds_what_the_first_one_wrote(tmp_path: Path) -> None:
    url = url_of(tmp_path / "firstline.db")
    async with open_store(url) as first:
        await first.inbox.add([asked("a")])
    async with open_store(url) as second:
        assert await second.inbox.add([asked("a")]) == frozenset()


async def test_a_database_of_the_first_version_is_brought_up_to_date_with_all_that_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "firstline.db"
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with sa.create_engine(f"sqlite:///{file}").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "v0001_start")
        connection.exec_driver_sql("INSERT INTO conversations VALUES ('c1', 'w', 'ch', 0, 1.0)")
        connection.exec_driver_sql("INSERT INTO handoffs VALUES ('h1', 'c1', 'ann', 1.0, NULL, NULL)")
        connection.exec_driver_sql(
            "INSERT INTO inbox VALUES ('a', 'c1', 'ann', ?, 'how?', NULL, NULL, 1.0, 1.0, NULL, 0)",
            (write_address(PLACE),),
        )
    async with open_store(url_of(file)) as store:
        assert (await store.conversations.state_of("c1")).is_handed_off
        assert await store.handoffs.open_in("w", "ch") == [("h1", "c1")]
        assert await store.handoffs.address_of("h1") is None
        turn = await store.turns.claim("c1", "t1", 2.0)
        assert turn is not None
        assert (turn.questions[0].text, turn.questions[0].is_in_thread) == ("how?", False)


async def test_a_broken_database_is_an_error_at_once(tmp_path: Path) -> None:
    (tmp_path / "firstline.db").write_bytes(b"this is no database, and it is long enough to be noticed" * 20)
    with pytest.raises(sa.exc.DatabaseError):
        async with open_store(url_of(tmp_path / "firstline.db")):
            pass


async def test_an_error_of_the_database_says_nothing_of_what_people_wrote(store: Store) -> None:
    with pytest.raises(IntegrityError) as refused:
        await store.turns.add_post("no such turn", MessageReference(Address("wall", "w", "secret"), "secret"), 0)
    assert "secret" not in f"{refused.value}{refused.value.orig}"
