"""Rows of JSON lines, as evaluation sets are kept: read with errors that name file and line."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import DataUnreadable


@dataclass(frozen=True, slots=True)
class Row:
    """One JSON object with the place that it came from."""

    place: str
    fields: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return a field that must be a text with something in it."""
        value = self.fields.get(name)
        if not isinstance(value, str) or not value.strip():
            raise DataUnreadable(f'{self.place}: "{name}" must be a text')
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field that may be missing and otherwise must be a list of texts."""
        value = self.fields.get(name) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise DataUnreadable(f'{self.place}: "{name}" must be a list of texts')
        return tuple(value)

    def rows(self, name: str) -> tuple["Row", ...]:
        """Return a field that must be a list of objects."""
        value = self.fields.get(name)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise DataUnreadable(f'{self.place}: "{name}" must be a list of objects')
        return tuple(Row(f"{self.place}, {name} {number}", item) for number, item in enumerate(value, 1))


def read_rows(path: Path) -> list[Row]:
    """Return the objects of a file of JSON lines; blank lines are passed over. Raises DataUnreadable."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise DataUnreadable(f"{path}: there is no such file") from None
    except OSError as error:
        raise DataUnreadable(f"{path}: can't be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise DataUnreadable(f"{path}: is not UTF-8 text") from None
    rows = list(_parse(path, lines))
    if not rows:
        raise DataUnreadable(f"{path}: holds no rows")
    return rows


def _parse(path: Path, lines: list[str]) -> Iterator[Row]:
    """Yield a row for each line."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataUnreadable(f"{path}:{number}: is not JSON ({error.msg} at character {error.pos})") from None
        if not isinstance(fields, dict):
            raise DataUnreadable(f"{path}:{number}: must be a JSON object")
        yield Row(f"{path}:{number}", fields)
