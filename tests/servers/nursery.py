"""Starts bot processes quickly: imports everything once, then forks a real process for each line it reads.

It reads a port and a folder, prints the child's process id, and its exit code when it is dead.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True, slots=True)
class Nursery:
    """The other end of the pipe; its calls block."""

    requests: IO[str]
    answers: IO[str]

    def start(self, port: int, home: Path) -> int:
        """Start a bot and return its process id. One lives at a time."""
        self.requests.write(f"{port} {home}\n")
        self.requests.flush()
        return int(self.answers.readline())

    def wait(self) -> int:
        """Return the bot's exit code once it is dead; minus the signal's number if one killed it."""
        return int(self.answers.readline())


@contextmanager
def open_nursery() -> Iterator[Nursery]:
    """Start the process that starts bots."""
    command = [sys.executable, "-m", "tests.servers.nursery"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Nursery(process.stdin, process.stdout)
        process.stdin.close()


def _serve() -> None:
    import alembic.command  # noqa: F401 - imported before the fork, for all children
    import sqlalchemy.dialects.sqlite.aiosqlite  # noqa: F401 - as above

    from tests.servers.bot_process import main

    for line in sys.stdin:
        port, home = line.rstrip("\n").split(" ", 1)
        child = os.fork()
        if child == 0:
            main(int(port), home)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
