"""Run a command in this process, where nothing about a process matters: starting one costs a second."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from bot.cli.program import Program
from bot.cli.root import run
from bot.logs import PACKAGES
from bot.settings import Settings

Command = Callable[..., "CompletedProcess[str]"]


@contextmanager
def logs_as_before() -> Iterator[None]:
    """Undo what a command does to this process's log."""
    handlers = logging.getLogger().handlers[:]
    levels = {name: logging.getLogger(name).level for name in (*PACKAGES, "py.warnings")}
    try:
        yield
    finally:
        for handler in {*logging.getLogger().handlers} - {*handlers}:
            logging.getLogger().removeHandler(handler)
            handler.close()
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        logging.captureWarnings(capture=False)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return what runs a command in a folder with these settings and no others, and returns what became of it."""

    def run_here(folder: Path, *args: str, program: Program | None = None, **settings: str) -> "CompletedProcess[str]":
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(folder)
        for name, _ in Settings.fields():
            monkeypatch.delenv(name, raising=False)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        with logs_as_before():
            code = run(args, program=program)
        printed = capsys.readouterr()
        return CompletedProcess(args, code, printed.out, printed.err)

    return run_here


@pytest.fixture
def firstline(command: Command) -> Command:
    """Return what runs the scripted command on a home."""
    from tests.programs.scripted_firstline import scripted_program

    def run_scripted(home: Path, *args: str) -> "CompletedProcess[str]":
        return command(home.parent, *args, program=scripted_program(), FIRSTLINE_HOME=str(home))

    return run_scripted
