"""Whatever lies in the folder: a reason in one line for what can't be read, and the rest is indexed."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.errors import DocumentError, KnowledgeError
from knowledge.indexing import IndexPlan, IndexReport, index
from knowledge.loaders.content import Source
from knowledge.loaders.folder import load
from tests.knowledge.made_files import docx, encrypted, package, pdf

GOOD_PDF = pdf([[(10, "Hello")]])


def indexed(folder: Path, *, max_bytes: int = 50_000) -> IndexReport:
    """Index the folder with one good document beside what the test put there."""
    (folder / "good.md").write_text("# Good\n\nThis one can be read.\n")
    plan = IndexPlan(folder.parent / "home", folder, domains=["general"], embedder=None, max_bytes=max_bytes)
    report = index(plan)
    assert "good.md" in report.added
    return report


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", b"%PDF-1.4\nthis is not one", "damaged PDF"),
        ("a.pdf", GOOD_PDF[: len(GOOD_PDF) // 2], "damaged PDF"),
        ("a.pdf", encrypted(GOOD_PDF, password="secret"), "encrypted"),
        ("a.pdf", pdf([[], []]), "no text"),
        ("a.md", "Zürich".encode("latin-1"), "UTF-8"),
        ("a.txt", b"\x00\x01\x02binary", "not text"),
        ("a.md", b"", "empty"),
        ("a.md", b" \n\t\n", "empty"),
        ("a.md", b"---\ntitle: A\n---\n", "no text"),
        ("a.html", b"<nav>Home</nav>", "no text"),
        ("a.md", b"x" * 50_001, "larger than"),
        ("a.png", b"\x89PNG", "unknown kind"),
        ("README", b"text", "unknown kind"),
        ("a.csv", b"title,text\na,b\n", "columns question and answer"),
        ("a.csv", b"question,answer\n,\n", "no row"),
        ("a.csv", b'question,answer\n"' + b"x" * 140_000 + b'",y\n', "larger than"),
        ("a.docx", b"PK\x03\x04 no zip", "not a Word document"),
        ("a.docx", b"\xd0\xcf\x11\xe0old", "old .doc"),
        ("a.docx", package({"word/document.xml": "<w:document"}), "not a readable Word document"),
        ("a.docx", docx([]), "no text"),
    ],
)
def test_a_bad_document_is_skipped_with_its_reason(folder: Path, name: str, content: bytes, reason: str) -> None:
    (folder / name).write_bytes(content)
    ((path, said),) = indexed(folder).skipped
    assert path == name
    assert reason in said
    assert "\n" not in said


def test_a_huge_file_is_never_read_into_memory(folder: Path) -> None:
    with (folder / "huge.md").open("wb") as file:
        file.truncate(200 * 1024 * 1024 * 1024)  # sparse: reading it would need 200 GB
    ((path, said),) = indexed(folder).skipped
    assert (path, "larger than" in said) == ("huge.md", True)


def test_a_csv_field_beyond_the_parsers_limit_is_skipped(folder: Path) -> None:
    (folder / "faq.csv").write_bytes(b'question,answer\n"' + b"x" * 140_000 + b'",y\n')
    ((path, said),) = indexed(folder, max_bytes=1_000_000).skipped
    assert (path, "CSV" in said) == ("faq.csv", True)


def test_a_word_document_that_unpacks_to_gigabytes_is_refused() -> None:
    content = bytearray(docx([("", "small")]))
    with pytest.raises(DocumentError, match="unpacks to more than"):
        load(Source("bomb.docx", _claiming(bytes(content), 4_000_000_000)), "general")


def _claiming(content: bytes, size: int) -> bytes:
    """Return the archive with another unpacked size for its last part in the directory."""
    start = content.rindex(b"PK\x01\x02")
    return content[: start + 24] + size.to_bytes(4, "little") + content[start + 28 :]


def test_a_real_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as part:
        for _ in range(101):
            part.write(bytes(1024 * 1024))
    with pytest.raises(DocumentError, match="unpacks to more than 100 MB"):
        load(Source("bomb.docx", path.read_bytes()), "general")


def test_entities_that_multiply_are_refused() -> None:
    entities = '<!ENTITY a0 "x">' + "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f'<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>&a9;</w:t></w:r></w:p></w:body></w:document>'
    bomb = f'<?xml version="1.0"?><!DOCTYPE d [{entities}]>{body}'
    with pytest.raises(DocumentError, match="not a readable Word document"):
        load(Source("bomb.docx", package({"word/document.xml": bomb})), "general")


def test_html_nested_beyond_measure_is_refused() -> None:
    page = "<div>" * 20_000 + "text"
    with pytest.raises(DocumentError, match="nested too deeply"):
        load(Source("deep.html", page.encode()), "general")


def _link_out(folder: Path) -> None:
    (folder.parent / "secret.md").write_text("# Secret")
    (folder / "bad.md").symlink_to(folder.parent / "secret.md")


def _link_to_folder(folder: Path) -> None:
    (folder.parent / "other").mkdir()
    (folder.parent / "other" / "b.md").write_text("# Secret")
    (folder / "bad.md").symlink_to(folder.parent / "other")


def _link_to_nothing(folder: Path) -> None:
    (folder / "bad.md").symlink_to(folder / "nothing.md")


def _link_to_itself(folder: Path) -> None:
    (folder / "bad.md").symlink_to(folder / "bad.md")


def _named_pipe(folder: Path) -> None:
    os.mkfifo(folder / "bad.md")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_link_out, "leads out of the documents folder"),
        (_link_to_folder, "links are not followed"),
        (_link_to_nothing, "not there any more"),
        (_link_to_itself, "can't be read|leads nowhere"),
        (_named_pipe, "not a regular file"),
    ],
)
def test_links_and_pipes_are_refused(folder: Path, make: Callable[[Path], None], reason: str) -> None:
    make(folder)
    ((path, said),) = indexed(folder).skipped
    assert path == "bad.md"
    assert any(part in said for part in reason.split("|"))


def test_a_link_inside_the_folder_is_followed(folder: Path) -> None:
    (folder / "twin.md").symlink_to(folder / "good.md")
    assert indexed(folder).added == ("good.md", "twin.md")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_skipped(folder: Path) -> None:
    (folder / "closed.md").write_text("# Closed")
    (folder / "closed.md").chmod(0)
    assert indexed(folder).skipped == (("closed.md", "can't be read: Permission denied"),)


def test_a_name_that_is_not_unicode_is_skipped(folder: Path) -> None:
    try:
        (Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.md"))).write_text("# Café")
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    ((path, said),) = indexed(folder).skipped
    assert path == "caf?.md"
    assert "rename" in said


def test_hidden_files_and_lock_files_are_passed_over_in_silence(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "a.md").write_text("# A")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "~$handbook.docx").write_bytes(b"x")
    assert indexed(folder).skipped == ()


def test_a_document_that_has_become_bad_leaves_the_index_with_its_reason(folder: Path) -> None:
    (folder / "notes.md").write_text("# Notes\n\nText.\n")
    indexed(folder)
    (folder / "notes.md").write_bytes(b"\xff\xfe\xfd")
    report = indexed_again(folder)
    assert report.removed == ("notes.md",)
    assert report.skipped[0][0] == "notes.md"


def indexed_again(folder: Path) -> IndexReport:
    return index(IndexPlan(folder.parent / "home", folder, domains=["general"], embedder=None))


@pytest.mark.parametrize("make", [lambda _: None, lambda folder: (folder / "a.png").write_bytes(b"x")])
def test_a_folder_without_documents_is_an_error_and_changes_nothing(folder: Path, make: Callable[[Path], None]) -> None:
    snapshot = indexed(folder).snapshot
    (folder / "good.md").unlink()
    make(folder)
    with pytest.raises(KnowledgeError, match="no document that can be indexed"):
        indexed_again(folder)
    (folder / "good.md").write_text("# Good\n\nThis one can be read.\n")
    assert indexed_again(folder).snapshot == snapshot


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="is no folder"):
        index(IndexPlan(tmp_path, tmp_path / "nowhere", domains=[], embedder=None))
