import re

from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunking import chunk
from knowledge.document import Document
from knowledge.windows import WINDOW_CHARS, windows_of


def document(markdown: str, *, url: str | None = "https://docs.example/page") -> Document:
    return Document("general/page.md", "general", "Page", url, markdown, "hash")


WORDS = st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=300).map(" ".join)
MARKDOWN = st.lists(
    st.one_of(
        WORDS,
        WORDS.map(lambda text: f"## {text[:60]}"),
        WORDS.map(lambda text: f"- {text}"),
        WORDS.map(lambda text: f"```\n{text}\n```"),
    ),
    min_size=1,
    max_size=12,
).map("\n\n".join)


@given(MARKDOWN)
def test_windows_cover_their_passage(markdown: str) -> None:
    for passage in chunk(document(markdown)):
        windows = windows_of(passage)
        assert all(window.startswith(f"{passage.breadcrumb}\n") for window in windows)
        assert set(re.findall(r"[abc]+", passage.text)) <= set(re.findall(r"[abc]+", " ".join(windows)))


def test_windows_are_short_where_sentences_are() -> None:
    (passage,) = chunk(document("A sentence of some words. " * 40))
    assert len(windows_of(passage)) > 1
    assert all(len(window) <= WINDOW_CHARS + len("Page\n") + 30 for window in windows_of(passage))
