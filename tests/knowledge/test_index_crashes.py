"""An index run that is killed changes nothing, and two of them never interleave."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from knowledge.errors import IndexBusy
from knowledge.indexing import IndexPlan, index
from knowledge.opened import open_snapshot
from knowledge.snapshot import Snapshots, read_manifest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def plan(tmp_path: Path) -> IndexPlan:
    documents = tmp_path / "documents"
    documents.mkdir()
    for number in range(6):
        (documents / f"page-{number}.md").write_text(f"# Page {number}\n\nThe old text of page {number}.\n")
    return IndexPlan(tmp_path / "home", documents, domains=["general"], embedder=None)


def start(plan: IndexPlan, moment: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.programs.dying_index", str(plan.home), str(plan.documents), moment]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def found(home: Path, query: str) -> list[str]:
    snapshots = Snapshots(home)
    snapshot = open_snapshot(snapshots.folder(snapshots.current()))
    hits = snapshot.search(query, None, domain=None, limit=10).hits
    snapshot.close()
    return sorted(hit.passage.document for hit in hits)


MOMENTS = [
    "shutil.copytree:1",  # before the copy of the current snapshot
    "shutil.copyfile:1",  # amid the copy
    "sqlite3.connect:4",  # before the difference is applied
    "os.chmod:1",  # before the first file is made durable
    "os.rename:1",  # all is built, not yet in its place
    "os.rename:2",  # in its place, the pointer not yet switched
]


@pytest.mark.parametrize("moment", [*MOMENTS, "embedding:4"])
def test_a_killed_index_changes_nothing_and_the_next_one_is_fine(plan: IndexPlan, moment: str) -> None:
    before = index(plan).snapshot
    (plan.documents / "page-1.md").write_text("# Page 1\n\nThe fresh text of page 1.\n")
    with start(plan, moment) as process:
        process.communicate()
    assert process.returncode == -signal.SIGKILL

    assert Snapshots(plan.home).current() == before
    assert found(plan.home, "fresh") == []
    assert len(found(plan.home, "old")) == 6

    report = index(plan)
    assert (report.changed, report.is_new) == (("page-1.md",), True)
    assert found(plan.home, "fresh") == ["page-1.md"]
    assert len(found(plan.home, "old")) == 5
    assert not [*(plan.home / "knowledge" / "snapshots").glob(".building-*")]


def test_a_second_index_is_told_to_wait(plan: IndexPlan) -> None:
    with start(plan, "wait") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        with pytest.raises(IndexBusy, match="wait until it has finished"):
            index(plan)
        process.communicate()
    assert process.returncode == 0
    assert index(plan).is_new is False


def test_a_lock_dies_with_its_holder(plan: IndexPlan) -> None:
    with start(plan, "wait") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    assert index(plan).is_new


def test_a_damaged_snapshot_is_replaced_by_one_built_from_nothing(plan: IndexPlan) -> None:
    folder = Snapshots(plan.home).folder(index(plan).snapshot)
    (folder / "manifest.json").write_text("{")
    report = index(plan)
    assert len(report.added) == 6
    assert len(read_manifest(Snapshots(plan.home).folder(report.snapshot)).documents) == 6
