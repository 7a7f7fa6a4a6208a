"""Word documents: by mammoth to HTML, then as any HTML."""

import io
import zipfile
import zlib
from xml.parsers.expat import ExpatError

import mammoth
from bs4 import BeautifulSoup, Tag

from knowledge.errors import DocumentError
from knowledge.loaders.content import Content, Source
from knowledge.loaders.html import to_markdown

MAX_UNPACKED = 100 * 1024 * 1024
"""Bytes. A small file that unpacks to more than this is a trap, not a document."""
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ExpatError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    RecursionError,
    NotImplementedError,
)
"""What mammoth lets through for damaged files."""


def load_docx(source: Source) -> Content:
    """Read headings, lists and tables; pictures are left out. The first heading is the title."""
    _check(source)
    try:
        html = mammoth.convert_to_html(
            io.BytesIO(source.content), convert_image=mammoth.images.img_element(_no_picture)
        )
    except _BROKEN as error:
        raise DocumentError(source.path, "is not a readable Word document: save it again as .docx") from error
    soup = BeautifulSoup(html.value, "html.parser")
    for table in soup.find_all("table"):
        if isinstance(table, Tag) and not table.find("th"):
            _make_header(table)
    title = soup.find("h1")
    return Content(
        to_markdown(soup, source.path), title=" ".join(title.get_text(" ").split()) or None if title else None
    )


def _check(source: Source) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(source.content)) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        is_old = source.content.startswith(b"\xd0\xcf\x11\xe0")  # the container of .doc and of encrypted .docx
        reason = (
            "is encrypted or an old .doc: save it as .docx without a password" if is_old else "is not a Word document"
        )
        raise DocumentError(source.path, reason) from error
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise DocumentError(source.path, f"unpacks to more than {MAX_UNPACKED // 1024 // 1024} MB")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise DocumentError(source.path, "is encrypted: save it without a password")


def _make_header(table: Tag) -> None:
    """Word knows no header cells, and a Markdown table must have some: the first row is mostly meant as one."""
    row = table.find("tr")
    for cell in row.find_all("td") if isinstance(row, Tag) else ():
        cell.name = "th"


def _no_picture(_image: object) -> dict[str, str]:
    return {}
