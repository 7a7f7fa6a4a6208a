"""A person at a terminal: a real pseudo-terminal with the command running in it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.programs.run import PATIENCE

_CONTROL = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r|\x1b[^\\]*\Z")


class Terminal:
    """Type and read. What was read stays read: each `hears` goes on where the last one ended."""

    def __init__(self, process: "subprocess.Popen[bytes]", keyboard: int) -> None:
        self.process = process
        self._keyboard = keyboard
        self._unheard = ""
        self._heard_chars = 0
        self.sent = b""

    def types(self, keys: str) -> None:
        """Press keys."""
        os.write(self._keyboard, keys.encode())

    def says(self, line: str) -> None:
        """Type a line at the prompt."""
        self.hears(">")
        self.types(f"{line}\r")

    def presses_ctrl_c(self) -> None:
        """Press Ctrl-C."""
        self.types("\x03")

    def hears(self, text: str, seconds: float = PATIENCE) -> str:
        """Return all that came up to and with `text`, without control codes."""
        while text not in self._unheard:
            ready, _, _ = select.select([self._keyboard], [], [], seconds)
            assert ready, f"never heard {text!r}, only {self._unheard!r}"
            self._read()
        end = self._unheard.index(text) + len(text)
        heard, self._unheard = self._unheard[:end], self._unheard[end:]
        return heard

    def hears_the_end(self) -> str:
        """Return all that came until the program ended."""
        try:
            while True:
                self._read()
        except OSError:  # Linux reports the end of a pseudo-terminal as an error
            return self._unheard

    def _read(self) -> None:
        """Read what there is; a control code that is cut in two stays for the next time."""
        self.sent += os.read(self._keyboard, 65536)
        cut = _CONTROL.sub("", self.sent.decode(errors="ignore"))
        self._unheard += cut[self._heard_chars :]
        self._heard_chars = len(cut)


def _own_terminal() -> None:
    """Make standard input the terminal whose Ctrl-C is a signal to this process."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def terminal(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], rows: int = 24
) -> Iterator[Terminal]:
    """Run a command in a terminal of 80 columns; it is hung up on at the end if it still runs."""
    keyboard, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**environment, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"},
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
        preexec_fn=_own_terminal,  # noqa: PLW1509 - one system call, which takes no lock
    )
    os.close(inside)
    try:
        yield Terminal(process, keyboard)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(keyboard)
