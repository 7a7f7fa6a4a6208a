"""The documents folder: which files there are, which loader reads each, and what is refused at the door."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from knowledge.document import Document
from knowledge.errors import DocumentError
from knowledge.loaders.content import Content, Source
from knowledge.loaders.markdown import load_markdown
from knowledge.loaders.plain_text import load_text

LOADERS_VERSION = 1
"""Part of a snapshot's fingerprint: raise it when the same file would give another document."""
MAX_BYTES = 20 * 1024 * 1024
OTHER_DOMAIN = "general"


def _load_html(source: Source) -> Content:
    from knowledge.loaders.html import load_html  # noqa: PLC0415 - the parser is heavy and most folders need it not

    return load_html(source)


def _load_pdf(source: Source) -> Content:
    from knowledge.loaders.pdf import load_pdf  # noqa: PLC0415 - as above

    return load_pdf(source)


def _load_docx(source: Source) -> Content:
    from knowledge.loaders.docx import load_docx  # noqa: PLC0415 - as above

    return load_docx(source)


def _load_faq(source: Source) -> Content:
    from knowledge.loaders.faq import load_faq  # noqa: PLC0415 - as above

    return load_faq(source)


LOADERS: Mapping[str, Callable[[Source], Content]] = {
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".txt": load_text,
    ".html": _load_html,
    ".htm": _load_html,
    ".pdf": _load_pdf,
    ".docx": _load_docx,
    ".csv": _load_faq,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be a document. `path` is POSIX, below the folder."""

    path: str
    file: Path


def find(folder: Path) -> Iterator[Found | DocumentError]:
    """Yield the files below `folder` by path, and an error for each that is refused; hidden ones are passed over."""
    top = folder.resolve()
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if (Path(parent) / name).is_symlink():
                yield DocumentError(
                    _below(folder, Path(parent) / name), "is a link to a folder: links are not followed"
                )
        for name in sorted(files):
            if not name.startswith((".", "~$")):
                yield _found(folder, top, Path(parent) / name)


def _found(folder: Path, top: Path, file: Path) -> Found | DocumentError:
    path = _below(folder, file)
    try:
        path.encode()
        is_outside = file.is_symlink() and not file.resolve().is_relative_to(top)
    except UnicodeEncodeError:
        return DocumentError(path.encode(errors="replace").decode(), "has a name that is not UTF-8: rename it")
    except (OSError, RuntimeError):
        return DocumentError(path, "is a link that leads nowhere")
    if is_outside:
        return DocumentError(path, "is a link that leads out of the documents folder")
    if file.suffix.lower() not in LOADERS:
        kinds = " ".join(LOADERS)
        return DocumentError(path, f"is of an unknown kind; known are {kinds}")
    return Found(path, file)


def _below(folder: Path, file: Path) -> str:
    return file.relative_to(folder).as_posix()


def read(found: Found, *, max_bytes: int = MAX_BYTES) -> Source:
    """Read a file; raises DocumentError for what can't be read, is too large or is empty."""
    try:
        with open(found.file, "rb", opener=_open_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DocumentError(found.path, "is not a regular file")
            content = file.read(max_bytes + 1)
    except FileNotFoundError as error:
        raise DocumentError(found.path, "is not there any more") from error
    except OSError as error:
        raise DocumentError(found.path, f"can't be read: {error.strerror}") from error
    if len(content) > max_bytes:
        raise DocumentError(found.path, f"is larger than {max_bytes / 1024 / 1024:g} MB: split it")
    if not content.strip():
        raise DocumentError(found.path, "is empty")
    return Source(found.path, content)


def _open_without_waiting(path: str, flags: int) -> int:
    """Opening a named pipe would wait for somebody to write into it."""
    return os.open(path, flags | os.O_NONBLOCK)


def domain_of(path: str, domains: Sequence[str]) -> str:
    """Return the domain that a path's first folder names, or the domain of everything else."""
    first, slash, _ = path.partition("/")
    return first if slash and first in domains else OTHER_DOMAIN


def content_hash(source: Source, domain: str) -> str:
    """Return a hash of all that decides a document's passages."""
    return sha256(b"\0".join((domain.encode(), source.path.encode(), source.content))).hexdigest()


def load(source: Source, domain: str) -> Document:
    """Turn a file into a document; raises DocumentError with the reason if it can't be."""
    loader = LOADERS[Path(source.path).suffix.lower()]
    content = loader(source)
    if not content.markdown.strip():
        raise DocumentError(source.path, "holds no text")
    return Document(
        path=source.path,
        domain=domain,
        title=content.title or _first_heading(content.markdown) or _title_of(source.path),
        url=content.url,
        markdown=content.markdown,
        content_hash=content_hash(source, domain),
        keeps_sections=content.keeps_sections,
        section_urls=content.section_urls,
    )


def _first_heading(markdown: str) -> str | None:
    from knowledge.blocks import BlockKind, parse_blocks  # noqa: PLC0415

    first = next((block for block in parse_blocks(markdown) if block.kind is BlockKind.HEADING), None)
    return first.title if first and first.level == 1 and first.title else None


def _title_of(path: str) -> str:
    words = " ".join(Path(path).stem.replace("-", " ").replace("_", " ").split())
    return "FAQ" if words.lower() == "faq" else f"{words[:1].upper()}{words[1:]}" or path
