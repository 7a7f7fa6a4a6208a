import stat
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from knowledge.contract import Embedder, Example
from knowledge.errors import EmbedderUnavailable, KnowledgeError, NoSnapshot, SnapshotDamaged
from knowledge.indexing import IndexPlan, Progress, index
from knowledge.opened import OpenSnapshot, open_snapshot
from knowledge.snapshot import Snapshots, read_manifest
from tests.fakes.hashing_embedder import HashingEmbedder


@pytest.fixture
def embedder() -> HashingEmbedder:
    return HashingEmbedder()


@pytest.fixture
def plan(tmp_path: Path, embedder: HashingEmbedder) -> IndexPlan:
    documents = tmp_path / "documents"
    (documents / "billing").mkdir(parents=True)
    for name in ("refunds", "prices", "seats"):
        (documents / "billing" / f"{name}.md").write_text(f"# {name}\n\nAll about {name}.\n")
    (documents / "about.md").write_text("# About\n\nWho we are.\n")
    return IndexPlan(tmp_path / "home", documents, domains=["billing", "general"], embedder=embedder)


def current(plan: IndexPlan) -> OpenSnapshot:
    snapshots = Snapshots(plan.home)
    return open_snapshot(snapshots.folder(snapshots.current()))


def texts(plan: IndexPlan) -> list[str]:
    snapshot = current(plan)
    found = [passage.text for passage in snapshot.passages.all()]
    snapshot.close()
    return found


def test_the_report_names_what_became_of_each_document(plan: IndexPlan) -> None:
    first = index(plan)
    assert first.added == ("about.md", "billing/prices.md", "billing/refunds.md", "billing/seats.md")
    (plan.documents / "billing" / "prices.md").write_text("# prices\n\nHigher ones.\n")
    (plan.documents / "billing" / "seats.md").unlink()
    (plan.documents / "new.md").write_text("# New\n\nJust written.\n")
    second = index(plan)
    assert (second.added, second.changed, second.removed) == (
        ("new.md",),
        ("billing/prices.md",),
        ("billing/seats.md",),
    )
    assert second.unchanged == ("about.md", "billing/refunds.md")
    assert second.is_new
    assert second.passages == 4
    assert texts(plan) == ["Who we are.", "Higher ones.", "All about refunds.", "Just written."]


def test_nothing_new_makes_no_snapshot(plan: IndexPlan) -> None:
    first, second = index(plan), index(plan)
    assert (second.snapshot, second.is_new, second.passages) == (first.snapshot, False, 4)
    assert Snapshots(plan.home).ids() == [first.snapshot]


def test_only_what_changed_is_embedded(plan: IndexPlan, embedder: HashingEmbedder) -> None:
    index(plan)
    embedder.embedded.clear()
    (plan.documents / "about.md").write_text("# About\n\nWho we have become.\n")
    index(plan)
    assert embedder.embedded == ["About\nWho we have become."]


def test_a_text_that_comes_back_is_taken_from_the_cache(plan: IndexPlan, embedder: HashingEmbedder) -> None:
    index(plan)
    (plan.documents / "about.md").rename(plan.documents / "company.md")
    embedder.embedded.clear()
    assert index(plan).added == ("company.md",)
    assert embedder.embedded == []


def test_what_was_embedded_before_a_failure_is_not_embedded_again(plan: IndexPlan) -> None:
    for number in range(30):
        (plan.documents / f"page-{number}.md").write_text(f"# Page {number}\n\nText.\n")
    asked: list[str] = []

    def fail_at_20(text: str) -> None:
        asked.append(text)
        if len(asked) == 20:
            raise EmbedderUnavailable("out of reach")

    with pytest.raises(EmbedderUnavailable):
        index(replace(plan, embedder=HashingEmbedder(before=fail_at_20)))
    with pytest.raises(NoSnapshot):
        Snapshots(plan.home).current()
    again = HashingEmbedder()
    index(replace(plan, embedder=again))
    assert len(again.embedded) == 34 - 16


def test_another_model_embeds_everything_anew(plan: IndexPlan) -> None:
    index(plan)
    other = HashingEmbedder("other-model")
    report = index(replace(plan, embedder=other))
    assert (len(report.added), len(other.embedded)) == (4, 4)
    assert read_manifest(Snapshots(plan.home).folder(report.snapshot)).embedder == "other-model"


def test_vectors_are_added_to_a_snapshot_of_words(plan: IndexPlan) -> None:
    index(replace(plan, embedder=None))
    assert index(plan).is_new
    snapshot = current(plan)
    hits = snapshot.search("who we are", plan.embedder, domain=None, limit=1).hits
    snapshot.close()
    assert hits[0].similarity is not None


def test_a_domain_that_is_configured_later_moves_its_documents(plan: IndexPlan) -> None:
    index(replace(plan, domains=["general"]))
    report = index(plan)
    assert report.changed == ("billing/prices.md", "billing/refunds.md", "billing/seats.md")
    snapshot = current(plan)
    assert [passage.document for passage in snapshot.passages.of_domain("general")] == ["about.md"]
    snapshot.close()


def test_attachments_are_made_again_when_the_examples_change(plan: IndexPlan) -> None:
    def attach(embedder: Embedder) -> Mapping[str, bytes]:
        return {"classifier": str(len(embedder.embed(["an example"]))).encode()}

    first = index(replace(plan, attachments=attach))
    folder = Snapshots(plan.home).folder
    assert (folder(first.snapshot) / "attachments" / "classifier").read_bytes() == b"1"
    second = index(replace(plan, attachments=lambda _: {"classifier": b"2"}, examples=[Example("hello", "general")]))
    assert (folder(second.snapshot) / "attachments" / "classifier").read_bytes() == b"2"
    third = index(replace(plan, attachments=lambda _: {"classifier": b"3"}, configuration="changed"))
    assert (folder(third.snapshot) / "attachments" / "classifier").read_bytes() == b"3"
    assert (folder(first.snapshot) / "attachments" / "classifier").read_bytes() == b"1"


