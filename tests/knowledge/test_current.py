"""A running program follows the pointer, and nobody reads from a closed snapshot."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from knowledge.current import CurrentSnapshot
from knowledge.errors import NoSnapshot
from knowledge.indexing import IndexPlan, index
from knowledge.opened import OpenSnapshot, open_snapshot
from knowledge.snapshot import Snapshots


class Opener:
    """Open snapshots and know which of them are still open."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.snapshots: dict[str, OpenSnapshot] = {}

    def __call__(self, folder: Path) -> OpenSnapshot:
        snapshot = open_snapshot(folder)
        self.opened.append(folder.name)
        self.snapshots[folder.name] = snapshot
        return snapshot

    def is_open(self, name: str) -> bool:
        return not self.snapshots[name].is_closed


@pytest.fixture
def plan(tmp_path: Path) -> IndexPlan:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "page.md").write_text("# Page\n\nFirst version.\n")
    return IndexPlan(tmp_path / "home", tmp_path / "documents", domains=["general"], embedder=None)


@pytest.fixture
def opener() -> Opener:
    return Opener()


@pytest.fixture
def first(plan: IndexPlan) -> str:
    return index(plan).snapshot


@pytest.fixture
def current(plan: IndexPlan, first: str, opener: Opener) -> Iterator[CurrentSnapshot]:
    current = CurrentSnapshot(plan.home, opener)
    yield current
    current.close()
    assert not any(opener.is_open(name) for name in opener.opened), first


def index_another(plan: IndexPlan, text: str = "Second version.") -> str:
    (plan.documents / "page.md").write_text(f"# Page\n\n{text}\n")
    return index(plan).snapshot


def name_of(current: CurrentSnapshot) -> str:
    with current.reading() as snapshot:
        return snapshot.manifest.id


def test_the_next_reader_gets_the_new_snapshot_and_the_old_one_is_closed(
    plan: IndexPlan, first: str, current: CurrentSnapshot, opener: Opener
) -> None:
    assert name_of(current) == first
    second = index_another(plan)
    assert name_of(current) == second
    assert (opener.is_open(first), opener.is_open(second)) == (False, True)


def test_a_snapshot_stays_open_until_its_last_reader_is_done(
    plan: IndexPlan, first: str, current: CurrentSnapshot, opener: Opener
) -> None:
    with current.reading() as old:
        with current.reading() as same:
            assert same is old
            second = index_another(plan)
            assert name_of(current) == second
        assert opener.is_open(first)
        assert [passage.text for passage in old.passages.all()] == ["First version."]
    assert not opener.is_open(first)


def test_while_one_thread_opens_the_new_snapshot_the_others_go_on_with_the_old_one(plan: IndexPlan, first: str) -> None:
    is_opening, may_open = Event(), Event()

    def open_slowly(folder: Path) -> OpenSnapshot:
        if folder.name != first:
            is_opening.set()
            assert may_open.wait(20)
        return open_snapshot(folder)

    current = CurrentSnapshot(plan.home, open_slowly)
    second = index_another(plan)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(name_of, current)
        assert is_opening.wait(20)
        assert name_of(current) == first
        may_open.set()
        assert waiting.result() == second
    assert name_of(current) == second
    current.close()


def test_a_damaged_new_snapshot_is_logged_once_and_the_old_one_stays_in_use(
    plan: IndexPlan, first: str, current: CurrentSnapshot, caplog: pytest.LogCaptureFixture
) -> None:
    second = index_another(plan)
    manifest = Snapshots(plan.home).folder(second) / "manifest.json"
    manifest.write_text("{")
    with caplog.at_level(logging.ERROR):
        assert [name_of(current) for _ in range(3)] == [first] * 3
    assert len(caplog.records) == 1
    third = index_another(plan, "Third version.")
    assert name_of(current) == third


def test_a_rollback_is_followed_like_a_new_snapshot(plan: IndexPlan, first: str, current: CurrentSnapshot) -> None:
    index_another(plan)
    name_of(current)
    Snapshots(plan.home).rollback()
    assert name_of(current) == first


def test_without_a_pointer_the_open_snapshot_stays_in_use(
    plan: IndexPlan, first: str, current: CurrentSnapshot
) -> None:
    (plan.home / "knowledge" / "current").unlink()
    assert name_of(current) == first


def test_nothing_indexed_is_an_error_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot, match="firstline index"):
        CurrentSnapshot(tmp_path)


def test_readers_in_many_threads_never_meet_a_closed_snapshot(plan: IndexPlan, first: str, opener: Opener) -> None:
    current = CurrentSnapshot(plan.home, opener)
    is_over = Event()

    def read_on() -> set[str]:
        seen = set()
        while not is_over.is_set():
            with current.reading() as snapshot:
                assert snapshot.search("version", None, domain=None, limit=1).hits
                seen.add(snapshot.manifest.id)
        return seen

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read_on) for _ in range(4)]
        names = [first, *(index_another(plan, f"A new version {number}.") for number in range(4))]
        assert name_of(current) in names
        is_over.set()
        seen = set().union(*(reader.result() for reader in readers))
    assert seen <= set(names)
    assert len(seen) > 1
    assert name_of(current) == names[-1]
    assert [name for name in opener.opened if opener.is_open(name)] == [names[-1]]
    current.close()
