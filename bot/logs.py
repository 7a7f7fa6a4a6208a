"""The log: one line for each record, on stderr or in a file of the home folder, and never a secret in it."""

import logging
import sys
from collections.abc import Collection, Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from pydantic import BaseModel, SecretStr

PACKAGES = ("bot", "agents", "knowledge", "adapters")
FILE_NAME = "firstline.log"
_MAX_FILE_BYTES = 1_000_000
_HIDDEN = "[secret]"


class OneLine(logging.Formatter):
    """Write a record as one line, tracebacks too, with every known secret blotted out."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03d"

    def __init__(self, secrets: Collection[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        # The longest first: a secret may begin with another one.
        self._secrets = sorted((secret for secret in secrets if secret), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return "\\n".join(text.splitlines())


def configure_logs(level: str, *, secrets: Collection[str], file: Path | None = None, to_stderr: bool = True) -> None:
    """Log to `file`, to stderr, or to both; calling it again replaces what was before.

    Third parties log warnings only: their debug output holds requests, and so what people wrote.
    """
    formatter = OneLine(secrets)
    handlers: list[logging.Handler] = []
    if file is not None:
        handlers.append(
            RotatingFileHandler(file, maxBytes=_MAX_FILE_BYTES, backupCount=2, encoding="utf-8", delay=True)
        )
    if to_stderr:
        handlers.append(_Stderr())
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old.formatter, OneLine):
            root.removeHandler(old)
            old.close()
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    for name in PACKAGES:
        logging.getLogger(name).setLevel(level)
    # Warnings of libraries may quote the values that they warn of.
    logging.captureWarnings(capture=True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)


def secrets_in(settings: BaseModel) -> Iterator[str]:
    """Yield every secret of a settings tree."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from secrets_in(value)


class _Stderr(logging.StreamHandler[TextIO]):
    """Write to what is stderr now: a live reply puts itself between, so that log lines don't tear it."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        """Write to today's stderr."""
        self.stream = sys.stderr
        super().emit(record)
