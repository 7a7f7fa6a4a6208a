"""Start the scripted command as a process, in a home of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "tests.programs.scripted_firstline")
SECRET = "sk-secret-1"
PATIENCE = 120.0
"""Seconds until a program is taken to hang: far more than it takes on a busy machine."""


def environment(home: Path, **more: str) -> Mapping[str, str]:
    """Return the surroundings of a process that inherits nothing but the way to its tools."""
    path = os.environ["PATH"]  # noqa: TID251 - a child needs it
    return {"PATH": path, "PYTHONPATH": str(ROOT), "FIRSTLINE_HOME": str(home), "OPENAI_API_KEY": SECRET, **more}


def firstline(home: Path, *args: str, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run the scripted command to its end."""
    home.parent.mkdir(exist_ok=True)
    return subprocess.run(
        [*PROGRAM, *args],
        input=typed,
        cwd=home.parent,
        env=environment(home, **more),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
