"""Ask a finished snapshot questions whose nature is known, to set its gate."""

from collections.abc import Iterable, Sequence

from knowledge.contract import Embedder, Example
from knowledge.coverage import Thresholds, calibrate
from knowledge.opened import OpenSnapshot

OFFTOPIC = "offtopic"
"""The label of examples that no company's documents answer."""
_MOST_HEADINGS = 150


def calibrated(snapshot: OpenSnapshot, embedder: Embedder | None, examples: Sequence[Example]) -> Thresholds:
    """Return thresholds from the off-topic examples and from the documents' own headings, asked as questions."""
    offtopic = [example.text for example in examples if example.label == OFFTOPIC]
    if not offtopic:
        return Thresholds()
    headings = _spread(snapshot.passages.headings())
    return calibrate(
        [snapshot.evidence(text, embedder) for text in offtopic],
        [snapshot.evidence(text, embedder) for text in headings],
    )


def _spread(headings: Iterable[str]) -> list[str]:
    """Take headings of several words from all over the documents, the same ones every time."""
    telling = [heading for heading in headings if len(heading.split()) > 2]
    return telling[:: max(1, -(-len(telling) // _MOST_HEADINGS))]
