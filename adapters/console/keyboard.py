"""The keyboard while nobody reads from it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_keyboard() -> Iterator[None]:
    """Don't echo what is typed while an answer is drawn: it would tear the picture. The next prompt gets it."""
    try:
        import termios  # noqa: PLC0415 - there is none on Windows, where keys are not echoed here
    except ImportError:
        yield
        return
    if not sys.stdin.isatty():
        yield
        return
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    quiet = [*before]
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(keyboard, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSANOW, before)
