"""Payloads as Slack sends them, each kept with what it means: tests/payloads/slack/*.json."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[2] / "payloads" / "slack"


@dataclass(frozen=True, slots=True)
class Sample:
    """A payload; `means` are some fields of the IncomingMessage that it is, or None when it is none."""

    name: str
    payload: dict[str, Any]
    means: dict[str, Any] | None


def read_samples() -> list[Sample]:
    """Return all payloads, by name."""
    return [Sample(path.stem, **json.loads(path.read_text())) for path in sorted(_FOLDER.glob("*.json"))]
