"""The home folder, and what is remembered in it."""

from pathlib import Path

from bot.home import read_json, remember_documents, with_documents, with_remembered_documents, write_json
from bot.settings import Settings
from bot.settings_groups import Documents, Operation


def settings_at(home: Path, documents: Documents | None = None) -> Settings:
    return Settings(operation=Operation(home=home), documents=documents or Documents())


def test_the_folder_that_was_indexed_last_is_read_again(tmp_path: Path) -> None:
    remember_documents(tmp_path, tmp_path / "docs")
    assert with_remembered_documents(settings_at(tmp_path)).documents.documents == tmp_path / "docs"


def test_a_configured_folder_wins_over_the_remembered_one(tmp_path: Path) -> None:
    remember_documents(tmp_path, tmp_path / "docs")
    settings = settings_at(tmp_path, Documents(documents=tmp_path / "own"))
    assert with_remembered_documents(settings) is settings


def test_without_anything_remembered_the_sample_is_read(tmp_path: Path) -> None:
    assert with_remembered_documents(settings_at(tmp_path)).uses_sample


def test_with_other_documents_the_sample_company_is_silent(tmp_path: Path) -> None:
    assert with_documents(settings_at(tmp_path), tmp_path).company_name == "the company"


def test_a_state_file_is_replaced_whole(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"a": 1})
    write_json(tmp_path / "x.json", [2])
    assert read_json(tmp_path / "x.json") == [2]
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
