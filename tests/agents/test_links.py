import pytest

from agents.links import without_dead_links


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("See [Refunds](../billing/refunds.md#annual).", "See Refunds."),
        ("A picture ![of it](it.png).", "A picture of it."),
        ("See [Refunds](https://docs.example/refunds).", "See [Refunds](https://docs.example/refunds)."),
        ("Write to [us](mailto:help@x.example).", "Write to [us](mailto:help@x.example)."),
        ("```\n[a](b.md)\n```", "```\n[a](b.md)\n```"),
        ("Inline `[a](b.md)` stays.", "Inline `[a](b.md)` stays."),
    ],
)
def test_links_to_files_keep_their_words_alone(written: str, kept: str) -> None:
    assert without_dead_links(written) == kept
