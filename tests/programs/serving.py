"""The real `firstline run` as a process of its own, on a home with a few documents: what platform tests talk to."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]

DOCUMENTS: Mapping[str, str] = {
    "billing/refunds.md": """# Refunds

## When the money arrives

Refunds are paid to the original payment method within 5-10 business days of approval.

## Who may ask

Any workspace owner can ask for a refund within 30 days of an annual payment.
""",
    "technical/webhooks.md": """# Webhooks

## Retries

A webhook that is not acknowledged is sent again 5 times over 24 hours, then disabled.

## Signatures

Each delivery carries the header X-Signature, an HMAC of the body with your endpoint's secret.
""",
    "compliance/retention.md": """# Data retention

## Logs

Audit logs are kept for 400 days; deleted workspaces are erased after 30 days.
""",
    "general/hours.md": """# Opening hours

## Support hours

Support answers Monday to Friday, 8:00 to 20:00 CET.
""",
}


def write_documents(folder: Path) -> Path:
    """Write the documents and return their folder."""
    for name, text in DOCUMENTS.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


@dataclass(slots=True)
class Firstline:
    """A running `firstline`, and what it has logged."""

    process: asyncio.subprocess.Process
    log: list[str] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until_logged(self, pattern: str, *, times: int = 1) -> str:
        """Return the line of the log that matches for the nth time; fails when the program ends first."""
        found: list[str] = []

        def is_there() -> bool:
            found[:] = [line for line in self.log if re.search(pattern, line)]
            return len(found) >= times or self._is_over

        async with self._changed:
            await self._changed.wait_for(is_there)
        assert len(found) >= times, "\n".join(self.log)
        return found[times - 1]

    async def terminate(self) -> int:
        """Ask the program to end, and return its exit code."""
        self.process.terminate()
        return await self.process.wait()

    async def kill(self) -> None:
        """End the program at once, as a crash does."""
        self.process.kill()
        await self.process.wait()

    @property
    def _is_over(self) -> bool:
        return bool(self.log) and self.log[-1] == ""

    async def read(self) -> None:
        """Collect the log until its end."""
        assert self.process.stderr is not None
        is_open = True
        while is_open:
            line = (await self.process.stderr.readline()).decode()
            is_open = line != ""
            async with self._changed:
                self.log.append(line.rstrip("\n"))
                self._changed.notify_all()


def environment(home: Path, **more: str) -> Mapping[str, str]:
    """Return the surroundings of a process that inherits nothing but the way to its tools."""
    return {
        "PATH": os.environ["PATH"],  # noqa: TID251 - a child needs it
        "PYTHONPATH": str(ROOT),
        "FIRSTLINE_HOME": str(home),
        "FIRSTLINE_DOCUMENTS": str(home.parent / "documents"),
        "FIRSTLINE_EMBEDDER": "none",
        "AWS_EC2_METADATA_DISABLED": "true",
        **more,
    }


async def index(home: Path, **more: str) -> None:
    """Write the documents beside `home` and index them."""
    write_documents(home.parent / "documents")
    code, printed = await call(home, "index", **more)
    assert code == 0, printed


async def call(home: Path, *arguments: str, **more: str) -> tuple[int, str]:
    """Run a command of `firstline` to its end; return its exit code and all that it has printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=home.parent,
        env=environment(home, **more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode()


@asynccontextmanager
async def open_firstline(home: Path, **more: str) -> AsyncIterator[Firstline]:
    """Start `firstline run`, indexing first where nothing is; whatever is left of it is killed at the end."""
    if not (home / "knowledge").exists():
        await index(home, **more)
    command = (sys.executable, "-m", "bot", "run")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=home.parent, env=environment(home, **more), stderr=asyncio.subprocess.PIPE, stdout=-3
    )
    firstline = Firstline(process)
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(firstline.read())
        try:
            yield firstline
        finally:
            if process.returncode is None:
                await firstline.kill()
            await reading
