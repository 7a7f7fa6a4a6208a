"""Questions to begin with, offered in the app's Messages tab. Pure."""

from itertools import chain, zip_longest

from adapters.desk import Welcome
from adapters.slack.plain import shorten

MAX_PROMPTS = 4  # Slack shows no more
_MAX_TITLE_CHARS = 75
_MAX_MESSAGE_CHARS = 500


def build_prompts(welcome: Welcome) -> list[dict[str, str]]:
    """Return at most four questions: one of each field of support, then the second ones."""
    rounds = zip_longest(*(field.examples for field in welcome.fields))
    questions = dict.fromkeys(
        " ".join(example.split()) for example in chain.from_iterable(rounds) if example and example.strip()
    )
    return [
        {"title": shorten(question, _MAX_TITLE_CHARS), "message": shorten(question, _MAX_MESSAGE_CHARS)}
        for question in list(questions)[:MAX_PROMPTS]
    ]
