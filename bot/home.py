"""The folder of all state: private to its owner, with what the command remembers from run to run."""

import json
import os
from pathlib import Path

from bot.errors import SettingsInvalid
from bot.settings import Settings

DATABASE = "firstline.db"
"""Inbox, turns and all that belongs to them."""

CHECKPOINTS = "checkpoints.db"
"""The histories that models are told."""

_REMEMBERED = "documents.json"


def prepare_home(home: Path) -> Path:
    """Create the folder, 0700, and let this process create only files that nobody else can read; return it.

    Raises SettingsInvalid when it can't be written.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.chmod(0o700)
    except OSError as error:
        raise SettingsInvalid(
            f"FIRSTLINE_HOME: {home} can't be used ({error.strerror}): name a folder that can be written"
        ) from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise SettingsInvalid(f"FIRSTLINE_HOME: {home} can't be written: name a folder that can")
    os.umask(0o077)
    return home


def write_json(path: Path, value: object) -> None:
    """Replace a small state file at once, so that a killed process leaves the old or the new one."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(json.dumps(value), encoding="utf-8")
    fresh.replace(path)


def read_json(path: Path) -> object:
    """Return what a small state file holds, or None where it is missing or spoilt: nothing in it is dear."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def remember_documents(home: Path, documents: Path) -> None:
    """Let later runs read the folder that `index PATH` was given, so that a bare `index` never falls back."""
    write_json(home / _REMEMBERED, str(documents.resolve()))


def with_remembered_documents(settings: Settings) -> Settings:
    """Return the settings with the remembered folder, unless FIRSTLINE_DOCUMENTS names one."""
    remembered = read_json(settings.operation.home / _REMEMBERED)
    if "documents" in settings.documents.model_fields_set or not isinstance(remembered, str):
        return settings
    return with_documents(settings, Path(remembered))


def with_documents(settings: Settings, documents: Path) -> Settings:
    """Return the settings with another folder of documents."""
    group = settings.documents.model_copy(update={"documents": documents})
    return settings.model_copy(update={"documents": group})