def test_progress_is_told_for_each_step(plan: IndexPlan) -> None:
    told: list[Progress] = []
    index(plan, progress=told.append)
    assert [(step.done, step.total) for step in told if step.step == "reading"] == [(n, 4) for n in (1, 2, 3, 4)]
    assert Progress("embedding", 4, 4) in told


def test_all_files_are_for_their_owner_only(plan: IndexPlan) -> None:
    index(plan)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (plan.home / "knowledge").rglob("*")}
    assert modes
    assert {path for path, mode in modes.items() if mode & 0o077} == set()


def test_old_snapshots_are_deleted_but_the_last_few(plan: IndexPlan) -> None:
    made = []
    for number in range(5):
        (plan.documents / "about.md").write_text(f"# About\n\nVersion {number}.\n")
        made.append(index(replace(plan, embedder=None, keep=3)).snapshot)
    assert Snapshots(plan.home).ids() == made[-3:]


def test_snapshots_of_one_moment_still_have_an_order(plan: IndexPlan) -> None:
    def stopped_clock() -> datetime:
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    first = index(replace(plan, embedder=None), clock=stopped_clock)
    (plan.documents / "about.md").unlink()
    second = index(replace(plan, embedder=None), clock=stopped_clock)
    assert (first.snapshot, second.snapshot) == ("20260102T030405000000Z", "20260102T030405000000Z1")
    assert Snapshots(plan.home).rollback() == first.snapshot


def test_rolling_back_shows_what_was_there_before_and_indexing_goes_on_from_it(plan: IndexPlan) -> None:
    plan = replace(plan, embedder=None)
    first = index(plan).snapshot
    (plan.documents / "about.md").write_text("# About\n\nA grave mistake.\n")
    index(plan)
    assert Snapshots(plan.home).rollback() == first
    assert "A grave mistake." not in texts(plan)
    with pytest.raises(NoSnapshot, match="no earlier snapshot"):
        Snapshots(plan.home).rollback()
    (plan.documents / "about.md").write_text("# About\n\nCorrected.\n")
    report = index(plan)
    assert report.changed == ("about.md",)
    assert report.snapshot == Snapshots(plan.home).current()
    assert "Corrected." in texts(plan)


def test_rolling_back_to_a_damaged_snapshot_is_refused(plan: IndexPlan) -> None:
    plan = replace(plan, embedder=None)
    first = index(plan).snapshot
    (plan.documents / "about.md").unlink()
    second = index(plan).snapshot
    (Snapshots(plan.home).folder(first) / "manifest.json").unlink()
    with pytest.raises(SnapshotDamaged):
        Snapshots(plan.home).rollback()
    assert Snapshots(plan.home).current() == second


def test_a_file_that_was_cut_off_is_noticed_before_anything_reads_it(plan: IndexPlan) -> None:
    index(plan)
    snapshots = Snapshots(plan.home)
    folder = snapshots.folder(snapshots.current())
    cut = next((folder / "vectors").rglob("data_level0.bin"), folder / "passages.sqlite")
    cut.write_bytes(cut.read_bytes()[:-1])
    with pytest.raises(SnapshotDamaged, match="is not whole: roll back or index anew"):
        current(plan)
    assert len(index(plan).added) == 4
    current(plan).close()


def test_a_home_that_cannot_be_written_is_an_error_in_one_line(plan: IndexPlan) -> None:
    plan.home.write_text("a file, where a folder should be")
    with pytest.raises(KnowledgeError, match=r"home can't be written: \w+"):
        index(plan)


@pytest.mark.parametrize("part", ["manifest.json", "passages.sqlite"])
@pytest.mark.parametrize("content", [b"", b"{}", b"not what it was\n" * 100])
def test_a_damaged_part_is_an_error_that_says_what_to_do(plan: IndexPlan, part: str, content: bytes) -> None:
    index(replace(plan, embedder=None))
    snapshots = Snapshots(plan.home)
    (snapshots.folder(snapshots.current()) / part).write_bytes(content)
    with pytest.raises(SnapshotDamaged, match="index anew"):
        current(plan)


def test_damaged_vectors_are_an_error_that_says_what_to_do(plan: IndexPlan) -> None:
    index(plan)
    snapshots = Snapshots(plan.home)
    (snapshots.folder(snapshots.current()) / "vectors" / "chroma.sqlite3").write_bytes(b"not a database" * 1000)
    with pytest.raises(SnapshotDamaged, match="index anew"):
        current(plan)


@pytest.mark.parametrize("pointer", ["", "\n", "../../etc", ".building-x", "gone"])
def test_a_pointer_to_nothing_is_an_error_and_not_a_path(plan: IndexPlan, pointer: str) -> None:
    index(replace(plan, embedder=None))
    (plan.home / "knowledge" / "current").write_text(pointer)
    with pytest.raises((NoSnapshot, SnapshotDamaged)):
        current(plan)


def test_a_damaged_embedding_cache_is_begun_anew(plan: IndexPlan) -> None:
    index(plan)
    (plan.home / "knowledge" / "embeddings.sqlite").write_bytes(b"not a database" * 1000)
    (plan.documents / "about.md").write_text("# About\n\nNew.\n")
    assert index(plan).is_new
