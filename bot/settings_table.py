"""The README's table of settings: apart from `bot.settings`, since only the documentation and its test need it."""

from pydantic.fields import FieldInfo

from bot.settings import Settings
from bot.settings_groups import Documents


def render_table() -> str:
    """Render the README's table of settings, Markdown."""
    rows = ["| variable | default | what it does |", "|---|---|---|"]
    rows += [f"| `{variable}` | {_default(field)} | {field.description} |" for variable, field in Settings.fields()]
    return "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    """Render a default as one writes it in `.env`."""
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value in ({}, (), ""):
        return ""
    if value == Documents.SAMPLE:
        return "the sample company's"
    return f"`{','.join(value) if isinstance(value, tuple) else str(value).lower() if value is False else value}`"
