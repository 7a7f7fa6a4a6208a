"""The folder of all state: private to its owner."""

import os
from pathlib import Path

from bot.errors import SettingsInvalid


def prepare_home(home: Path) -> Path:
    """Create the folder, 0700, and let this process create only files that nobody else can read; return it.

    Raises SettingsInvalid when it can't be written.
    """
    os.umask(0o077)
    try:
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)
    except OSError as error:
        raise SettingsInvalid(
            f"FIRSTLINE_HOME: {home} can't be used ({error.strerror}): name a folder that can be written"
        ) from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise SettingsInvalid(f"FIRSTLINE_HOME: {home} can't be written: name a folder that can")
    return home
