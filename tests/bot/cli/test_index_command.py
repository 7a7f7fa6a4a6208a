"""`firstline index` over real documents, by words alone: as a process where that matters."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.bot.cli.conftest import Command
from tests.programs.run import PATIENCE, ROOT

PAGE = "# Refunds\n\nRefunds are paid within 5-10 business days to the original payment method.\n"


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    (folder / "billing").mkdir(parents=True)
    (folder / "billing" / "refunds.md").write_text(PAGE)
    (folder / "billing" / "empty.md").write_text("")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    path = os.environ["PATH"]  # noqa: TID251 - a child needs it
    home = str(tmp_path / "home")
    return {"PATH": path, "PYTHONPATH": str(ROOT), "FIRSTLINE_HOME": home, "FIRSTLINE_EMBEDDER": "none"}


@pytest.fixture
def index(command: Command, tmp_path: Path) -> Command:
    def index_here(folder: Path, *args: str) -> "subprocess.CompletedProcess[str]":
        return command(folder, "index", *args, FIRSTLINE_HOME=str(tmp_path / "home"), FIRSTLINE_EMBEDDER="none")

    return index_here


def test_the_report_tells_what_became_of_each_document(index: Command, documents: Path) -> None:
    first = index(documents.parent, "documents")
    assert first.returncode == 0
    assert first.stderr.startswith("reading: 2\n")
    assert "1 documents, 1 passages" in first.stdout
    assert "1 added, 0 changed, 0 removed, 0 unchanged, 1 skipped" in first.stdout
    assert "  ! billing/empty.md: " in first.stdout

    (documents / "billing" / "empty.md").unlink()
    (documents / "billing" / "refunds.md").write_text(PAGE.replace("5-10", "3-5"))
    (documents / "billing" / "plans.md").write_text("# Plans\n\nThe Team plan costs $29 for each seat a month.\n")
    # Not named again: the folder of the last time is remembered.
    second = index(documents.parent)
    assert second.stdout.splitlines()[1:] == ["  + billing/plans.md", "  ~ billing/refunds.md"]

    back = index(documents.parent, "--rollback")
    assert back.returncode == 0
    assert back.stdout.startswith("The current snapshot is now ")
    assert index(documents.parent, "--rollback").returncode == 4


def test_a_folder_that_is_not_there_is_one_line(index: Command, documents: Path) -> None:
    ended = index(documents, "nowhere")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("firstline: nowhere is no folder")
    assert ended.stderr.count("\n") == 1


def test_a_watched_folder_is_indexed_again_when_it_changes(documents: Path, environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "bot", "index", str(documents), "--watch"]
    with subprocess.Popen(
        command, cwd=documents, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        assert "1 added" in watching.stdout.readline()
        assert "  ! billing/empty.md" in watching.stdout.readline()
        while not watching.stderr.readline().startswith("Watching "):
            pass
        (documents / "billing" / "empty.md").write_text("# Trials\n\nA trial lasts 14 days.\n")
        seen = watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        _, errors = watching.communicate(timeout=PATIENCE)
    assert "1 added, 0 changed, 0 removed, 1 unchanged, 0 skipped" in seen
    assert watching.returncode == 130
    assert "Traceback" not in errors


def test_a_second_indexer_is_told_to_wait(index: Command, documents: Path, tmp_path: Path) -> None:
    (tmp_path / "home" / "knowledge").mkdir(parents=True)
    with (tmp_path / "home" / "knowledge" / "index.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = index(documents.parent, "documents")
    assert ended.returncode == 5
    assert ended.stderr.splitlines()[-1].startswith("firstline: another `firstline index` is running")


def test_the_first_question_indexes_the_documents_and_is_answered_with_its_source(
    documents: Path, environment: Mapping[str, str]
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "chat"],
        input="How are refunds paid, and within how many days?\n",
        cwd=documents,
        env={**environment, "FIRSTLINE_DOCUMENTS": str(documents)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0
    assert ended.stderr.startswith(f"Nothing is indexed yet: reading {documents} (`firstline index` does it again).\n")
    assert "firstline: skipped billing/empty.md: " in ended.stderr
    assert "within 5-10 business days" in ended.stdout
    assert "- [1] Refunds: billing/refunds.md" in ended.stdout
