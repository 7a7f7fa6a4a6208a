import pytest

from knowledge.chunking import chunk
from knowledge.document import Document


def document(markdown: str, *, url: str | None = "https://docs.example/page") -> Document:
    return Document("general/page.md", "general", "Page", url, markdown, "hash")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("See [Refunds](../billing/refunds.md#annual).", "See Refunds."),
        ("See [Refunds](https://docs.example/refunds).", "See [Refunds](https://docs.example/refunds)."),
        ("Write to [us](mailto:help@x.example).", "Write to [us](mailto:help@x.example)."),
        ("```\n[a](b.md)\n```", "```\n[a](b.md)\n```"),
    ],
)
def test_links_to_files_keep_their_words_alone(written: str, kept: str) -> None:
    assert chunk(document(written))[0].text == kept
