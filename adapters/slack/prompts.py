"""Questions to begin with, offered in the app's Messages tab. Pure."""

from itertools import chain, zip_longest

from adapters.desk import Welcome

MAX_PROMPTS = 4  # Slack shows no more
_MAX_TITLE_CHARS = 75
_MAX_MESSAGE_CHARS = 500


def build_prompts(welcome: Welcome) -> list[dict[str, str]]:
    """Return at most four questions: one of each field of support, then the second ones."""
    rounds = zip_longest(*(field.examples for field in welcome.fields))
    questions = dict.fromkeys(" ".join(example.split()) for example in chain.from_iterable(rounds) if example)
    return [
        {"title": _cut(question, _MAX_TITLE_CHARS), "message": _cut(question, _MAX_MESSAGE_CHARS)}
        for question in list(questions)[:MAX_PROMPTS]
    ]


def _cut(text: str, max_chars: int) -> str:
    return text if len(text) <= max_chars else text[: max_chars - 1].rstrip() + "…"
